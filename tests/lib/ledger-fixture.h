/* SPDX-License-Identifier: Apache-2.0 */
/* Streams as a ledger sees them: Headers, Counters and Footers with the sums a test wants. */
#pragma once

#include "consumer/sums/ledger.h"
#include "proto/base/util.h"
#include "tests/lib/test.h"

#define SECOND UINT64_C(1000000000)
#define REAL_ZERO UINT64_C(1763780645) /* real time of boot time 0, in seconds */

struct fixture_stream {
	uint8_t id[LEDGER_ID];
	uint64_t seq;
	Ringside__V1__Header header;
};

#define FIXTURE_BOOT "11111111-2222-3333-4444-555555555555"

/* Returns a stream without records; every byte of its id is @id. */
struct fixture_stream fixture_stream(uint8_t id);

/* Gives the ledger @record as the stream's next one, at this second of boot time. */
void fixture_take(struct ledger *ledger, struct fixture_stream *stream,
		  Ringside__V1__Record *record, uint64_t second);

/* Gives it the stream's Header, which names the probe seccomp_denial. */
void fixture_header(struct ledger *ledger, struct fixture_stream *stream, uint64_t second);

/* A set in one part: @seen denials, all of the cgroup @cgroup, whose container is "c<name>". */
struct fixture_set {
	uint64_t seen, dropped, cgroup;
	const char *name;
	const char *path;
	uint32_t error; /* 0: EPERM */
	bool full, no_row, others, self_test;
	Ringside__V1__TcpQueue *queue;
};

/* Gives it a set of counters as @set says. */
void fixture_counters(struct ledger *ledger, struct fixture_stream *stream, uint64_t second,
		      struct fixture_set set);

/* Gives it the stream's Footer. */
void fixture_footer(struct ledger *ledger, struct fixture_stream *stream, uint64_t second);

/* Returns what the ledger has of denials; of nothing, if none was told of. */
const struct ledger_kind *fixture_kind(const struct ledger *ledger);

/* Returns the one series of the container; of any, if @container is NULL. The test fails if there
 * are more of them, or none. */
const struct series *fixture_series(const struct ledger *ledger, const char *container);

/* Returns how many denials the ledger knows to have been seen. */
uint64_t fixture_seen(const struct ledger *ledger);

/* Returns the count over all series and the overflow. */
uint64_t fixture_rows(const struct ledger *ledger);
