/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs load of the current task they load from one that was cast, where the kernel can
 * do that: for each pointer that comes from one it trusts the verifier searches all types by name,
 * and the start takes 1.4 times as long. Elsewhere, they load without. Natively, and in guests from
 * the end-to-end tests. */
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"
#include "tests/lib/test.h"

#define LOG_SIZE (32u * 1024 * 1024)

/* Of the tracepoint tier: all that others call they call, too. */
static const char *const names[] = {"rs_sec_enter", "rs_sec_leave", "rs_sec_finish"};

static bool is_ours(const struct bpf_program *prog)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(bpf_program__name(prog), names[i]))
			return true;
	return false;
}

/* Each gets a part of @log for what the verifier knows of each instruction. */
static void load(const struct kernel *kernel, char *log)
{
	struct programs *programs = NULL;
	struct bpf_program *prog;
	struct bpf_map *map;

	assert_ok(kernel_open_programs(kernel, &programs, types_path(kernel->types)));
	bpf_object__for_each_program(prog, programs_object(programs))
	{
		(void)bpf_program__set_autoload(prog, is_ours(prog));
		if (!is_ours(prog))
			continue;
		(void)bpf_program__set_log_level(prog, 2);
		(void)bpf_program__set_log_buf(prog, log, LOG_SIZE);
		log += LOG_SIZE;
	}
	bpf_object__for_each_map(map, programs_object(programs))
	{
		if (!bpf_map__max_entries(map) && bpf_map__type(map) != BPF_MAP_TYPE_TASK_STORAGE)
			assert_ok(bpf_map__set_max_entries(map, 4096));
	}
	assert_ok(programs_load(programs));
	(void)programs_free(programs);
}

static bool ends_with(const char *text, const char *at, const char *what)
{
	const size_t length = strlen(what);

	return (size_t)(at - text) >= length && !strncmp(at - length, what, length);
}

/* Pointers of known type in a line of the log: "R1_w=untrusted_ptr_cgroup(off=0,imm=0)". */
static unsigned assert_line(const char *line)
{
	unsigned n = 0;

	for (const char *at = strstr(line, "ptr_"); at; at = strstr(at + 4, "ptr_")) {
		if (ends_with(line, at, "untrusted_"))
			n++;
		else if (!(ends_with(line, at, "trusted_") &&
			   !strncmp(at, "ptr_task_struct", 15)) &&
			 strncmp(at, "ptr_pt_regs", 11) != 0)
			fail_msg("not from what was cast: %s", line);
	}
	return n;
}

static unsigned assert_log(char *log)
{
	unsigned n = 0;
	char *rest = log;

	for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		n += line[0] != ';' ? assert_line(line) : 0; /* no lines of the source */
	return n;
}

static struct types *types_here(void)
{
	struct programs *programs = NULL;
	struct types *types = NULL;

	assert_ok(programs_open(&programs, PROGRAMS_MODERN, NULL, (struct programs_cast){0}));
	assert_ok(types_new(&types, NULL, bpf_object__btf(programs_object(programs))));
	(void)programs_free(programs);
	return types;
}

static void pointers_come_from_a_task_that_was_cast(void **state)
{
	struct kernel kernel = {.variant = PROGRAMS_MODERN, .types = types_here()};
	char *log = calloc(ARRAY_SIZE(names), LOG_SIZE);
	unsigned params;

	assert_non_null(log);
	load(&kernel, log);
	if (types_function(kernel.types, "bpf_rdonly_cast", &params))
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			assert_int_not_equal(assert_log(log + i * LOG_SIZE), 0);
	free(log);
	(void)types_free(kernel.types);
}

/* The ids of a file are not the kernel's. */
static void with_other_types_they_are_loaded_as_well(void **state)
{
	struct kernel kernel = {.variant = PROGRAMS_MODERN,
				.types = types_here(),
				.config.btf_path = TYPES_KERNEL};
	char *log = calloc(ARRAY_SIZE(names), LOG_SIZE);

	assert_non_null(log);
	load(&kernel, log);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_null(strstr(log + i * LOG_SIZE, "untrusted_ptr_"));
	free(log);
	(void)types_free(kernel.types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_come_from_a_task_that_was_cast),
		cmocka_unit_test(with_other_types_they_are_loaded_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
