/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that others can write to, and what they may have put there. Time limits: a mistake shows
 * as waiting for good. */
#include <signal.h>
#include <sys/xattr.h>

#include "streamer/output/output-folder.h"
#include "tests/lib/sink-fixture.h"

#define STRANGER ((uid_t)12345)

static void place_closep(struct output_folder *place)
{
	output_folder_close(place);
}
#define _cleanup_place_ _cleanup_(place_closep)

static struct output_folder open_place(const char *path)
{
	struct output_folder place = OUTPUT_FOLDER_NULL;

	assert_ok(output_folder_open(&place, path));
	return place;
}

static int make_fifo(const char *path)
{
	return mkfifo(path, 0666);
}

static int make_link(const char *path)
{
	return symlink("/dev/null", path);
}

static int make_file(const char *path)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);

	return fd < 0 ? -1 : 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0777);
}

static int (*const plants[])(const char *path) = {make_fifo, make_link, make_file, make_folder};

static void root_and_we_are_trusted_and_nobody_else(void **state)
{
	struct output_folder place = OUTPUT_FOLDER_NULL;

	assert_true(output_folder_trusts(&place, 0));
	assert_true(output_folder_trusts(&place, geteuid()));
	assert_false(output_folder_trusts(&place, STRANGER));
	assert_false(output_folder_trusts(&place, OUTPUT_FOLDER_NOBODY));
	place.trusted[1] = STRANGER;
	assert_true(output_folder_trusts(&place, STRANGER));
}

static void a_folder_others_can_write_to_is_told(void **state)
{
	static const struct {
		mode_t mode;
		const char *why;
	} cases[] = {{0750, NULL},
		     {0757, "everybody"},
		     {01777, "everybody"},
		     {0702, "everybody"},
		     {0755, NULL}};
	_cleanup_place_ struct output_folder place = open_place(in_folder(state, "x.pb").s);
	char why[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		why[0] = '\0';
		assert_ok(chmod(*state, cases[i].mode));
		assert_int_equal(output_folder_check(&place, why, sizeof(why)),
				 cases[i].why ? -EPERM : 0);
		assert_true(cases[i].why ? !!strstr(why, cases[i].why) : !why[0]);
	}
}

/* What setfacl -m u:4242:rwx writes (include/uapi/linux/posix_acl_xattr.h): version 2, entries of
 * tag, permissions, id. */
static void an_access_list_counts_whoever_the_group_is(void **state)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entries[5];
	} list = {
		2,
		{{0x01, 7, -1u}, {0x02, 7, 4242}, {0x04, 5, -1u}, {0x10, 7, -1u}, {0x20, 0, -1u}}};
	_cleanup_place_ struct output_folder place = open_place(in_folder(state, "x.pb").s);
	char why[128] = "";

	assert_ok(chmod(*state, 0750));
	if (setxattr(*state, "system.posix_acl_access", &list, sizeof(list), 0) < 0) {
		assert_int_equal(errno, EOPNOTSUPP); /* this file system has none */
		return;
	}
	assert_int_equal(output_folder_check(&place, why, sizeof(why)), -EPERM);
	assert_non_null(strstr(why, "access list"));
}

static void a_name_is_made_once_whatever_has_it(void **state)
{
	_cleanup_place_ struct output_folder place = open_place(in_folder(state, "x.pb").s);

	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		struct folder_path path = in_folder(state, "x.pb");
		_cleanup_close_ int fd = -1;

		assert_ok(plants[i](path.s));
		assert_int_equal(output_folder_make(&place, path.s), -EEXIST);
		assert_ok(remove(path.s));
		fd = output_folder_make(&place, path.s);
		assert_true(fd >= 0);
		assert_ok(unlink(path.s));
	}
}

static void what_is_there_is_opened_without_waiting(void **state)
{
	struct folder_path path = in_folder(state, "x.pb"), other = in_folder(state, "other");
	_cleanup_place_ struct output_folder place = open_place(path.s);
	char why[128];

	assert_ok(make_fifo(path.s));
	assert_int_equal(output_folder_reopen(&place, path.s, why, sizeof(why)), -ENXIO);
	assert_ok(unlink(path.s));
	assert_ok(make_link(path.s));
	assert_int_equal(output_folder_reopen(&place, path.s, why, sizeof(why)), -ELOOP);
	assert_ok(unlink(path.s));
	assert_ok(make_file(path.s));
	assert_ok(link(path.s, other.s));
	assert_int_equal(output_folder_reopen(&place, path.s, why, sizeof(why)), -EPERM);
	assert_non_null(strstr(why, "hard link"));
	assert_ok(unlink(other.s));
	assert_ok(close(output_folder_reopen(&place, path.s, why, sizeof(why))));
}

/* A folder's files go on by their own number, others pass the name over. */
static void what_was_planted_is_passed_over(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .max_bytes = 100});

	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "x.%06zu.pb", 2 * i + 1);
		assert_ok(plants[i](in_folder(state, name).s));
		put_records(sink, 1);
		next_file(sink);
		(void)snprintf(name, sizeof(name), "x.%06zu.pb", 2 * i + 2);
		assert_non_null(strstr(sink->name, name));
	}
}

static void a_planted_pipe_does_not_stop_a_reopening(void **state)
{
	struct folder_path path = in_folder(state, "x.pb"), old = in_folder(state, "old");
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = path.s});
	char error[512];

	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		if (plants[i] == make_file) /* an empty one of our own is as good as none */
			continue;
		assert_ok(rename(path.s, old.s));
		assert_ok(plants[i](path.s));
		assert_true(sink_prepare(sink, true, error, sizeof(error)) < 0);
		put_records(sink, 1);
		assert_ok(remove(path.s));
		assert_ok(rename(old.s, path.s));
	}
}

static void a_shared_folder_is_refused_unless_allowed(void **state)
{
	struct folder_path path = in_folder(state, "dir/");
	struct sink_config config = {.path = path.s, .level = SINK_LEVEL_BY_NAME};
	_cleanup_sink_ struct sink *sink = NULL;

	assert_ok(mkdir(path.s, 0700));
	assert_ok(chmod(path.s, 01777));
	assert_refused(&config, -EPERM, "--allow-shared-folder");
	assert_refused(&config, -EPERM, "everybody may write to it (mode 1777)");
	config.allow_shared_folder = true;
	sink = open_sink(&config);
	put_records(sink, 1);
}

/* Files are made in the folder that was opened, under whatever name it is now. */
static void a_folder_that_was_moved_away_is_kept_to(void **state)
{
	struct folder_path path = in_folder(state, "dir/"), moved = in_folder(state, "moved/");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = SINK_LEVEL_BY_NAME});

	put_records(sink, 1);
	assert_ok(rename(path.s, moved.s));
	assert_ok(mkdir(path.s, 0700));
	next_file(sink);
	put_records(sink, 1);
	assert_int_equal(strlen(recordings_names(moved.s)),
			 2 * strlen("20261122T150405Z-1f0c77a2-000012.pb.zst "));
	assert_string_equal(recordings_names(path.s), "");
}

static void conversions_name_files_not_folders(void **state)
{
	struct folder_path folder = in_folder(state, "%Y/x.pb"),
			   slash = in_folder(state, "x-%D.pb");

	assert_ok(mkdir(in_folder(state, "%Y").s, 0700));
	assert_refused(&(struct sink_config){.path = folder.s, .max_seconds = 5}, -EINVAL,
		       "only the file's");
	assert_refused(&(struct sink_config){.path = slash.s, .max_seconds = 5}, -EINVAL,
		       "name the file only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_and_we_are_trusted_and_nobody_else),
		test_in_folder(a_folder_others_can_write_to_is_told),
		test_in_folder(an_access_list_counts_whoever_the_group_is),
		test_in_folder(a_name_is_made_once_whatever_has_it),
		test_in_folder(what_is_there_is_opened_without_waiting),
		test_in_folder(what_was_planted_is_passed_over),
		test_in_folder(a_planted_pipe_does_not_stop_a_reopening),
		test_in_folder(a_shared_folder_is_refused_unless_allowed),
		test_in_folder(a_folder_that_was_moved_away_is_kept_to),
		test_in_folder(conversions_name_files_not_folders),
	};

	(void)alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
