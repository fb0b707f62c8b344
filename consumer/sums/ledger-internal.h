/* SPDX-License-Identifier: Apache-2.0 */
/* What ledger.c keeps of a stream: ledger-stream.c. */
#pragma once

#include "consumer/sums/ledger.h"

/* What tells rows apart; without padding: it is hashed and compared as bytes. */
struct ledger_key {
	uint64_t cgroup;
	uint32_t kind, hierarchy, arch, syscall, action, error, scope, signal, cause, others,
		self_test, pad;
};

struct ledger_row {
	struct ledger_key key;
	struct series *series; /* NULL: the overflow */
	struct group *group;   /* NULL: none */
	uint32_t set;          /* the latest that had it */
	unsigned n;
	struct account values[]; /* SERIES_PLAIN or SERIES_VALUES */
};

struct ledger_stream *ledger_stream_find(const struct ledger *ledger, const uint8_t *id);
/* NULL: out of memory. */
struct ledger_stream *ledger_stream_get(struct ledger *ledger, const uint8_t *id,
					const char *boot_id);
void ledger_stream_free(struct ledger_stream *stream);
bool ledger_stream_same_boot(const struct ledger_stream *a, const struct ledger_stream *b);

/* Until when what happened in the stream's boot is counted, by others. */
uint64_t ledger_stream_others(const struct ledger *ledger, const struct ledger_stream *stream);

/* What was held of it is counted now; or is not (LEDGER_COVER), because others have it. */
void ledger_stream_settle(struct ledger *ledger, struct ledger_stream *stream,
			  enum ledger_mode mode);

/* How its probes are attached is what the ledger shows. */
void ledger_stream_show(struct ledger *ledger, const struct ledger_stream *stream);

/* A set begins: how full queues were in the one before is not so any more. */
void ledger_stream_forget_fullest(struct ledger *ledger, struct ledger_stream *stream);

/* Behind the last part of a full set: rows that were not in it are gone from the kernel. */
void ledger_stream_sweep(struct ledger_stream *stream);
/* No more rows will come of it. */
void ledger_stream_forget_rows(struct ledger_stream *stream);

/* Counters of a kind have come: what is told behind them begins anew. */
void ledger_tail_begin(struct ledger_tail *tail, const Ringside__V1__ProbeSums *from);
/* An event behind them; @sums: NULL, or what it carries. */
void ledger_tail_take(struct ledger_tail *tail, const Ringside__V1__CpuSums *sums);

/* A row of the set at hand. 0 or -ENOMEM. */
int ledger_row_take(struct ledger *ledger, struct ledger_stream *stream, unsigned kind,
		    const Ringside__V1__CounterRow *row, uint64_t now_nano);

/* A set of BPF objects begins, in the stream that tells of them; a row of it; behind the last of a
 * full one. */
void ledger_objects_begin(struct ledger *ledger, const struct ledger_stream *stream, bool full,
			  uint64_t now_nano);
int ledger_objects_take(struct ledger *ledger, const struct ledger_stream *stream,
			const Ringside__V1__CounterRow *row);
void ledger_objects_sweep(struct ledger *ledger, const struct ledger_stream *stream);

/* Returns what is to be added to the total. */
static inline uint64_t account_take(struct account *account, uint64_t value, enum ledger_mode mode)
{
	uint64_t more;

	/* it never falls; what is damaged may say so */
	if (value > account->value)
		account->value = value;
	if (mode == LEDGER_HOLD)
		return 0;
	more = mode == LEDGER_COUNT ? account->value - account->counted : 0;
	account->counted = account->value;
	return more;
}
