/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"

static void limited_says_how_many_more_and_in_what_time(void **state)
{
	struct fixture *f = held_back(state);

	assert_string_equal(message(f),
			    "clone3 → ENOSYS  × 48,201 more in 1 s (programs fall back; "
			    "usually harmless)");
	assert_string_equal(text_tone(&f->record)->label, "DENY");
	assert_string_equal(who(f), "shop/web-7f9/app");
	SET(&f->limited, last_boottime_nano, 8600000000);
	f->limited.syscall_name = S("keyctl");
	assert_string_equal(message(f), "keyctl → ENOSYS  × 48,201 more in 4 s");
	f->limited.has_first_boottime_nano = false;
	assert_string_equal(message(f), "keyctl → ENOSYS  × 48,201 more");
}

static void limited_without_a_key_does_not_invent_one(void **state)
{
	struct fixture *f = held_back(state);

	SET(&f->limited, overflow, true);
	assert_string_equal(message(f),
			    "48,201 seccomp denials held back by the rate limits in 1 s "
			    "(whose is not known: the tables were full)");
	assert_string_equal(advice(f), "");
	f->limited.kind = S("tcp_queue");
	f->limited.has_overflow = f->limited.overflow = false;
	assert_string_equal(message(f),
			    "48,201 tcp_queue events held back by the rate limits in 1 s");
}

static void each_loss_has_its_reason(void **state)
{
	struct fixture *f = loss(state, RINGSIDE__V1__LOST__REASON__RING_FULL);

	SET(&f->lost, cpu, 3);
	assert_string_equal(message(f), "1,200 seccomp denials lost: the ring was full (CPU 3)");
	assert_non_null(strstr(advice(f), "--ring-size"));
	assert_string_equal(text_tone(&f->record)->label, "LOST");
	f->lost.count = 1;
	f->lost.kind = S("oom_kill");
	f->lost.reason = RINGSIDE__V1__LOST__REASON__SINK;
	assert_string_equal(message(f),
			    "1 OOM kill lost: taken from the kernel, but the output could "
			    "not take more");
	f->lost.has_count = false;
	f->lost.reason = RINGSIDE__V1__LOST__REASON__NOT_ATTACHED;
	assert_string_equal(message(f),
			    "an unknown number of OOM kills not seen: nothing was attached "
			    "then");
	f->lost.kind = NULL;
	f->lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	assert_string_equal(message(f),
			    "an unknown number of events lost: the recording is damaged "
			    "here");
}

static void the_header_tells_the_tiers_and_blind_spots(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Probe kills = RINGSIDE__V1__PROBE__INIT, denials = RINGSIDE__V1__PROBE__INIT;
	Ringside__V1__Probe *probes[] = {&kills, &denials};
	char *spots[] = {S("calls of x32 programs"), S("denials while attaching")};

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	f->record.header = &f->header;
	f->header.host_name = S("web1");
	f->header.kernel_release = S("6.1.0-18-amd64");
	kills.kind = S("oom_kill");
	SET(&kills, tier, RINGSIDE__V1__TIER__TIER_FENTRY);
	kills.blind_spots = spots;
	kills.n_blind_spots = 2;
	denials.kind = S("seccomp_denial");
	f->header.probes = probes;
	f->header.n_probes = 2;
	assert_string_equal(
		message(f),
		"host web1, Linux 6.1.0-18-amd64 x86_64: oom_kill by fentry, seccomp_denial "
		"not attached; 2 blind spots (see -o json)");
}

static void the_footer_adds_its_totals_up(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Footer footer = RINGSIDE__V1__FOOTER__INIT;
	Ringside__V1__KindTotal kills = RINGSIDE__V1__KIND_TOTAL__INIT;
	Ringside__V1__KindTotal denials = RINGSIDE__V1__KIND_TOTAL__INIT;
	Ringside__V1__KindTotal *totals[] = {&kills, &denials};

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_FOOTER;
	f->record.footer = &footer;
	footer.reason = S("SIGTERM");
	kills.kind = S("oom_kill");
	kills.written = 2;
	denials.kind = S("seccomp_denial");
	denials.written = 1202;
	denials.limited = 48201;
	footer.totals = totals;
	footer.n_totals = 2;
	assert_string_equal(message(f),
			    "stream closed (SIGTERM): 1,204 events written, 48,201 limited, "
			    "0 lost (oom_kill 2, seccomp_denial 1,202)");
}

static void clock_and_counters_have_sentences_too(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Clock clock = RINGSIDE__V1__CLOCK__INIT;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__ProbeSums sums = RINGSIDE__V1__PROBE_SUMS__INIT;
	Ringside__V1__CpuCounters cpu = RINGSIDE__V1__CPU_COUNTERS__INIT;
	Ringside__V1__ProbeSums *probes[] = {&sums};
	Ringside__V1__CpuCounters *cpus[] = {&cpu, &cpu};

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_CLOCK;
	f->record.clock = &clock;
	SET(&clock, boottime_nano, 12345678901);
	SET(&clock, time_unix_nano, 1795316645123000000);
	SET(&clock, stepped, true);
	assert_string_equal(message(f),
			    "the clock was set: it is 2026-11-22 03:04:05 UTC, 12.345 s "
			    "after boot");
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	f->record.counters = &counters;
	sums.kind = S("seccomp_denial");
	sums.cpus = cpus;
	sums.n_cpus = 2;
	cpu.seen = 600;
	cpu.limited = 20;
	cpu.dropped = 1;
	counters.probes = probes;
	counters.n_probes = 1;
	assert_string_equal(message(f),
			    "counters: seccomp_denial 1,200 seen, 40 limited, 2 dropped");
}

static void a_record_of_a_newer_version_is_no_crash(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(message(f), "a record this version does not know");
	assert_string_equal(who(f), "host");
	assert_string_equal(advice(f), "");
}

static void bpf_objects_are_no_rows_and_the_streamer_says_what_it_takes(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__CounterRow row = RINGSIDE__V1__COUNTER_ROW__INIT;
	Ringside__V1__CounterRow with = RINGSIDE__V1__COUNTER_ROW__INIT;
	Ringside__V1__CounterRow *rows[] = {&with, &row, &with};
	Ringside__V1__BpfObject object = RINGSIDE__V1__BPF_OBJECT__INIT;
	Ringside__V1__StreamerCost cost = RINGSIDE__V1__STREAMER_COST__INIT;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	f->record.counters = &counters;
	with.bpf_object = &object;
	counters.rows = rows;
	counters.n_rows = 3;
	assert_string_equal(message(f), "counters: 1 row changed, 2 BPF objects changed");
	counters.n_rows = 1;
	counters.full = 1;
	counters.cost = &cost;
	SET(&cost, user_cpu_nano, 1200000000);
	SET(&cost, system_cpu_nano, 300000000);
	SET(&cost, map_bytes, 12 << 20);
	assert_string_equal(message(f), "counters: 1 BPF object; the streamer: 1.50 s of CPU since "
					"it started, 12 MiB of BPF maps");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(limited_says_how_many_more_and_in_what_time),
		TEST(limited_without_a_key_does_not_invent_one),
		TEST(each_loss_has_its_reason),
		TEST(the_header_tells_the_tiers_and_blind_spots),
		TEST(the_footer_adds_its_totals_up),
		TEST(clock_and_counters_have_sentences_too),
		TEST(bpf_objects_are_no_rows_and_the_streamer_says_what_it_takes),
		TEST(a_record_of_a_newer_version_is_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
