/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <sched.h>
#include <sys/stat.h>

#include "proto/base/cpus.h"
#include "proto/base/util.h"
#include "tests/lib/test.h"

struct hierarchy {
	char root[64];
};

static void write_max(const struct hierarchy *h, const char *cgroup, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s%s/cpu.max", h->root, cgroup);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_ok(fclose(f));
}

static void make(const struct hierarchy *h, const char *cgroup)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", h->root, cgroup);
	assert_ok(mkdir(path, 0755));
}

/* /a/b without a limit; the root of a hierarchy has no such file. */
static int make_hierarchy(void **state)
{
	static struct hierarchy h;

	(void)snprintf(h.root, sizeof(h.root), "/tmp/test-cpus-XXXXXX");
	assert_non_null(mkdtemp(h.root));
	make(&h, "/a");
	make(&h, "/a/b");
	write_max(&h, "/a", "max 100000\n");
	write_max(&h, "/a/b", "max 100000\n");
	*state = &h;
	return 0;
}

static int remove_hierarchy(void **state)
{
	static const char *const names[] = {"/a/b/cpu.max", "/a/b",     "/a/cpu.max",
					    "/a",           "/cpu.max", ""};
	const struct hierarchy *h = *state;
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", h->root, names[i]);
		(void)remove(path);
	}
	return 0;
}

static void without_a_limit_there_is_none(void **state)
{
	const struct hierarchy *h = *state;

	assert_int_equal(cpus_of_cgroup(h->root, "/a/b"), UINT_MAX);
	assert_int_equal(cpus_of_cgroup(h->root, "/"), UINT_MAX);
	assert_int_equal(cpus_of_cgroup(h->root, "/gone"), UINT_MAX);
	assert_int_equal(cpus_of_cgroup("/nowhere", "/a/b"), UINT_MAX);
}

static void a_part_of_a_cpu_counts_as_one(void **state)
{
	static const struct {
		const char *text;
		unsigned cpus;
	} rows[] = {
		{"1000 100000\n", 1},   {"100000 100000\n", 1},   {"100001 100000\n", 2},
		{"150000 100000\n", 2}, {"200000 100000\n", 2},   {"50000 10000\n", 5},
		{"0 0\n", UINT_MAX},    {"nonsense\n", UINT_MAX},
	};
	const struct hierarchy *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		write_max(h, "/a/b", rows[i].text);
		assert_int_equal(cpus_of_cgroup(h->root, "/a/b"), rows[i].cpus);
	}
}

static void the_least_of_all_above_counts(void **state)
{
	const struct hierarchy *h = *state;

	write_max(h, "/a", "100000 100000\n");
	assert_int_equal(cpus_of_cgroup(h->root, "/a/b"), 1);
	assert_int_equal(cpus_of_cgroup(h->root, "/a/b/gone"), 1);
	write_max(h, "/a/b", "300000 100000\n");
	assert_int_equal(cpus_of_cgroup(h->root, "/a/b"), 1);
	write_max(h, "/a", "400000 100000\n");
	assert_int_equal(cpus_of_cgroup(h->root, "/a/b"), 3);
	/* a container's own hierarchy begins with its limit */
	write_max(h, "", "200000 100000\n");
	assert_int_equal(cpus_of_cgroup(h->root, "/"), 2);
	assert_int_equal(cpus_of_cgroup(h->root, "/a/b"), 2);
}

static void the_cpus_that_are_allowed_count(void **state)
{
	cpu_set_t all, one;
	int cpu = 0;

	assert_ok(sched_getaffinity(0, sizeof(all), &all));
	assert_true(cpus_usable() >= 1 && cpus_usable() <= (unsigned)CPU_COUNT(&all));
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_ok(sched_setaffinity(0, sizeof(one), &one));
	assert_int_equal(cpus_usable(), 1);
	assert_ok(sched_setaffinity(0, sizeof(all), &all));
}

#define IN_HIERARCHY(test) cmocka_unit_test_setup_teardown(test, make_hierarchy, remove_hierarchy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HIERARCHY(without_a_limit_there_is_none),
		IN_HIERARCHY(a_part_of_a_cpu_counts_as_one),
		IN_HIERARCHY(the_least_of_all_above_counts),
		cmocka_unit_test(the_cpus_that_are_allowed_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
