/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/ledger-fixture.h"

#include "consumer/base/packed-texts.h"

struct fixture_stream fixture_stream(uint8_t id)
{
	struct fixture_stream stream = {.header = RINGSIDE__V1__HEADER__INIT};

	memset(stream.id, id, sizeof(stream.id));
	return stream;
}

void fixture_take(struct ledger *ledger, struct fixture_stream *stream,
		  Ringside__V1__Record *record, uint64_t second)
{
	static char boot[] = FIXTURE_BOOT;

	stream->header.has_stream_id = 1;
	stream->header.stream_id = (ProtobufCBinaryData){LEDGER_ID, stream->id};
	stream->header.boot_id = boot;
	record->has_seq = record->has_boottime_nano = record->has_time_unix_nano = 1;
	record->seq = ++stream->seq;
	record->boottime_nano = second * SECOND;
	record->time_unix_nano = (REAL_ZERO + second) * SECOND;
	assert_ok(ledger_take(ledger, &stream->header, record, record->time_unix_nano));
}

void fixture_header(struct ledger *ledger, struct fixture_stream *stream, uint64_t second)
{
	static char kind[] = "seccomp_denial";
	Ringside__V1__Probe probe = RINGSIDE__V1__PROBE__INIT, *probes[] = {&probe};
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	probe.kind = kind;
	probe.has_tier = 1;
	probe.tier = RINGSIDE__V1__TIER__TIER_FENTRY;
	stream->header.n_probes = 1;
	stream->header.probes = probes;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = &stream->header;
	fixture_take(ledger, stream, &record, second);
	stream->header.n_probes = 0;
}

void fixture_counters(struct ledger *ledger, struct fixture_stream *stream, uint64_t second,
		      struct fixture_set set)
{
	static char denial[] = "seccomp_denial", queue[] = "tcp_queue", call[] = "keyctl",
		    error[] = "EPERM";
	Ringside__V1__CpuCounters cpu = RINGSIDE__V1__CPU_COUNTERS__INIT, *cpus[] = {&cpu};
	Ringside__V1__ProbeSums sums = RINGSIDE__V1__PROBE_SUMS__INIT, *probes[] = {&sums};
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;
	Ringside__V1__CounterRow row = RINGSIDE__V1__COUNTER_ROW__INIT, *rows[] = {&row};
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	char *kind = set.queue ? queue : denial;
	char name[16384], path[256];

	(void)snprintf(name, sizeof(name), "%s", set.name ? set.name : "web");
	cpu.seen = set.seen;
	cpu.dropped = set.dropped;
	sums.kind = kind;
	sums.n_cpus = 1;
	sums.cpus = cpus;
	container.cgroup_id = set.cgroup ? set.cgroup : 7;
	container.container_name = name;
	(void)snprintf(path, sizeof(path), "%s", set.path ? set.path : "");
	container.cgroup_path = set.path ? path : NULL;
	row.kind = kind;
	row.container = &container;
	row.count = set.seen;
	row.limited = set.seen / 2;
	row.has_syscall_number = row.has_action = row.has_error_number = 1;
	row.syscall_number = 250;
	row.syscall_name = call;
	row.action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO;
	row.error_number = 1;
	row.error_name = error;
	if (set.error) {
		row.error_number = set.error;
		row.error_name = NULL;
	}
	if (set.others) {
		row.has_syscall_number = row.has_action = row.has_error_number = 0;
		row.syscall_number = 0;
		row.error_number = 0;
		row.error_name = row.syscall_name = NULL;
		row.has_others = row.others = 1;
	}
	row.has_self_test = row.self_test = set.self_test;
	row.tcp_queue = set.queue;
	counters.part = counters.parts = 1;
	counters.full = set.full;
	counters.n_probes = 1;
	counters.probes = probes;
	counters.n_rows = !set.no_row;
	counters.rows = rows;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	fixture_take(ledger, stream, &record, second);
}

void fixture_footer(struct ledger *ledger, struct fixture_stream *stream, uint64_t second)
{
	static char reason[] = "SIGTERM";
	Ringside__V1__Footer footer = RINGSIDE__V1__FOOTER__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	footer.reason = reason;
	record.body_case = RINGSIDE__V1__RECORD__BODY_FOOTER;
	record.footer = &footer;
	fixture_take(ledger, stream, &record, second);
}

const struct ledger_kind *fixture_kind(const struct ledger *ledger)
{
	static const struct ledger_kind nothing;

	for (unsigned i = 0; i < ledger->n_kinds; i++)
		if (!strcmp(ledger->kinds[i].name, "seccomp_denial"))
			return &ledger->kinds[i];
	return &nothing;
}

const struct series *fixture_series(const struct ledger *ledger, const char *container)
{
	const struct series *found = NULL;

	for (size_t i = 0; i < ledger->series.n; i++) {
		const struct series *one = ledger->series.all[i];

		if (container && strcmp(packed_texts_get(one->text, SERIES_CONTAINER), container))
			continue;
		assert_null(found);
		found = one;
	}
	assert_non_null(found);
	return found;
}

uint64_t fixture_seen(const struct ledger *ledger)
{
	return fixture_kind(ledger)->sums[LEDGER_SEEN];
}

uint64_t fixture_rows(const struct ledger *ledger)
{
	uint64_t sum = fixture_kind(ledger)->overflow[SERIES_COUNT];

	for (size_t i = 0; i < ledger->series.n; i++)
		sum += ledger->series.all[i]->totals[SERIES_COUNT];
	return sum;
}
