/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that were settled: their memory is warm. */
#pragma once

#include <stddef.h>

#include "consumer/otlp/otlp-batch.h"

struct otlp_spares {
	struct otlp_batch *first;
	unsigned n;
};

/* Takes it, or frees it where there are @most. */
void otlp_spares_put(struct otlp_spares *spares, struct otlp_batch *batch, unsigned most);
struct otlp_batch *otlp_spares_take(struct otlp_spares *spares); /* or NULL */
size_t otlp_spares_memory(const struct otlp_spares *spares);
void otlp_spares_free(struct otlp_spares *spares);
