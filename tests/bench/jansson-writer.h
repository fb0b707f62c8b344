/* SPDX-License-Identifier: Apache-2.0 */
/* `ringside cat -o json` as one would write it with jansson: a tree for each event, dumped. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "proto/ringside.pb-c.h"

struct jansson_writer;

struct jansson_writer *jansson_writer_new(void);
/* Both lines say the same. */
bool jansson_is_same(const struct writer *a, const struct writer *b);
void jansson_put(struct jansson_writer *jansson, struct writer *writer,
		 const Ringside__V1__Record *record, const Ringside__V1__Header *header);
