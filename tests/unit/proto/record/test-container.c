/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/util.h"
#include "proto/record/container.h"
#include "proto/ringside-fields.h"
#include "tests/lib/test.h"

#define WORDS 20
#define HEX64 "3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860"

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

static void check_name(const char *path, const char *what, struct container_name got,
		       const char *want)
{
	check_text(path, what, got.p, got.size, want);
}

static void check_string(const char *path, const char *what, const char *got, const char *want)
{
	check_text(path, what, got ? got : "", got ? strlen(got) : 0, want);
}

/* "key=value" of the row, "-" if it has none. */
static const char *more(char *const want[], const char *key)
{
	for (size_t i = 6; i < WORDS && want[i]; i++) {
		size_t size = strlen(key);

		if (!strncmp(want[i], key, size) && want[i][size] == '=')
			return want[i] + size + 1;
	}
	return "-";
}

static void check_user(const char *path, const struct container *got, char *const want[])
{
	char uid[16] = "";

	if (got->has_user_uid)
		(void)snprintf(uid, sizeof(uid), "%u", got->user_uid);
	check_name(path, "user unit", got->user_unit, more(want, "uunit"));
	if (strcmp(more(want, "uid"), "-") != 0)
		check_string(path, "user's uid", uid, more(want, "uid"));
	if (strcmp(more(want, "sslice"), "-") != 0)
		check_name(path, "system's slice", got->slice, more(want, "sslice"));
}

static void check_nested(const char *path, const struct container *got, char *const want[])
{
	check_string(path, "nested", got->nested, more(want, "nested"));
	check_string(path, "nested id", got->nested_id, more(want, "nid"));
	check_string(path, "nested runtime", got->nested_runtime, more(want, "nruntime"));
	check_string(path, "nested pod", got->nested_pod_uid, more(want, "npod"));
	check_name(path, "nested unit", got->nested_unit, more(want, "nunit"));
	check_name(path, "nested slice", got->nested_slice, more(want, "nslice"));
}

static void check_row(const char *path, char *const want[])
{
	struct container got;

	container_parse(&got, path, strlen(path));
	if (got.level != level_of(want[0]))
		fail_msg("%s\nlevel is %u, not %s", path, got.level, want[0]);
	check_string(path, "id", got.id, want[1]);
	check_string(path, "runtime", got.runtime, want[2]);
	check_string(path, "pod uid", got.pod_uid, want[3]);
	check_name(path, "unit", got.unit, want[4]);
	check_name(path, "slice", got.user_slice.size ? got.user_slice : got.slice, want[5]);
	if (strcmp(more(want, "task"), "-") != 0)
		check_string(path, "ECS task", got.ecs_task_id, more(want, "task"));
	if (strcmp(more(want, "pod"), "-") != 0)
		check_string(path, "podman's pod", got.podman_pod_id, more(want, "pod"));
	check_user(path, &got, want);
	check_nested(path, &got, want);
}

typedef void (*row_fn)(const char *path, char *const want[]);

static unsigned for_each_row(row_fn fn)
{
	_cleanup_fclose_ FILE *file = fopen(TESTDATA "/cgroup-paths.txt", "re");
	char line[4096], *save;
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *words[WORDS + 1] = {};

		if (*line == '#' || *line == '\n')
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			words[i] = strtok_r(i ? NULL : line, " \n", &save);
			if (!words[i] && i < 7)
				fail_msg("row %u has %zu words", n + 1, i);
			if (!words[i])
				break;
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

/* What is inside a container is nested in it, whatever it is called. */
static void check_inside(const char *path, char *const want[])
{
	static const char *const names[] = {
		"a",
		"init.scope",
		"ssh.service",
		"container",
		"pod1",
		"kubepods/burstable/pod4a163a05-439d-484b-8e53-2968bc15824f/" HEX64,
		"kubepods.slice/kubepods-podabc.slice/crio-" HEX64 ".scope",
		"docker/" HEX64 "/system.slice/nginx.service",
		"user.slice/user-0.slice/user@0.service/app.slice/redis.service",
		"machine-libpod_pod_" HEX64 ".slice/libpod-" HEX64 ".scope",
		"ecs/5a0d5ceddf6c44c1928d367a815d890f/" HEX64,
		"…/kubepods/burstable/pod4a163a05-439d-484b-8e53-2968bc15824f/" HEX64,
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char longer[4096];
		struct container got, was;

		if (!strcmp(want[1], "-"))
			return;
		container_parse(&was, path, strlen(path));
		(void)snprintf(longer, sizeof(longer), "%s/%s", path, names[i]);
		container_parse(&got, longer, strlen(longer));
		assert_string_equal(got.id, want[1]);
		check_string(longer, "runtime", got.runtime, want[2]);
		check_string(longer, "pod uid", got.pod_uid, want[3]);
		check_name(longer, "unit", got.unit, want[4]);
		assert_int_equal(got.slice.size, was.slice.size);
		assert_int_equal(got.user_unit.size, was.user_unit.size);
		assert_string_equal(got.podman_pod_id, was.podman_pod_id);
		assert_string_equal(got.ecs_task_id, was.ecs_task_id);
	}
}

static void identity_cannot_be_taken_from_inside(void **state)
{
	(void)for_each_row(check_inside);
}

/* Nobody knows what stood where elements are missing. */
static void check_gap(const char *path, char *const want[])
{
	for (unsigned i = 0; *path == '/' && i < 3; i++) {
		char longer[4096];
		struct container got;

		if (i == 1)
			(void)snprintf(longer, sizeof(longer), "%s", path + 1);
		else if (i == 0)
			(void)snprintf(longer, sizeof(longer), "/…%s", path);
		else
			(void)snprintf(longer, sizeof(longer), "/system.slice/x.service/a/…%s",
				       path);
		container_parse(&got, longer, strlen(longer));
		check_string(longer, "id", got.id, "-");
		check_string(longer, "pod uid", got.pod_uid, "-");
		check_name(longer, "unit", got.unit, i == 2 ? "x.service" : "-");
		check_name(longer, "user unit", got.user_unit, "-");
		check_string(longer, "podman's pod", got.podman_pod_id, "-");
		check_string(longer, "ECS task", got.ecs_task_id, "-");
		if (strcmp(want[1], "-") != 0)
			assert_int_equal(strncmp(got.nested, "…/", 4), 0);
	}
}

static void nothing_behind_a_gap_is_told_as_the_machines(void **state)
{
	(void)for_each_row(check_gap);
}

/* The ends stay, and no depth is too much. */
static void of_many_nested_containers_the_ends_are_told(void **state)
{
	char path[65536] = "/docker/" HEX64;
	struct container got;

	for (unsigned i = 0; i < 100; i++)
		(void)snprintf(path + strlen(path), sizeof(path) - strlen(path),
			       "/lxc/machine-with-a-name-%u/ns", i);
	container_parse(&got, path, strlen(path));
	assert_string_equal(got.id, HEX64);
	assert_string_equal(got.nested_id, "machine-with-a-name-99");
	assert_int_equal(strncmp(got.nested, "lxc:machine-with-a-name-0/lxc:", 30), 0);
	assert_non_null(strstr(got.nested, "/…/"));
	assert_non_null(strstr(got.nested, "/lxc:machine-with-a-name-99"));
	assert_in_range(strlen(got.nested), 500, CONTAINER_NESTED_SIZE - 1);
}

/* Where nobody can have been: what it says is not looked at, though the ends are. */
static void of_a_path_that_no_kernel_has_only_the_ends_are_told(void **state)
{
	static const char begin[] = "/system.slice/docker-" HEX64 ".scope/init.scope";
	static const char end[] = "/lxc/inner";
	const size_t parts = 150000, size = sizeof(begin) - 1 + 2 * parts + sizeof(end) - 1;
	char *path = malloc(size + 1), *at;
	struct container got;

	assert_non_null(path);
	at = stpcpy(path, begin);
	for (size_t i = 0; i < parts; i++)
		at = stpcpy(at, "/a");
	(void)stpcpy(at, end);
	container_parse(&got, path, size);
	assert_string_equal(got.id, HEX64);
	assert_string_equal(got.runtime, "docker");
	assert_string_equal(got.nested_id, "inner");
	assert_string_equal(got.nested, "init.scope/…/lxc:inner");
	/* in the middle nothing is seen, wherever in it */
	memcpy(path + size / 2 / 2 * 2, end, sizeof(end) - 1);
	memcpy(path + CONTAINER_PATH_MAX, end, sizeof(end) - 1);
	container_parse(&got, path, size);
	assert_string_equal(got.nested, "init.scope/…/lxc:inner");
	/* of one that a kernel may have all of it is */
	memcpy(path + CONTAINER_PATH_MAX - 10, end, sizeof(end) - 1);
	container_parse(&got, path, CONTAINER_PATH_MAX);
	assert_string_equal(got.nested, "init.scope/lxc:inner");
	/* and no name has an end */
	memset(path + 1, 'a', size - 1);
	container_parse(&got, path, size);
	assert_string_equal(got.id, "");
	assert_string_equal(got.nested, "");
	free(path);
}

/* The exact size on the heap: a sanitizer sees a byte too many. */
static void parse_exactly(const char *path, size_t size)
{
	_cleanup_free_ char *copy = malloc(size ? size : 1);
	struct container got;
	const struct container_name *names[] = {
		&got.unit,       &got.slice,       &got.user_unit,
		&got.user_slice, &got.nested_unit, &got.nested_slice,
	};

	assert_non_null(copy);
	memcpy(copy, path, size);
	container_parse(&got, copy, size);
	assert_in_range(got.level, PB_LIMIT_LEVEL_CONTAINER, PB_LIMIT_LEVEL_CGROUP);
	assert_true(strlen(got.id) < sizeof(got.id));
	assert_true(strlen(got.nested) < sizeof(got.nested));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(!names[i]->size ||
			    (names[i]->p >= copy && names[i]->p + names[i]->size <= copy + size));
}

static void cut_row(const char *path, char *const want[])
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

static void mutate_row(const char *path, char *const want[])
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
	container_parse(&got, "/machine-a\\x2fb.scope", 21);
	assert_string_equal(got.id, "a\\x2fb"); /* one word */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_paths_are_understood),
		cmocka_unit_test(identity_cannot_be_taken_from_inside),
		cmocka_unit_test(nothing_behind_a_gap_is_told_as_the_machines),
		cmocka_unit_test(of_many_nested_containers_the_ends_are_told),
		cmocka_unit_test(of_a_path_that_no_kernel_has_only_the_ends_are_told),
		cmocka_unit_test(any_part_of_a_path_gives_a_result),
		cmocka_unit_test(junk_gives_a_result),
		cmocka_unit_test(an_escape_never_makes_invalid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
