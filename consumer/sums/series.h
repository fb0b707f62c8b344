/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of Counters add up to, by what a person calls them: a container that came back has
 * another cgroup, but is the same series. Of each kind, so many at most, and of these a share for
 * each container. What is beyond that is summed up in one series of the container, its others; or
 * of a cgroup above it, if there are too many of those; and if nothing has room, in one row, the
 * kind's overflow. */
#pragma once

#include "consumer/base/hash-table.h"
#include "consumer/sums/slot-shares.h"
#include "proto/ringside.pb-c.h"

/* What tells series apart; "" where a row does not have it. */
enum series_field {
	SERIES_NAMESPACE,
	SERIES_POD,
	SERIES_CONTAINER,
	SERIES_CONTAINER_ID,
	SERIES_POD_UID,
	SERIES_RUNTIME,
	SERIES_UNIT,
	SERIES_CGROUP,
	SERIES_OF_CONTAINER, /* those above */
	SERIES_ARCH = SERIES_OF_CONTAINER,
	SERIES_SYSCALL,
	SERIES_ACTION,
	SERIES_ERRNO,
	SERIES_SCOPE,
	SERIES_SIGNAL,
	SERIES_CAUSE,
	SERIES_OTHERS, /* "true" */
	SERIES_FIELDS,
};

extern const char *const series_fields[SERIES_FIELDS]; /* as label and in JSON */

/* What a row counts. Kinds without queues have the first two. */
#define SERIES_UNKNOWN (-1.0)
enum series_side { SERIES_RECEIVE, SERIES_SEND, SERIES_SIDES };
#define SERIES_FILLS 8
enum {
	SERIES_COUNT,
	SERIES_LIMITED,
	SERIES_PLAIN,
	SERIES_SAMPLES = SERIES_PLAIN, /* of each side */
	SERIES_BY_FILL = SERIES_SAMPLES + SERIES_SIDES,
	SERIES_VALUES = SERIES_BY_FILL + SERIES_SIDES * SERIES_FILLS,
};

/* When something changed: the Counters of which stream that counted, in their order. */
struct series_stamp {
	uint64_t order, seq;
};

struct series {
	unsigned kind;        /* index of the ledger */
	unsigned refs;        /* rows of living streams */
	bool queues;          /* it has more than the plain values */
	uint64_t latest_nano; /* real time of the latest change */
	struct series_stamp changed;
	uint64_t totals[SERIES_VALUES];
	/* Of the buffer, 0 to 1 and above, by the latest Counters; or SERIES_UNKNOWN. */
	double fullest[SERIES_SIDES];
	size_t charged; /* bytes of its cgroup: whose share it is in */
	size_t size;
	char text[]; /* the fields: packed_texts_get */
};

#define SERIES_KINDS 16

struct series_set {
	size_t limit; /* of each kind; and of those of others */
	struct slot_shares shares[SERIES_KINDS], others[SERIES_KINDS];
	struct table table;
	size_t n, room;
	struct series **all; /* in the order they came */
	size_t n_kind[SERIES_KINDS];
	uint64_t full_until[SERIES_KINDS]; /* real time: before, no series can give way */
};

/* The series of @kind from place *at on, which becomes the one behind it; NULL: there is none left.
 * *at is 0 at first. */
const struct series *series_next(const struct series_set *set, unsigned kind, size_t *at);

/* The fields of a container (NULL: none); NULL or "" where it does not have them. Borrowed. */
void series_of_container(const Ringside__V1__Container *container,
			 const char *ret[SERIES_OF_CONTAINER]);

/* The series a row belongs to, made if need be in place of one whose row is long gone; or that of
 * its container's others. NULL: no room. */
struct series *series_get(struct series_set *set, unsigned kind,
			  const Ringside__V1__CounterRow *row, uint64_t now_nano);

void series_done(struct series_set *set);
