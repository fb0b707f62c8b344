/* SPDX-License-Identifier: Apache-2.0 */
/* What the target journald has on its way, for its own files. */
#pragma once

#include "consumer/forward/backoff.h"
#include "consumer/journal/journal-entry.h"
#include "proto/base/clock.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_SLOTS 4096u
#define JOURNAL_MILLI UINT64_C(1000000)
/* What journald takes of a service in 30 seconds by default, RateLimitBurst=, with room for what
 * the process says besides (journald.conf(5)). */
#define JOURNAL_PACE_SECONDS 30
#define JOURNAL_PACE_BURST 9500

/* Which record an entry is of. */
struct journal_identity {
	uint8_t stream_id[TARGET_ID];
	uint64_t seq;
};

/* The journal, read back. */
struct journal_back;

/* From its present end on. 0; -EACCES: this user may read none of its files, or none are kept. */
int journal_back_new(struct journal_back **ret);
struct journal_back *journal_back_free(struct journal_back *back);

/* The next entry of ours that has come. 1: *ret is set; 0: no more for now; -errno. */
int journal_back_next(struct journal_back *back, struct journal_identity *ret);

/* Whether there is one of this record, wherever. 1, 0, or -errno. */
int journal_back_has(struct journal_back *back, const struct journal_identity *identity);

DEFINE_FREEP(journal_back);

enum journal_state { JOURNAL_WAITS, JOURNAL_SENT, JOURNAL_DONE };

/* A record that is not settled. */
struct journal_slot {
	struct journal_identity identity;
	enum journal_state state;
	uint64_t sent; /* the how manieth of all that were sent it was */
	uint8_t *data;
	size_t size;
};

struct target {
	struct target_options options;
	struct target_sums sums;
	int fd; /* -1: not connected */
	size_t entry_max;
	struct journal_fields *fields;
	struct journal_entry entry;
	struct journal_back *back;                /* NULL: it cannot be read */
	struct journal_slot slots[JOURNAL_SLOTS]; /* a ring: n from first on */
	unsigned first, n;
	unsigned in_flight;
	unsigned next; /* of n: none before it waits */
	size_t bytes;
	unsigned checks;         /* records that may be there from an earlier run */
	uint64_t sent, has_come; /* the how manieth was the last one */
	bool doubtful;           /* nothing comes: no more is sent than the first one */
	bool blocked;            /* journald has as much as it takes */
	uint64_t moved;          /* when something was sent, or came */
	uint64_t again;          /* when to try again, while doubtful or not connected */
	struct backoff backoff;
	uint64_t step; /* how long to wait for what comes */
	uint64_t pace_since;
	unsigned pace_sent;
};

/* CLOCK_MONOTONIC */
static inline uint64_t journal_now(void)
{
	return clock_nano(CLOCK_MONOTONIC);
}

/* The @i-th of those that are not settled. */
static inline struct journal_slot *journal_slot(struct target *target, unsigned i)
{
	return &target->slots[(target->first + i) % JOURNAL_SLOTS];
}

/* 0 or -errno. */
int journal_connect(struct target *target);

/* There is nothing left to do for it. */
void journal_finish(struct target *target, struct journal_slot *slot);

/* Counts the first ones that are done as settled. */
void journal_settle(struct target *target);

/* Sends, as far as it may. */
void journal_send(struct target *target);

/* Settles what has come, and finds what will not. */
void journal_hear(struct target *target);

/* Until there is something to do; at most @most ns. */
void journal_wait(struct target *target, uint64_t most);
