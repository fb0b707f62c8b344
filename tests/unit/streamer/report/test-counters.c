/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "tests/lib/stream-fixture.h"
#include "tests/lib/wire-record.h"

#define DENIAL WIRE_SECCOMP_DENIAL

static void wrote(struct fixture *f, unsigned cpu, uint64_t seen, uint64_t limited,
		  uint64_t dropped)
{
	const struct wire_head head = {
		.probe = DENIAL, .cpu = cpu, .seen = seen, .limited = limited, .dropped = dropped};

	totals_wrote(&f->totals, &head, 0);
}

static void write_set(struct fixture *f, bool full)
{
	counters_read(&f->counters);
	assert_ok(counters_write(&f->counters, &f->totals, f->stream, full));
}

/* Rows of all parts of the @number'th set; checks that the parts are numbered and follow each
 * other. */
static size_t set_rows(const struct records *records, size_t number, size_t *ret_parts)
{
	size_t first = 0, rows = 0, parts;

	for (size_t i = 0; i < number; i++)
		first += records_get(records, BODY(COUNTERS), first)->counters->parts;
	parts = records_get(records, BODY(COUNTERS), first)->counters->parts;
	for (size_t i = 0; i < parts; i++) {
		const Record *r = records_get(records, BODY(COUNTERS), first + i);

		assert_int_equal(r->counters->part, i + 1);
		assert_int_equal(r->counters->parts, parts);
		assert_int_equal(r->counters->n_probes, i ? 0 : 2);
		assert_true(r->counters->has_xxh3);
		if (i)
			assert_int_equal(r->seq,
					 records_get(records, BODY(COUNTERS), first)->seq + i);
		rows += r->counters->n_rows;
	}
	*ret_parts = parts;
	return rows;
}

static void both_halves_of_the_sums_are_shown(void **state)
{
	struct fixture *f = *state;

	*fake_sums(f->kernel, DENIAL, 2) = (struct wire_sums){.seen = 100,
							      .submitted = 60,
							      .limited = 25,
							      .dropped = 14,
							      .in_flight = 1,
							      .overflow = 9,
							      .overflow_limited = 4};
	fake_sums(f->kernel, DENIAL, 3)->overflow = 1;
	f->kernel->missed[DENIAL] = 77;
	f->kernel->missed[WIRE_OOM_KILL] = -1;
	f->totals.lost_in_sink[DENIAL] = 3;
	wrote(f, 2, 50, 7, 3);
	wrote(f, 2, 40, 5, 8); /* nested: submitted later, with older sums */
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__Counters *c = records.all[0]->counters;
		const Ringside__V1__ProbeSums *p = c->probes[1];
		const Ringside__V1__CpuCounters *cpu = p->cpus[0];

		assert_true(c->full);
		assert_false(c->probes[0]->has_missed_runs);
		assert_string_equal(p->kind, "seccomp_denial");
		assert_int_equal(p->missed_runs, 77);
		assert_int_equal(p->overflow, 10);
		assert_int_equal(p->overflow_limited, 4);
		assert_int_equal(p->lost_in_sink, 3);
		/* of eight CPUs one has seen something */
		assert_int_equal(p->n_cpus, 1);
		assert_int_equal(cpu->cpu, 2);
		assert_int_equal(cpu->seen, 100);
		assert_int_equal(cpu->submitted, 60);
		assert_int_equal(cpu->limited, 25);
		assert_int_equal(cpu->dropped, 14);
		assert_int_equal(cpu->in_flight, 1);
		assert_int_equal(cpu->written, 2);
		assert_int_equal(cpu->carried_seen, 50);
		assert_int_equal(cpu->carried_limited, 7);
		assert_int_equal(cpu->carried_dropped, 8);
	}
}

static void a_probe_that_is_not_attached_has_no_sums(void **state)
{
	struct fixture *f = *state;

	f->kernel->probes[DENIAL].tier = KERNEL_TIER_NONE;
	counters_done(&f->counters);
	assert_ok(counters_init(&f->counters, f->kernel, f->encoder, NULL));
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.all[0]->counters->n_probes, 1);
		assert_string_equal(records.all[0]->counters->probes[0]->kind, "oom_kill");
		assert_int_equal(f->kernel->walks, fake_attached(f->kernel));
	}
}

static void a_row_has_its_key_and_its_counts(void **state)
{
	struct fixture *f = *state;

	fake_row(f->kernel, 39)->row = (struct wire_row){.count = 12, .limited = 5};
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__CounterRow *row = records.all[0]->counters->rows[0];

		assert_int_equal(records.all[0]->counters->n_rows, 1);
		assert_string_equal(row->kind, "seccomp_denial");
		assert_int_equal(row->syscall_number, 39);
		assert_string_equal(row->syscall_name, "getpid");
		assert_int_equal(row->count, 12);
		assert_int_equal(row->limited, 5);
	}
}

static void an_empty_set_is_a_heartbeat_of_one_part(void **state)
{
	struct fixture *f = *state;
	size_t parts;

	write_set(f, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(set_rows(&records, 0, &parts), 0);
		assert_int_equal(parts, 1);
		assert_false(records.all[0]->counters->full);
	}
}

/* Its CPU time may be below the clock's tick; its memory is not. */
static void each_set_says_what_the_streamer_takes(void **state)
{
	struct fixture *f = *state;

	write_set(f, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__StreamerCost *cost = records.all[0]->counters->cost;

		assert_non_null(cost);
		assert_true(cost->has_user_cpu_nano && cost->has_system_cpu_nano);
		assert_true(cost->anonymous_bytes > 100000);
		assert_int_equal(cost->map_bytes, FAKE_MAP_BYTES + FAKE_RING_BYTES);
	}
}

static void only_rows_that_changed_come_again(void **state)
{
	struct fixture *f = *state;
	size_t parts;

	for (int i = 0; i < 5; i++)
		fake_row(f->kernel, i)->row = (struct wire_row){.count = 1, .last = 1};
	write_set(f, true);
	fake_row(f->kernel, 3)->row = (struct wire_row){.count = 2, .last = UINT64_MAX};
	write_set(f, false);
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(set_rows(&records, 0, &parts), 5);
		assert_int_equal(set_rows(&records, 1, &parts), 1);
		assert_int_equal(records.all[1]->counters->rows[0]->syscall_number, 3);
		assert_int_equal(set_rows(&records, 2, &parts), 5);
	}
}

static void many_rows_take_several_frames_of_bounded_size(void **state)
{
	struct fixture *f = *state;
	size_t parts;

	for (int i = 0; i < 4000; i++) {
		f->kernel->rows[DENIAL][i].key.denial =
			(struct wire_denial_key){.cgroup_id = 1, .nr = i, .arch = 0xc000003e};
		f->kernel->rows[DENIAL][i].row.count = 1ull << 40;
	}
	f->kernel->n_rows[DENIAL] = 4000;
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(set_rows(&records, 0, &parts), 4000);
		assert_true(parts > 2);
		assert_int_equal(parts, records.n);
		for (size_t i = 0; i + 1 < records.n; i++) {
			assert_true(records.starts[i + 1] - records.starts[i] <= 64 * 1024);
			assert_true(records.starts[i + 1] - records.starts[i] > 40 * 1024);
		}
	}
}

static void a_set_too_large_is_not_called_full(void **state)
{
	struct fixture *f = *state;
	size_t parts, rows;

	/* a cgroup with a path of 3 KB, in every row */
	fake_submit(f->kernel, DENIAL, 0, 1, 3000);
	{
		struct wire_denial_key key = {.arch = 0xc000003e};
		struct wire_record record;

		memcpy(&record, f->kernel->bulk.records[0], f->kernel->bulk.records[0]->size);
		record.denial.cgroup.id = 1;
		assert_ok(fixture_event(f, &record.head, record.head.size));
		for (int i = 0; i < 4000; i++) {
			key.nr = i;
			key.cgroup_id = 1;
			f->kernel->rows[DENIAL][i].key.denial = key;
			f->kernel->rows[DENIAL][i].row.last = 1;
		}
	}
	f->kernel->n_rows[DENIAL] = 4000;
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		rows = set_rows(&records, 0, &parts);
		assert_true(rows > 2000 && rows < 4000);
		for (size_t i = 0; i < parts; i++)
			assert_false(records_get(&records, BODY(COUNTERS), i)->counters->full);
	}
}

/* A row of TCP queues with a sample in epoch @epoch. */
static void fake_queue(struct fixture *f, struct wire_tcp_row *cpus, uint64_t epoch, uint32_t bytes)
{
	struct wire_fill *fill = &cpus[epoch % FAKE_CPUS].receive;

	fill->samples[1]++;
	fill->epochs[epoch & 1] = epoch;
	fill->max[epoch & 1] = wire_fill_pack(bytes, 1000);
	f->kernel->rows[WIRE_TCP_QUEUE][0].tcp = cpus;
	f->kernel->rows[WIRE_TCP_QUEUE][0].key.cgroup = (struct wire_cgroup_key){.id = 9};
	f->kernel->n_rows[WIRE_TCP_QUEUE] = 1;
}

static uint64_t max_of(const struct records *records, size_t number)
{
	const Ringside__V1__CounterRow *row =
		records_get(records, BODY(COUNTERS), number)->counters->rows[0];

	assert_string_equal(row->kind, "tcp_queue");
	return row->tcp_queue->receive->has_max_bytes ? row->tcp_queue->receive->max_bytes : 0;
}

static void each_interval_has_its_own_maximum(void **state)
{
	struct wire_tcp_row cpus[FAKE_CPUS] = {0};
	struct fixture *f = *state;

	fake_queue(f, cpus, 1, 70);
	fake_queue(f, cpus, 2, 60); /* made when the first had ended, but was not read yet */
	write_set(f, false);
	write_set(f, false);
	write_set(f, false);
	fake_queue(f, cpus, 4, 50);
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(max_of(&records, 0), 70);
		assert_int_equal(max_of(&records, 1), 60);
		assert_int_equal(records.all[2]->counters->n_rows, 0); /* nothing new */
		assert_int_equal(max_of(&records, 3), 50);
		/* the sums of events are another thing */
		assert_int_equal(records.all[0]->counters->n_probes, 2);
	}
}

static void a_set_that_did_not_get_out_takes_no_maximum_with_it(void **state)
{
	struct wire_tcp_row cpus[FAKE_CPUS] = {0};
	struct fixture *f = *state;
	struct counters before = f->counters;

	fake_queue(f, cpus, 1, 70);
	write_set(f, false);
	f->counters.epoch = before.epoch; /* as reports_rollback() does */
	f->counters.rows_nano = before.rows_nano;
	write_set(f, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(max_of(&records, 1), 70);
		assert_int_equal(f->kernel->epoch, 1);
	}
}

static void the_kernels_own_count_of_oom_kills_is_read(void **state)
{
	struct fixture *f = *state;
	uint64_t kills = UINT64_MAX;

	assert_true(machine_oom_kills(&f->counters.machine, &kills) >=
		    0); /* /proc/vmstat has it since 4.13 */
	assert_true(kills != UINT64_MAX);
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_true(records.all[0]->counters->kernel_oom_kills >= kills);
	}
}

static void what_its_own_filter_refused_the_streamer_is_named(void **state)
{
	struct fixture *f = *state;

	write_set(f, true);
	f->kernel->own_refused[0] = 3;
	f->kernel->own_refused[WIRE_OWN_CALLS - 1] = 2;
	write_set(f, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__StreamerCost *none = records.all[0]->counters->cost;
		const Ringside__V1__StreamerCost *some = records.all[1]->counters->cost;

		assert_int_equal(none->n_refused_calls, 0);
		assert_int_equal(some->n_refused_calls, 2);
		assert_true(some->refused_calls[0]->has_number);
		assert_non_null(some->refused_calls[0]->name);
		assert_int_equal(some->refused_calls[0]->count, 3);
		assert_false(some->refused_calls[1]->has_number);
		assert_int_equal(some->refused_calls[1]->count, 2);
	}
}

static void the_line_at_the_end_adds_up(void **state)
{
	struct fixture *f = *state;
	char line[256];

	fake_sums(f->kernel, DENIAL, 1)->limited = 40;
	fake_sums(f->kernel, DENIAL, 2)->limited = 2;
	fake_sums(f->kernel, DENIAL, 2)->dropped = 5;
	fake_sums(f->kernel, WIRE_OOM_KILL, 2)->dropped = 1;
	f->totals.lost_in_sink[DENIAL] = 3;
	wrote(f, 2, 1, 0, 0);
	wrote(f, 3, 1, 0, 0);
	wrote(f, 3, 2, 0, 0);
	totals_line(&f->totals, f->kernel->cpus, 3, line, sizeof(line));
	assert_string_equal(line, "3 events written, 42 limited, 9 lost (oom_kill 0, "
				  "seccomp_denial 3)");
	totals_unwrote(&f->totals, DENIAL, 2);
	totals_line(&f->totals, f->kernel->cpus, 1u << DENIAL, line, sizeof(line));
	assert_string_equal(line, "1 event written, 42 limited, 8 lost (seccomp_denial 1)");
	totals_line(&f->totals, f->kernel->cpus, 0, line, sizeof(line));
	assert_string_equal(line, "0 events written, 0 limited, 0 lost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(both_halves_of_the_sums_are_shown),
		test_with_fixture(a_probe_that_is_not_attached_has_no_sums),
		test_with_fixture(a_row_has_its_key_and_its_counts),
		test_with_fixture(an_empty_set_is_a_heartbeat_of_one_part),
		test_with_fixture(each_set_says_what_the_streamer_takes),
		test_with_fixture(only_rows_that_changed_come_again),
		test_with_fixture(many_rows_take_several_frames_of_bounded_size),
		test_with_fixture(a_set_too_large_is_not_called_full),
		test_with_fixture(each_interval_has_its_own_maximum),
		test_with_fixture(a_set_that_did_not_get_out_takes_no_maximum_with_it),
		test_with_fixture(the_kernels_own_count_of_oom_kills_is_read),
		test_with_fixture(what_its_own_filter_refused_the_streamer_is_named),
		test_with_fixture(the_line_at_the_end_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
