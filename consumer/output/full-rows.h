/* SPDX-License-Identifier: Apache-2.0 */
/* What is said once of a row, and again only when that has been over. Bounded: of two that meet in
 * a slot, the newer is remembered, and the other one said once more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/kinds/kind.h"
#include "proto/ringside.pb-c.h"

#define FULL_ROWS_SLOTS 1024

/* All there is to it is to be zero. */
struct full_rows {
	uint64_t said[FULL_ROWS_SLOTS]; /* hashes; 0: none */
};

/* What is to be said of a row of @kind, which has fill, from the *which-th on: the words, in @buf.
 * Returns their size and sets *which to the next one; 0: there is no more. */
size_t full_rows_next(struct full_rows *rows, const Ringside__V1__Header *header,
		      const struct kind *kind, const Ringside__V1__CounterRow *row, unsigned *which,
		      char *buf, size_t size);

/* @full: the @which-th of what the row tells is, which is of @kind. Whether it was not before. */
bool full_rows_take(struct full_rows *rows, const Ringside__V1__Header *header,
		    const struct kind *kind, const Ringside__V1__CounterRow *row, unsigned which,
		    bool full);
