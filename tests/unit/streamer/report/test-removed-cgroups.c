/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of removed cgroups: written once more, then taken out of the kernel's tables. */
#include <stdbool.h>

#include "streamer/report/limited.h"
#include "streamer/report/removed-cgroups.h"
#include "tests/lib/stream-fixture.h"

#define DENIAL WIRE_SECCOMP_DENIAL

struct rig {
	struct fixture *f;
	struct removed gone;
	struct limited limited;
};

static int rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	void *f = NULL;

	assert_non_null(rig);
	assert_ok(fixture_setup(&f));
	rig->f = f;
	assert_ok(removed_init(&rig->gone));
	assert_ok(limited_init(&rig->limited, 1000));
	rig->f->counters.gone = &rig->gone;
	*state = rig;
	return 0;
}

static int rig_teardown(void **state)
{
	struct rig *rig = *state;
	void *f = rig->f;

	removed_done(&rig->gone);
	limited_done(&rig->limited);
	assert_ok(fixture_teardown(&f));
	free(rig);
	return 0;
}

static void count_in(struct rig *rig, uint64_t cgroup, int syscall)
{
	struct fake_row *row = fake_row(rig->f->kernel, syscall);

	row->key.denial.cgroup_id = cgroup;
	row->row.count++;
	row->row.last = 1;
}

static void remove_cgroup(struct rig *rig, uint64_t cgroup)
{
	rig->f->kernel->gone[rig->f->kernel->n_gone++] =
		(struct wire_gone){.cgroup = {.id = cgroup}, .slot = (uint32_t)cgroup};
}

/* A set at @seconds; returns how many rows the table has afterwards. */
static size_t write_set(struct rig *rig, uint64_t seconds, bool reaches_the_file)
{
	struct fixture *f = rig->f;

	counters_read(&f->counters);
	f->counters.read_nano = seconds * 1000000000;
	removed_update(&rig->gone, f->kernel, f->counters.read_nano, false);
	assert_ok(limited_write(&rig->limited, &f->counters, f->stream, true));
	assert_ok(counters_write(&f->counters, &f->totals, f->stream, false));
	if (reaches_the_file)
		removed_written(&rig->gone, f->kernel, &rig->limited);
	else
		removed_not_written(&rig->gone);
	return f->kernel->n_rows[DENIAL];
}

/* The last count that was told of a call; -1: none. */
static long told(const struct records *records, int syscall, size_t *ret_times)
{
	long count = -1;

	*ret_times = 0;
	for (size_t i = 0; i < records->n; i++) {
		const Ringside__V1__Counters *counters = records->all[i]->counters;

		for (size_t k = 0; counters && k < counters->n_rows; k++) {
			if (counters->rows[k]->syscall_number != syscall)
				continue;
			count = (long)counters->rows[k]->count;
			++*ret_times;
		}
	}
	return count;
}

static void a_row_goes_after_its_last_value(void **state)
{
	struct rig *rig = *state;

	count_in(rig, 7, 1);
	count_in(rig, 8, 2);
	assert_int_equal(write_set(rig, 100, true), 2);
	remove_cgroup(rig, 7);
	/* A task that was dying may still be counted. */
	assert_int_equal(write_set(rig, 105, true), 2);
	count_in(rig, 7, 1);
	assert_int_equal(write_set(rig, 109, true), 2);
	assert_int_equal(write_set(rig, 116, true), 1);
	assert_int_equal(write_set(rig, 126, true), 1);
	{
		_cleanup_records_ struct records records = fixture_records(rig->f);
		size_t times;

		assert_int_equal(told(&records, 1, &times), 2);
		assert_int_equal(told(&records, 2, &times), 1);
	}
}

static void not_before_it_has_been_written(void **state)
{
	struct rig *rig = *state;

	count_in(rig, 7, 1);
	remove_cgroup(rig, 7);
	assert_int_equal(write_set(rig, 100, true), 1);
	assert_int_equal(write_set(rig, 120, false), 1);
	assert_int_equal(write_set(rig, 130, true), 0);
}

/* Another cgroup's, of the same calls. */
static void the_others_stay(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 20; i++)
		count_in(rig, (uint64_t)(i % 2 + 7), i);
	remove_cgroup(rig, 7);
	assert_int_equal(write_set(rig, 100, true), 20);
	assert_int_equal(write_set(rig, 111, true), 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(rig->f->kernel->rows[DENIAL][i].key.denial.cgroup_id, 8);
}

/* The table of what was told of the limits forgets them, too, and only them. */
static void what_was_told_of_limits_is_forgotten(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 60; i++) {
		fake_row(rig->f->kernel, i)->key.denial.cgroup_id = (uint64_t)(i % 2 + 7);
		fake_limit(rig->f->kernel, 0, i, 1);
	}
	remove_cgroup(rig, 7);
	assert_int_equal(write_set(rig, 100, true), 60);
	assert_int_equal(rig->limited.n_rows, 60);
	assert_int_equal(write_set(rig, 111, true), 30);
	assert_int_equal(rig->limited.n_rows, 30);
	for (size_t i = 0; i < 30; i++)
		assert_int_equal(limited_reported(&rig->limited, DENIAL,
						  &rig->f->kernel->rows[DENIAL][i].key),
				 1);
}

#define test_with_rig(t) cmocka_unit_test_setup_teardown(t, rig_setup, rig_teardown)

static void rows_of_each_cpu_leave_too(void **state)
{
	struct wire_tcp_row cpus[FAKE_CPUS] = {{.receive = {.samples = {1}, .epochs = {0, 1}}}};
	struct rig *rig = *state;
	struct kernel *kernel = rig->f->kernel;

	for (size_t i = 0; i < 2; i++)
		kernel->rows[WIRE_TCP_QUEUE][i] =
			(struct fake_row){.key.cgroup = {.id = 7 + i}, .tcp = cpus};
	kernel->n_rows[WIRE_TCP_QUEUE] = 2;
	(void)write_set(rig, 100, true);
	remove_cgroup(rig, 7);
	(void)write_set(rig, 110, true);
	assert_int_equal(kernel->n_rows[WIRE_TCP_QUEUE], 2);
	(void)write_set(rig, 121, true);
	assert_int_equal(kernel->n_rows[WIRE_TCP_QUEUE], 1);
	assert_int_equal(kernel->rows[WIRE_TCP_QUEUE][0].key.cgroup.id, 8);
	{
		_cleanup_records_ struct records records = fixture_records(rig->f);
		const Ringside__V1__Counters *last =
			records_get(&records, BODY(COUNTERS), 2)->counters;

		/* nothing new, but it is written once more */
		assert_int_equal(last->n_rows, 1);
		assert_int_equal(last->rows[0]->container->cgroup_id, 7);
	}
}

/* Told or found, each is heard of once. */
static void those_nobody_was_told_of_are_looked_for(void **state)
{
	struct rig *rig = *state;
	struct kernel *kernel = rig->f->kernel;

	count_in(rig, 7, 1);
	count_in(rig, 8, 2);
	kernel->dead[0] = (struct wire_gone){.cgroup = {.id = 7}, .slot = 7};
	kernel->n_dead = 1;
	assert_int_equal(write_set(rig, 100, true), 2);
	assert_int_equal(write_set(rig, 111, true), 2);
	kernel->gone_missed = 1;
	assert_int_equal(write_set(rig, 112, true), 2);
	remove_cgroup(rig, 7);
	assert_int_equal(write_set(rig, 120, true), 2);
	assert_int_equal(write_set(rig, 122, true), 1);
	assert_int_equal(kernel->groups_forgotten, 1);
	assert_int_equal(rig->gone.n, 0);
	/* the slot is another cgroup's now */
	kernel->n_dead = 0;
	rig->f->kernel->gone[rig->f->kernel->n_gone++] =
		(struct wire_gone){.cgroup = {.id = 8}, .slot = 7};
	assert_int_equal(write_set(rig, 130, true), 1);
	assert_int_equal(write_set(rig, 141, true), 0);
}

/* As what it had is counted there, too. */
static void a_cgroup_stays_while_there_are_some_below_it(void **state)
{
	struct rig *rig = *state;
	struct kernel *kernel = rig->f->kernel;

	count_in(rig, 7, 1);
	count_in(rig, 8, 2);
	remove_cgroup(rig, 7);
	remove_cgroup(rig, 8);
	kernel->has_children = 7;
	(void)write_set(rig, 100, true);
	assert_int_equal(write_set(rig, 111, true), 0);
	assert_int_equal(kernel->groups_forgotten, 1);
	kernel->has_children = 0;
	(void)write_set(rig, 112, true);
	assert_int_equal(kernel->groups_forgotten, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_rig(those_nobody_was_told_of_are_looked_for),
		test_with_rig(a_cgroup_stays_while_there_are_some_below_it),
		test_with_rig(a_row_goes_after_its_last_value),
		test_with_rig(not_before_it_has_been_written),
		test_with_rig(the_others_stay),
		test_with_rig(what_was_told_of_limits_is_forgotten),
		test_with_rig(rows_of_each_cpu_leave_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
