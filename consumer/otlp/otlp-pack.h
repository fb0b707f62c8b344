/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of requests, made one after another. */
#pragma once

#include "consumer/otlp/otlp-batch.h"

struct otlp_packer;

enum otlp_compression { OTLP_NONE, OTLP_GZIP, OTLP_ZSTD };

int otlp_packer_new(struct otlp_packer **ret, enum otlp_compression compression);
struct otlp_packer *otlp_packer_free(struct otlp_packer *packer); /* NULL is fine; returns NULL */

/* Makes the batch's body, if there is none. Of one that is compressed the packer keeps the bytes:
 * they are there for another batch. 0 or -ENOMEM. */
int otlp_pack(struct otlp_packer *packer, struct otlp_batch *batch);
/* A batch that has no body, and its bytes again. 0 or -ENOMEM. */
int otlp_packer_undo(struct otlp_packer *packer, struct otlp_batch *batch);

/* The batch, which is empty, gets the bytes that were kept, if they fit. */
void otlp_packer_lend(struct otlp_packer *packer, struct otlp_batch *batch);
size_t otlp_packer_memory(const struct otlp_packer *packer); /* of these */
void otlp_packer_rest(struct otlp_packer *packer);           /* gives them back */

DEFINE_FREEP(otlp_packer);
