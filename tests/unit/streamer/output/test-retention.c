/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "streamer/output/retention.h"
#include "tests/lib/records.h"

#define NOW 1000000

/* Five files of 100 bytes: "a" is the oldest, written 500 s ago, "e" 100 s ago. */
struct folder {
	struct retention_file files[5];
	char gone[8];
	const char *busy; /* names of those that stay */
};

static struct folder make_folder(void)
{
	struct folder folder = {.busy = ""};

	/* not in the order of their names: folders have none */
	for (unsigned i = 0; i < 5; i++) {
		struct retention_file *file = &folder.files[(i * 3) % 5];

		file->name[0] = (char)('a' + i);
		file->bytes = 100;
		file->mtime = NOW - 500 + 100 * (int64_t)i;
	}
	return folder;
}

static int take(void *data, const struct retention_file *file)
{
	struct folder *folder = data;

	if (strchr(folder->busy, file->name[0]))
		return -EBUSY;
	folder->gone[strlen(folder->gone)] = file->name[0];
	return 0;
}

static void assert_gone(struct folder *folder, const struct retention_limits *limits,
			const char *want)
{
	const struct retention_use use = {.free = 1000, .now = NOW};

	memset(folder->gone, 0, sizeof(folder->gone));
	retention_choose(folder->files, 5, limits, &use, take, folder);
	assert_string_equal(folder->gone, want);
}

static void without_limits_nothing_goes(void **state)
{
	struct folder folder = make_folder();

	assert_gone(&folder, &(struct retention_limits){0}, "");
}

static void the_oldest_go_until_the_use_is_within_its_limit(void **state)
{
	struct folder folder = make_folder();

	assert_gone(&folder, &(struct retention_limits){.max_use = 500}, "");
	assert_gone(&folder, &(struct retention_limits){.max_use = 499}, "a");
	assert_gone(&folder, &(struct retention_limits){.max_use = 250}, "abc");
	assert_gone(&folder, &(struct retention_limits){.max_use = 1}, "abcde");
}

static void the_oldest_go_until_enough_is_free(void **state)
{
	struct folder folder = make_folder();

	assert_gone(&folder, &(struct retention_limits){.keep_free = 1000}, "");
	assert_gone(&folder, &(struct retention_limits){.keep_free = 1150}, "ab");
	/* more than there can be */
	assert_gone(&folder, &(struct retention_limits){.keep_free = 5000}, "abcde");
}

static void what_is_too_old_goes(void **state)
{
	struct folder folder = make_folder();

	assert_gone(&folder, &(struct retention_limits){.max_age = 500}, "");
	assert_gone(&folder, &(struct retention_limits){.max_age = 250}, "abc");
	/* from the future: not old */
	folder.files[0].mtime = NOW + 10;
	assert_gone(&folder, &(struct retention_limits){.max_age = 450}, "");
}

static void the_number_of_files_is_kept(void **state)
{
	struct folder folder = make_folder();

	assert_gone(&folder, &(struct retention_limits){.max_files = 5}, "");
	assert_gone(&folder, &(struct retention_limits){.max_files = 2}, "abc");
}

static void what_is_in_use_stays_and_counts(void **state)
{
	struct folder folder = make_folder();

	folder.busy = "ac";
	assert_gone(&folder, &(struct retention_limits){.max_use = 300}, "bd");
	assert_gone(&folder, &(struct retention_limits){.max_use = 100}, "bde");
}

static void assert_first(const char *const names[3], const char *stream, const char *want)
{
	struct folder folder = {.busy = ""};
	struct retention_use use = {.free = 1000, .now = 1795000000}; /* 2026-11-18 */

	(void)strcpy(use.stream, stream);
	for (unsigned i = 0; i < 3; i++) {
		(void)strcpy(folder.files[i].name, names[i]);
		folder.files[i].bytes = 100;
	}
	retention_choose(folder.files, 3, &(struct retention_limits){.max_files = 2}, &use, take,
			 &folder);
	assert_string_equal(folder.files[0].name, want);
}

static void a_name_from_the_future_is_not_the_newest(void **state)
{
	static const char *const before[] = {"20261101T000000Z-aaaaaaaa-000000.pb",
					     "20991101T000000Z-aaaaaaaa-000001.pb",
					     "20261102T000000Z-bbbbbbbb-000000.pb"};
	static const char *const alone[] = {"20261101T000000Z-bbbbbbbb-000000.pb",
					    "20991101T000000Z-aaaaaaaa-000000.pb",
					    "20261102T000000Z-bbbbbbbb-000001.pb"};

	/* as its stream has it */
	assert_first(before, "bbbbbbbb", before[0]);
	assert_first(before + 0, "", before[0]);
	/* without another one of its stream: older than all, unless it is the one at hand */
	assert_first(alone, "bbbbbbbb", alone[1]);
	assert_first(alone, "aaaaaaaa", alone[0]);
}

static void other_files_of_a_folder_are_not_listed(void **state)
{
	static const char *const names[] = {"20261122T150405Z-1f0c77a2-000012.pb.zst",
					    "20261122T150405Z-1f0c77a2-000013.pb", "events.pb",
					    "20261122T150405Z-1f0c77a2-000012.pb.zst.bak"};
	_cleanup_free_ struct retention_file *files = NULL;
	struct folder_path link = in_folder(state, "20261122T150405Z-1f0c77a2-000014.pb"),
			   folder = in_folder(state, "20261122T150405Z-1f0c77a2-000015.pb");
	_cleanup_close_ int fd = open(*state, O_RDONLY | O_DIRECTORY);
	struct output_folder place = OUTPUT_FOLDER_NULL;

	place.fd = fd;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_close_ int file =
			open(in_folder(state, names[i]).s, O_WRONLY | O_CREAT, 0600);

		assert_ok(write_all(file, "x", 1));
	}
	assert_ok(symlink("/etc/passwd", link.s));
	assert_ok(mkdir(folder.s, 0700));
	assert_int_equal(retention_list(&place, &files), 2);
	assert_true(files[0].bytes > 0 && files[0].mtime > NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_limits_nothing_goes),
		cmocka_unit_test(the_oldest_go_until_the_use_is_within_its_limit),
		cmocka_unit_test(the_oldest_go_until_enough_is_free),
		cmocka_unit_test(what_is_too_old_goes),
		cmocka_unit_test(the_number_of_files_is_kept),
		cmocka_unit_test(what_is_in_use_stays_and_counts),
		cmocka_unit_test(a_name_from_the_future_is_not_the_newest),
		test_in_folder(other_files_of_a_folder_are_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
