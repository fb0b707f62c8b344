/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "container.h"
#include "ringside-fields.h"
#include "test.h"
#include "util.h"

static unsigned level_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned level;
	} levels[] = {
		{"container", PB_LIMIT_LEVEL_CONTAINER}, {"pod", PB_LIMIT_LEVEL_POD},
		{"unit", PB_LIMIT_LEVEL_UNIT},           {"slice", PB_LIMIT_LEVEL_SLICE},
		{"host", PB_LIMIT_LEVEL_HOST},           {"cgroup", PB_LIMIT_LEVEL_CGROUP},
	};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	fail_msg("no level is called %s", name);
	return 0;
}

static void check_text(const char *path, const char *what, const char *got, size_t size,
		       const char *want)
{
	const bool same =
		strcmp(want, "-") ? size == strlen(want) && !memcmp(got, want, size) : size == 0;

	if (!same)
		fail_msg("%s\n%s is \"%.*s\", not \"%s\"", path, what, (int)size, got, want);
}

static void check_row(const char *path, char *const want[6])
{
	struct container got;

	container_parse(&got, path, strlen(path));
	if (got.level != level_of(want[0]))
		fail_msg("%s\nlevel is %u, not %s", path, got.level, want[0]);
	check_text(path, "id", got.id, strlen(got.id), want[1]);
	check_text(path, "runtime", got.runtime, got.runtime ? strlen(got.runtime) : 0, want[2]);
	check_text(path, "pod uid", got.pod_uid, strlen(got.pod_uid), want[3]);
	check_text(path, "unit", got.unit, got.unit_size, want[4]);
	check_text(path, "slice", got.slice, got.slice_size, want[5]);
}

typedef void (*row_fn)(const char *path, char *const want[6]);

static unsigned for_each_row(row_fn fn)
{
	_cleanup_fclose_ FILE *file = fopen(TESTDATA "/cgroup-paths.txt", "re");
	char line[4096], *save;
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *words[7];

		if (*line == '#' || *line == '\n')
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			words[i] = strtok_r(i ? NULL : line, " \n", &save);
			if (!words[i])
				fail_msg("row %u has %zu words", n + 1, i);
		}
		fn(words[0], words + 1);
		n++;
	}
	return n;
}

static void real_paths_are_understood(void **state)
{
	assert_in_range(for_each_row(check_row), 40, 1000);
}

/* What is inside a container belongs to it, whatever it is called. */
static void check_inside(const char *path, char *const want[6])
{
	static const char *const names[] = {"a", "init.scope", "x.service", "container", "pod1"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char longer[4096];
		struct container got;

		if (!strcmp(want[1], "-"))
			return;
		(void)snprintf(longer, sizeof(longer), "%s/%s", path, names[i]);
		container_parse(&got, longer, strlen(longer));
		assert_string_equal(got.id, want[1]);
		check_text(longer, "pod uid", got.pod_uid, strlen(got.pod_uid), want[3]);
	}
}

static void cgroups_inside_a_container_belong_to_it(void **state)
{
	(void)for_each_row(check_inside);
}

/* The exact size on the heap: a sanitizer sees a byte too many. */
static void parse_exactly(const char *path, size_t size)
{
	_cleanup_free_ char *copy = malloc(size ? size : 1);
	struct container got;

	assert_non_null(copy);
	memcpy(copy, path, size);
	container_parse(&got, copy, size);
	assert_in_range(got.level, PB_LIMIT_LEVEL_CONTAINER, PB_LIMIT_LEVEL_CGROUP);
	assert_true(strlen(got.id) < sizeof(got.id));
	assert_true(!got.unit_size ||
		    (got.unit >= copy && got.unit + got.unit_size <= copy + size));
	assert_true(!got.slice_size ||
		    (got.slice >= copy && got.slice + got.slice_size <= copy + size));
}

static void cut_row(const char *path, char *const want[6])
{
	for (size_t size = 0; size <= strlen(path); size++) {
		parse_exactly(path, size);
		parse_exactly(path + size, strlen(path) - size);
	}
}

static void any_part_of_a_path_gives_a_result(void **state)
{
	(void)for_each_row(cut_row);
}

static void mutate_row(const char *path, char *const want[6])
{
	static const char bytes[] = "/:.-_\\x2d@0aZ\xff\x01";
	char junk[4096];
	size_t size = strlen(path);

	for (unsigned i = 0; i < 200; i++) {
		memcpy(junk, path, size);
		for (unsigned k = 0; k < 1 + i % 8; k++)
			junk[(size_t)rand() % size] = bytes[(size_t)rand() % sizeof(bytes)];
		parse_exactly(junk, size);
	}
}

static void junk_gives_a_result(void **state)
{
	char big[65536];

	srand(1);
	(void)for_each_row(mutate_row);
	memset(big, '/', sizeof(big));
	parse_exactly(big, sizeof(big));
	memset(big, 'a', sizeof(big));
	parse_exactly(big, sizeof(big));
	memset(big, ':', sizeof(big));
	parse_exactly(big, sizeof(big));
	memcpy(big, "/lxc/", 5);
	parse_exactly(big, sizeof(big));
}

static void an_escape_never_makes_invalid_text(void **state)
{
	static const char path[] = "/machine.slice/machine-a\\xffb\\x00c\\x2dd\\x.scope";
	struct container got;

	container_parse(&got, path, strlen(path));
	assert_string_equal(got.id, "a\\xffb\\x00c-d\\x");
	assert_string_equal(got.runtime, "nspawn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_paths_are_understood),
		cmocka_unit_test(cgroups_inside_a_container_belong_to_it),
		cmocka_unit_test(any_part_of_a_path_gives_a_result),
		cmocka_unit_test(junk_gives_a_result),
		cmocka_unit_test(an_escape_never_makes_invalid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
