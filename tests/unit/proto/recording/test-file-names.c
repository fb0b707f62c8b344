/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/util.h"
#include "proto/recording/file-names.h"
#include "tests/lib/test.h"

#define NOON 1795359845 /* 2026-11-22T15:04:05Z */

static const uint8_t stream_id[16] = {0x1f, 0x0c, 0x77, 0xa2, 0xff};

static void assert_name(const struct file_names *names, uint32_t number, const char *want)
{
	const struct file_names_file file = {.time = NOON,
					     .stream_id = stream_id,
					     .index = 12,
					     .number = number};
	char name[256];

	assert_ok(file_names_make(names, &file, name, sizeof(name)));
	assert_string_equal(name, want);
}

static void files_of_a_folder_are_named_by_time_and_stream(void **state)
{
	struct file_names names = {.path = "/var/log/ringside", .folder = true, .compressed = true};

	assert_name(&names, 0, "/var/log/ringside/20261122T150405Z-1f0c77a2-000012.pb.zst");
	names.path = "./";
	names.compressed = false;
	assert_name(&names, 0, "./20261122T150405Z-1f0c77a2-000012.pb");
}

static void numbers_go_before_what_says_what_a_file_is(void **state)
{
	struct file_names names = {.path = "a/events.pb.zst", .width = FILE_NAMES_WIDTH};

	assert_name(&names, FILE_NAMES_NO_NUMBER, "a/events.pb.zst");
	assert_name(&names, 7, "a/events.000007.pb.zst");
	names.path = "events.pb";
	assert_name(&names, 7, "events.000007.pb");
	names.path = "events.zst";
	assert_name(&names, 7, "events.000007.zst");
	names.path = "events";
	names.width = 2;
	assert_name(&names, 7, "events.07");
	names.path = ".pb";
	assert_name(&names, 7, ".pb.07");
}

static void times_are_local_and_only_where_they_are_wanted(void **state)
{
	struct file_names names = {.path = "%Y/x-%H%M.pb", .width = FILE_NAMES_WIDTH};

	assert_ok(setenv("TZ", "UTC-2", 1));
	tzset();
	assert_name(&names, FILE_NAMES_NO_NUMBER, "%Y/x-%H%M.pb");
	names.timed = true;
	assert_name(&names, FILE_NAMES_NO_NUMBER, "2026/x-1704.pb");
	assert_name(&names, 3, "2026/x-1704.000003.pb");
}

static void a_name_too_long_or_empty_is_refused(void **state)
{
	const struct file_names_file file = {.time = NOON, .stream_id = stream_id};
	struct file_names names = {.path = "events.pb", .width = 6};
	char name[10];

	assert_int_equal(file_names_make(&names, &file, name, sizeof(name)), -ENAMETOOLONG);
	names = (struct file_names){.path = "x", .folder = true};
	assert_int_equal(file_names_make(&names, &file, name, sizeof(name)), -ENAMETOOLONG);
	names = (struct file_names){.path = "%p", .timed = true};
	(void)file_names_make(&names, &file, name, sizeof(name)); /* empty in some languages */
}

static void only_our_names_are_ours(void **state)
{
	static const char *const ours[] = {"20261122T150405Z-1f0c77a2-000012.pb.zst",
					   "20261122T150405Z-1f0c77a2-000012.pb",
					   "20261122T150405Z-1f0c77a2-1000012.pb"};
	static const char *const others[] = {"",
					     "events.pb",
					     "20261122T150405Z-1f0c77a2-000012.pb.zst.bak",
					     "20261122T150405Z-1f0c77a2-00012.pb",
					     "20261122T150405-1f0c77a2-000012.pb",
					     "2026-11-22T150405Z-1f0c77a2-000012.pb",
					     "20261122T150405Z-1F0C77A2-000012.pb",
					     "x20261122T150405Z-1f0c77a2-000012.pb",
					     "20261122T150405Z-1f0c77a2-000012",
					     "20261122T150405Z-1f0c77a2-000012.json"};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		assert_true(file_names_is_ours(ours[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(file_names_is_ours(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_a_folder_are_named_by_time_and_stream),
		cmocka_unit_test(numbers_go_before_what_says_what_a_file_is),
		cmocka_unit_test(times_are_local_and_only_where_they_are_wanted),
		cmocka_unit_test(a_name_too_long_or_empty_is_refused),
		cmocka_unit_test(only_our_names_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
