/* SPDX-License-Identifier: Apache-2.0 */
/* What rows add up to by namespace or unit: for who has many machines and wants few series of each,
 * however many containers it runs. Of each kind there are GROUPS_MAX at most, of which the last is
 * of all others. A group is never taken from: its totals only grow. */
#pragma once

#include <stddef.h>

#include "consumer/sums/series.h"

#define GROUPS_MAX 16u /* of a kind */

enum group_field {
	GROUP_NAMESPACE,
	GROUP_UNIT, /* the system's, of what is in no namespace */
	GROUP_ACTION,
	GROUP_OTHERS, /* "true" */
	GROUP_FIELDS,
};

extern const char *const group_fields[GROUP_FIELDS]; /* as label */

struct group {
	unsigned refs;        /* rows of living streams */
	bool queues;          /* it has fullest[] */
	uint64_t latest_nano; /* real time of the latest change */
	uint64_t totals[SERIES_PLAIN];
	double fullest[SERIES_SIDES]; /* as in struct series */
	size_t size;
	char text[]; /* the fields: packed_texts_get */
};

/* All there is to it is to be zero. */
struct groups {
	struct group *all[SERIES_KINDS][GROUPS_MAX];
	unsigned n[SERIES_KINDS];
};

/* The group of a row, made if need be, in place of one that has had no rows for long; or that of
 * the others. NULL: out of memory. */
struct group *groups_get(struct groups *groups, unsigned kind, const Ringside__V1__CounterRow *row,
			 uint64_t now_nano);
void groups_done(struct groups *groups);
