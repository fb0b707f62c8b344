/* SPDX-License-Identifier: Apache-2.0 */
/* Which cgroups are gone, and the rows of theirs that have been written for the last time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/kernel/kernel.h"

struct limited;

/* A task that was dying when its cgroup went may still be counted there, for a moment. */
#define REMOVED_GRACE_NANO 10000000000u

#define REMOVED_ROWS_MAX 8192u /* rows in one set; the others go with the next */
#define REMOVED_KEY_MAX 32u

struct removed_cgroup {
	struct wire_gone gone;
	uint32_t next; /* of the same hash; 0: none, else its index + 1 */
	bool kept;     /* it has rows that cannot go yet */
	uint64_t nano; /* CLOCK_BOOTTIME when we heard of it */
};

struct removed_row {
	uint32_t probe;
	uint32_t cgroup;  /* index */
	uint64_t limited; /* of the row, as it was written */
	uint8_t key[REMOVED_KEY_MAX];
};

struct removed {
	struct removed_cgroup *cgroups; /* in the order they went; WIRE_SHARE_SLOTS at most */
	size_t n, capacity;
	uint8_t heard[WIRE_SHARE_SLOTS / 8]; /* of the slot, a bit */
	uint64_t now;                        /* of the latest removed_update() */
	uint64_t missed;   /* kernel_gone_missed() when the dead were looked for */
	size_t n_due;      /* of these, the first: long enough ago; in the table */
	uint32_t *buckets; /* the table of a walk: index + 1 by hash, or 0 */
	size_t mask;
	struct removed_row *rows; /* REMOVED_ROWS_MAX */
	unsigned n_rows;
};

int removed_init(struct removed *gone);
void removed_done(struct removed *gone); /* any time, also twice */

/* Asks the kernel which have gone by @now. @all: also which of the others are no more, as it does
 * where the kernel says that it could not tell of some. */
void removed_update(struct removed *gone, const struct kernel *kernel, uint64_t now, bool all);

/* Before the rows are looked at. */
void removed_walk(struct removed *gone, uint64_t now);

/* Whether a row, with @limited of it held back, is about a cgroup that has been gone long enough:
 * then this is its last value, and it is kept in mind until removed_written() or
 * removed_not_written().
 */
bool removed_is_last(struct removed *gone, unsigned probe, const void *key, uint64_t limited);

/* All rows were looked at, and the last values are in the output: takes these rows out of the
 * kernel's tables, if all that was held back of them has been told. */
void removed_written(struct removed *gone, const struct kernel *kernel, struct limited *limited);
void removed_not_written(struct removed *gone);
