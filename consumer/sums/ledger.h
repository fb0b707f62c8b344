/* SPDX-License-Identifier: Apache-2.0 */
/* The sums of all streams as one: what a machine's probes counted, over restarts of the streamer.
 *
 * A stream's own sums are cumulative since its start; what they grew by is added. Of streamers that
 * run beside each other on one machine each sees everything, so only one of them counts: the first
 * that lives. When it ends another takes over, with what happened since the latest sums that
 * counted: what it cannot tell apart, at most one interval, is left out, never counted twice.
 *
 * Not locked: that is the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/read/lost-reasons.h"
#include "consumer/read/own-usage.h"
#include "consumer/sums/bpf-objects.h"
#include "consumer/sums/groups.h"
#include "consumer/sums/series.h"
#include "proto/record/peek.h"
#include "proto/ringside.pb-c.h"

#define LEDGER_KINDS SERIES_KINDS
#define LEDGER_STREAMS 256 /* that are remembered */
#define LEDGER_ROWS 16384  /* of one stream */
#define LEDGER_ID 16
#define LEDGER_TEXT 256 /* bytes: what --host-name may be, and a NUL */
#define LEDGER_TIER 16

enum ledger_sum {
	LEDGER_SEEN,
	LEDGER_SUBMITTED,
	LEDGER_LIMITED,
	LEDGER_DROPPED,
	LEDGER_WRITTEN,
	LEDGER_LOST_IN_SINK,
	LEDGER_MISSED_RUNS,
	LEDGER_OVERFLOW,
	LEDGER_OVERFLOW_LIMITED,
	LEDGER_SUMS,
};

/* Of one CPU: the largest that Counters or an event behind them tell. */
struct ledger_tail_cpu {
	uint64_t seen, limited, dropped;
};

/* What a stream tells of one kind behind its latest Counters: more than these had. */
struct ledger_tail {
	uint64_t sums[LEDGER_SUMS]; /* of seen, limited, dropped and written */
	unsigned n_cpus;
	struct ledger_tail_cpu *cpus;
};

struct ledger_kind {
	char name[KIND_NAME];
	char tier[LEDGER_TIER]; /* "fentry", ... of the stream that counts; "": not attached */
	bool has_sums;          /* kinds without events have none */
	uint64_t sums[LEDGER_SUMS];
	bool missed_known;
	uint64_t in_flight;                   /* now */
	struct lost_count lost[LOST_REASONS]; /* told by Lost records */
	uint64_t self_tests[SERIES_PLAIN]; /* of rows of Ringside's own calls, which have no series
					    */
	/* Of rows that found no series. */
	uint64_t overflow_rows, overflow[SERIES_VALUES];
	double overflow_fullest[SERIES_SIDES];
	struct series_stamp overflow_changed;
};

/* A cumulative number of a stream, and how much of it was counted. */
struct account {
	uint64_t value, counted;
};

/* What becomes of the sums of a set of Counters. */
enum ledger_mode {
	LEDGER_COUNT,
	LEDGER_HOLD,  /* another one counts; they may be wanted when that proves dead */
	LEDGER_COVER, /* another one's sums have, or may have, counted the same */
};

struct ledger_stream {
	uint8_t id[LEDGER_ID];
	/* of its Header */
	char boot_id[LEDGER_TEXT], host[LEDGER_TEXT], kernel[LEDGER_TEXT], version[LEDGER_TEXT];
	uint64_t begun_nano; /* real time of the first of its files that was there */
	uint64_t order, interval_nano, critical_ring_bytes, bulk_ring_bytes;
	uint32_t failed_starts; /* for which it watches OOM kills only; 0: it does not */
	bool counts;            /* its sums are counted; not so: it runs beside another */
	bool ended;             /* its Footer was read */
	bool excerpt;           /* what was read is a part of it that somebody chose */
	bool gone;              /* nobody writes it any more: ledger_stream_gone */
	bool held;              /* LEDGER_HOLD since it was settled or covered */
	uint64_t since;         /* boot time of its latest set of sums; its start before */
	uint64_t counted_until; /* likewise, of one that was counted; 0: none */
	uint64_t latest_seq, latest_nano;     /* of its latest record; real time */
	uint64_t counters_seq, counters_nano; /* of its latest Counters; 0: none so far */
	uint32_t set;
	uint32_t parts_seen; /* of the set at hand, one after the other; 0: some are missing */
	enum ledger_mode mode;
	struct table rows;
	struct own_usage usage;
	struct account sums[LEDGER_KINDS][LEDGER_SUMS];
	struct ledger_tail tails[LEDGER_KINDS];
	char tiers[LEDGER_KINDS][LEDGER_TIER]; /* "": not attached */
};

struct ledger {
	struct series_set series;   /* its limit is that of objects, too */
	struct groups groups;       /* of the same rows */
	struct bpf_objects objects; /* see ledger_objects */
	unsigned n_kinds;
	struct ledger_kind kinds[LEDGER_KINDS];
	uint8_t places[RECORD_BODIES]; /* in kinds, and 1 more, by field in Record.body; 0: none */
	unsigned n_streams;
	struct ledger_stream *streams[LEDGER_STREAMS]; /* in the order they were met */
	uint64_t orders;                               /* streams met so far */
	uint64_t generation;                           /* grows with every change */
	uint64_t rows_left_out;                        /* found no room: LEDGER_ROWS */
	bool has_oom_kills;
	uint64_t oom_kills; /* the kernel's own count, since its boot */
	bool has_lag;
	uint64_t lag_nano; /* of the latest Counters: from when they were made to when read */
};

void ledger_init(struct ledger *ledger, size_t series_limit);
void ledger_done(struct ledger *ledger);

/* There will be this stream, which began not after @boottime_nano, in real time @nano. To be told
 * in the order they began, when that is known before they are read. 0 or -ENOMEM. */
int ledger_expect(struct ledger *ledger, const uint8_t id[LEDGER_ID], const char *boot_id,
		  uint64_t boottime_nano, uint64_t nano);

/* Whether ledger_take wants the record unpacked. */
bool ledger_wants(unsigned kind);

/* A record of the stream that @header is of. @now_nano: real time. Returns 0; LEDGER_OLD: it was
 * taken before; -ENOMEM. */
#define LEDGER_OLD 1
int ledger_take(struct ledger *ledger, const Ringside__V1__Header *header,
		const Ringside__V1__Record *record, uint64_t now_nano);

/* An event, of which only this is of interest. @sums: what it carries; NULL: nothing. As
 * ledger_take. */
int ledger_pass(struct ledger *ledger, const Ringside__V1__Header *header, const struct peek *peek,
		const Ringside__V1__CpuSums *sums);

/* Time went on: a stream may be found dead. */
void ledger_review(struct ledger *ledger, uint64_t now_nano);

/* Nobody writes the stream any more, and it was not ended: it is dead. Until a record of it comes
 * all the same. */
void ledger_stream_gone(struct ledger *ledger, const uint8_t id[LEDGER_ID], uint64_t now_nano);

/* The sum as it was when the stream's latest record was written: @stream is the one that counts.
 * Those that no event carries are as of the latest Counters. */
uint64_t ledger_latest(const struct ledger *ledger, const struct ledger_stream *stream,
		       unsigned kind, enum ledger_sum sum);

/* It wrote something lately. */
bool ledger_stream_lives(const struct ledger_stream *stream, uint64_t now_nano);

/* Whether a stream that counts is still being written: gauges of the dead are not so any more. */
bool ledger_lives(const struct ledger *ledger, uint64_t now_nano);

/* The one that counts, and wrote last of those. NULL: there is none. */
const struct ledger_stream *ledger_newest(const struct ledger *ledger);

/* The BPF objects there are; NULL: nobody tells of them any more. */
const struct bpf_objects *ledger_objects(const struct ledger *ledger, uint64_t now_nano);

/* Lost of one reason, by the sums or by Lost records, whichever says more. */
struct lost_count ledger_lost(const struct ledger_kind *kind, unsigned reason);
