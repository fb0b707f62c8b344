/* SPDX-License-Identifier: Apache-2.0 */
/* A real table of the real programs, read with bpf(2) and through the kernel's iterator, also while
 * rows are being made. Needs root. A machine may refuse iterators, and then the streamer reads
 * with bpf(2), too; "test-rows iterator", as the end-to-end tests call it in guests, insists. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"
#include "streamer/kernel/programs.h"
#include "streamer/kernel/tiers.h"
#include "streamer/tables/rows.h"
#include "tests/lib/test.h"

#define ROWS 8000u
#define EARLY 4000u /* there before the table is read */
#define ROUNDS 20

static int ways = 2; /* bpf(2), iterator */

struct table {
	struct programs *programs;
	struct rows_table rows;
};

static struct wire_denial_key key_of(uint32_t n)
{
	return (struct wire_denial_key){.cgroup_id = n / 100, .arch = 1, .nr = (int32_t)n};
}

static void put(int fd, uint32_t n)
{
	struct wire_denial_key key = key_of(n);
	const uint64_t place = n + 1;

	assert_ok(bpf_map_update_elem(fd, &key, &place, BPF_ANY));
}

static void table_open(struct table *table, bool iterator)
{
	const struct tiers_table *names = &tiers_tables[WIRE_SECCOMP_DENIAL];
	const struct bpf_program *rows;
	struct bpf_program *prog;

	assert_ok(
		programs_open(&table->programs, PROGRAMS_MODERN, NULL, (struct programs_cast){0}));
	bpf_object__for_each_program(prog, programs_object(table->programs))(void)
		bpf_program__set_autoload(prog, iterator && !strcmp(bpf_program__name(prog),
								    names->program));
	assert_ok(programs_load(table->programs));
	rows = programs_find(table->programs, names->program);
	table->rows = (struct rows_table){
		.map_fd = programs_map_fd(table->programs, names->map),
		.link_fd = -1,
		.key_size = names->key_size,
		.row_size = sizeof(uint64_t),
	};
	if (!iterator)
		return;
	assert_ok(programs_attach_rows(table->programs, names->program, names->map));
	table->rows.link_fd = programs_link_fd(table->programs, rows);
}

struct seen {
	uint8_t times[ROWS];
	unsigned stop_at; /* 0: never */
	unsigned n;
};

static int look(void *data, const void *key, const void *value)
{
	struct wire_denial_key denial;
	struct seen *seen = data;
	uint64_t place;

	memcpy(&denial, key, sizeof(denial));
	memcpy(&place, value, sizeof(place));
	assert_true((uint32_t)denial.nr < ROWS);
	assert_int_equal(denial.cgroup_id, denial.nr / 100);
	assert_int_equal(place, denial.nr + 1);
	seen->times[denial.nr]++;
	return ++seen->n == seen->stop_at ? 42 : 0;
}

static void every_row_comes_once(void **state)
{
	for (int iterator = 0; iterator < ways; iterator++) {
		struct seen seen = {0};
		struct table table;

		table_open(&table, iterator);
		assert_ok(rows_walk(&table.rows, look, &seen));
		assert_int_equal(seen.n, 0);
		for (uint32_t n = 0; n < ROWS; n++)
			put(table.rows.map_fd, n);
		assert_ok(rows_walk(&table.rows, look, &seen));
		for (uint32_t n = 0; n < ROWS; n++)
			assert_int_equal(seen.times[n], 1);
		(void)programs_free(table.programs);
	}
}

static void whoever_looks_may_stop(void **state)
{
	for (int iterator = 0; iterator < ways; iterator++) {
		struct seen seen = {.stop_at = 700};
		struct table table;

		table_open(&table, iterator);
		for (uint32_t n = 0; n < ROWS; n++)
			put(table.rows.map_fd, n);
		assert_int_equal(rows_walk(&table.rows, look, &seen), 42);
		assert_int_equal(seen.n, 700);
		(void)programs_free(table.programs);
	}
}

static void *put_the_rest(void *data)
{
	const struct table *table = data;

	for (uint32_t n = EARLY; n < ROWS; n++)
		put(table->rows.map_fd, n);
	return NULL;
}

/* Those that are made meanwhile may be missing, but none comes twice. */
static void rows_made_meanwhile_do_not_disturb(void **state)
{
	for (int round = 0; round < ways * ROUNDS; round++) {
		struct table table;
		pthread_t thread;

		table_open(&table, round % ways);
		for (uint32_t n = 0; n < EARLY; n++)
			put(table.rows.map_fd, n);
		assert_ok(pthread_create(&thread, NULL, put_the_rest, &table));
		for (int walk = 0; walk < 4; walk++) {
			struct seen seen = {0};

			assert_ok(rows_walk(&table.rows, look, &seen));
			for (uint32_t n = 0; n < ROWS; n++)
				assert_in_range(seen.times[n], n < EARLY, 1);
		}
		assert_ok(pthread_join(thread, NULL));
		(void)programs_free(table.programs);
	}
}

static void a_place_is_given_back(void **state)
{
	const struct wire_denial_key key = key_of(6);
	const struct wire_gone gone = {0};
	struct kernel kernel = {0};
	struct table table;
	uint32_t *taken;
	uint64_t place;

	table_open(&table, false);
	kernel.programs = table.programs;
	taken = programs_variable(table.programs, tiers_tables[WIRE_SECCOMP_DENIAL].taken);
	assert_non_null(taken);
	put(table.rows.map_fd, 6);
	put(table.rows.map_fd, 7);
	taken[7] = taken[8] = 1;
	kernel_forget_row(&kernel, WIRE_SECCOMP_DENIAL, &key, true, &gone);
	assert_int_equal(taken[7], 0);
	assert_int_equal(taken[8], 1);
	assert_int_equal(bpf_map_lookup_elem(table.rows.map_fd, &key, &place), -ENOENT);
	(void)programs_free(table.programs);
}

/* As the streamer finds out: see trial.c. */
static bool permits_iterators(void)
{
	struct programs *programs;
	struct bpf_program *prog;
	int r;

	if (programs_open(&programs, PROGRAMS_MODERN, NULL, (struct programs_cast){0}) < 0)
		return true;
	bpf_object__for_each_program(prog, programs_object(programs))(void)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog),
							tiers_tables[WIRE_SECCOMP_DENIAL].program));
	r = programs_load(programs);
	(void)programs_free(programs);
	return r != -EPERM;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_comes_once),
		cmocka_unit_test(whoever_looks_may_stop),
		cmocka_unit_test(rows_made_meanwhile_do_not_disturb),
		cmocka_unit_test(a_place_is_given_back),
	};

	if (argc == 1 && !permits_iterators())
		ways = 1;
	(void)printf("# read in %d ways\n", ways);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
