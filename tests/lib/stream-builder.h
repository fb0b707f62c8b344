/* SPDX-License-Identifier: Apache-2.0 */
/* Small streams in memory, packed by protobuf-c: what a streamer would have written for two
 * probes on two CPUs, with sums and hashes that are right unless a test makes them wrong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

enum { STREAM_OOM, STREAM_SECCOMP, STREAM_KINDS };
#define STREAM_CPUS 2

/* The kernel's side of one probe on one CPU, and what was written of it. */
struct stream_sums {
	uint64_t seen, submitted, limited, dropped, in_flight;
	uint64_t written, carried_seen, carried_limited, carried_dropped;
};

/* A run of events, as the streamer keeps it (FORMAT.md). */
struct stream_run {
	bool open;
	unsigned events;
	uint64_t offset;
	struct stream_sums sums[STREAM_KINDS][STREAM_CPUS]; /* .written: there was one */
};

struct stream {
	uint8_t *data;
	size_t size, room;
	uint64_t seq;  /* of the latest record */
	uint64_t nano; /* boot time of the latest record */
	int64_t step;  /* of real time */
	bool runs;     /* events leave out what those before them tell */
	struct stream_run run;
	size_t hashed_from; /* where the bytes of the next hash begin */
	size_t latest;      /* where the latest record begins */
	bool has_xxh64;     /* the hash of earlier streamers */
	struct stream_sums sums[STREAM_KINDS][STREAM_CPUS];
	uint64_t missed_runs[STREAM_KINDS]; /* UINT64_MAX: not counted by this kernel */
	uint64_t lost_in_sink[STREAM_KINDS];
	uint64_t overflow_limited[STREAM_KINDS];
	uint64_t kernel_oom_kills;
	/* Changes a record before it is packed: how a test breaks one. */
	void (*mangle)(Ringside__V1__Record *record);
};

#define STREAM_NANO_UNIX 1763780645000000000u /* 2025-11-22T03:04:05Z, of boot time 0 */

/* Makes it empty. stream_done() frees its records. */
void stream_init(struct stream *stream);
void stream_done(struct stream *stream);

/* Returns the name of a kind. */
const char *stream_kind(unsigned kind);

/* Appends a Header; an event that happens at this moment; a Clock; a set of counters in two parts;
 * a Footer. */
void stream_header(struct stream *stream);
void stream_event(struct stream *stream, unsigned kind, unsigned cpu);
void stream_clock(struct stream *stream);
void stream_counters(struct stream *stream);
void stream_footer(struct stream *stream);

/* Lets @n events happen that have no record of their own: those are dropped, these held back by the
 * limits. */
void stream_drop(struct stream *stream, unsigned kind, unsigned cpu, uint64_t n);
void stream_hold(struct stream *stream, unsigned kind, unsigned cpu, uint64_t n);

/* Appends the records that tell of it. */
void stream_lost(struct stream *stream, Ringside__V1__Lost__Reason reason, unsigned kind,
		 unsigned cpu, uint64_t n);
void stream_limited(struct stream *stream, unsigned kind, uint64_t n);

/* Appends any record; seq and times are filled in. */
void stream_record(struct stream *stream, Ringside__V1__Record *record);

/* Appends bytes that are no record. */
void stream_raw(struct stream *stream, const void *data, size_t size);
