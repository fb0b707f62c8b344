/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "streamer/report/limited.h"
#include "tests/lib/stream-fixture.h"

#define DENIAL WIRE_SECCOMP_DENIAL

static void limited_donep(struct limited *limited)
{
	limited_done(limited);
}

static void write_limited(struct fixture *f, struct limited *limited, bool all)
{
	counters_read(&f->counters);
	assert_ok(limited_write(limited, &f->counters, f->stream, all));
}

static uint64_t count_of(const struct records *records, int syscall)
{
	uint64_t n = 0;

	for (size_t i = 0; i < records->n; i++) {
		const Ringside__V1__Limited *l = records->all[i]->limited;

		if (syscall < 0 ? l->has_overflow && l->overflow
				: l->has_syscall_number && l->syscall_number == syscall)
			n += l->count;
	}
	return n;
}

static void what_was_held_back_is_told_by_key_and_once(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};

	assert_ok(limited_init(&limited, 1000));
	for (int i = 0; i < 10; i++)
		fake_limit(f->kernel, 0, 1, 100 + (uint64_t)i);
	fake_limit(f->kernel, 1, 2, 500);
	write_limited(f, &limited, false);
	write_limited(f, &limited, false);
	for (int i = 0; i < 5; i++)
		fake_limit(f->kernel, 2, 1, 1000 + (uint64_t)i);
	write_limited(f, &limited, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__Limited *a, *b;

		assert_int_equal(records.n, 3);
		assert_int_equal(count_of(&records, 1), 15);
		assert_int_equal(count_of(&records, 2), 1);
		a = records.all[0]->limited;
		b = records.all[2]->limited;
		assert_string_equal(a->kind, "seccomp_denial");
		assert_int_equal(a->count, 10);
		assert_int_equal(a->first_boottime_nano, 100);
		assert_int_equal(a->last_boottime_nano, 109);
		assert_false(a->has_overflow);
		assert_int_equal(b->count, 5);
		assert_int_equal(b->first_boottime_nano, 109);
		assert_int_equal(b->last_boottime_nano, 1004);
	}
}

static void what_ringside_made_itself_is_told_apart(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};

	assert_ok(limited_init(&limited, 1000));
	fake_row(f->kernel, 1)->key.denial.trial = WIRE_TRIAL;
	fake_limit(f->kernel, 0, 1, 100);
	fake_limit(f->kernel, 0, 2, 100);
	write_limited(f, &limited, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 2);
		for (size_t i = 0; i < records.n; i++)
			assert_int_equal(records.all[i]->self_test,
					 records.all[i]->limited->syscall_number == 1);
	}
}

/* The event with its path may still be in the ring. At the end, or when it must have come, nothing
 * waits. */
static void whose_it_is_may_take_a_while_to_be_known(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};

	assert_ok(limited_init(&limited, 1000));
	counters_read(&f->counters);
	fake_row(f->kernel, 1)->key.denial.cgroup_id = 7;
	fake_row(f->kernel, 2)->key.denial.cgroup_id = 8;
	fake_limit(f->kernel, 0, 1, f->counters.read_nano);
	fake_limit(f->kernel, 0, 2, f->counters.read_nano - 30000000000);
	write_limited(f, &limited, false);
	write_limited(f, &limited, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 1);
		assert_int_equal(count_of(&records, 2), 1);
	}
	assert_true(limited_moved(&limited, &f->counters));
	write_limited(f, &limited, true);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 2);
		assert_int_equal(count_of(&records, 1), 1);
		assert_int_equal(records.all[1]->limited->container->cgroup_id, 7);
	}
}

static void rows_are_read_only_when_the_sums_moved(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};

	assert_ok(limited_init(&limited, 1000));
	write_limited(f, &limited, false);
	assert_false(limited_moved(&limited, &f->counters));
	assert_int_equal(f->kernel->walks, 0);
	fake_limit(f->kernel, 0, 1, 1);
	counters_read(&f->counters);
	assert_true(limited_moved(&limited, &f->counters));
	write_limited(f, &limited, false);
	assert_int_equal(f->kernel->walks, 1);
	write_limited(f, &limited, false);
	assert_int_equal(f->kernel->walks, 1);
	/* at the end in any case: the sum may have been read before the row was updated */
	write_limited(f, &limited, true);
	assert_int_equal(f->kernel->walks, 3);
}

static void what_has_no_row_is_told_as_overflow(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};
	struct wire_sums *sums = fake_sums(f->kernel, DENIAL, 4);

	assert_ok(limited_init(&limited, 1000));
	*sums = (struct wire_sums){.limited = 7, .overflow = 9, .overflow_limited = 7};
	fake_limit(f->kernel, 0, 1, 1);
	write_limited(f, &limited, false);
	sums->limited += 3;
	sums->overflow_limited += 3;
	write_limited(f, &limited, false);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 3);
		assert_int_equal(count_of(&records, 1), 1);
		assert_int_equal(count_of(&records, -1), 10);
		assert_false(records.all[1]->limited->has_syscall_number);
		assert_string_equal(records.all[1]->limited->kind, "seccomp_denial");
	}
}

static void many_keys_keep_their_own_counts(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};

	assert_ok(limited_init(&limited, 10000));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2000; i += round + 1)
			fake_limit(f->kernel, (unsigned)i % FAKE_CPUS, i,
				   10u * (unsigned)round + 1);
		write_limited(f, &limited, false);
	}
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 2000 + 1000 + 667);
		for (int i = 0; i < 2000; i += 97)
			assert_int_equal(count_of(&records, i), 1 + !(i % 2) + !(i % 3));
	}
}

static void keys_beyond_the_bound_are_told_together(void **state)
{
	struct fixture *f = *state;
	_cleanup_(limited_donep) struct limited limited = {0};

	assert_ok(limited_init(&limited, 100));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 300; i++)
			fake_limit(f->kernel, 0, i, 1 + (unsigned)round);
		write_limited(f, &limited, false);
	}
	{
		_cleanup_records_ struct records records = fixture_records(f);
		uint64_t sum = count_of(&records, -1);

		assert_int_equal(sum, 400);
		for (int i = 0; i < 300; i++)
			sum += count_of(&records, i);
		assert_int_equal(sum, 600);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(what_was_held_back_is_told_by_key_and_once),
		test_with_fixture(what_ringside_made_itself_is_told_apart),
		test_with_fixture(whose_it_is_may_take_a_while_to_be_known),
		test_with_fixture(rows_are_read_only_when_the_sums_moved),
		test_with_fixture(what_has_no_row_is_told_as_overflow),
		test_with_fixture(many_keys_keep_their_own_counts),
		test_with_fixture(keys_beyond_the_bound_are_told_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
