/* SPDX-License-Identifier: Apache-2.0 */
/* One file after another, and folders. */
#include "proto/ringside-fields.h"
#include "tests/lib/sink-fixture.h"

static void numbers_follow_each_other_and_pass_over_taken_names(void **state)
{
	struct folder_path path = in_folder(state, "x.pb"), taken = in_folder(state, "x.000002.pb");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .max_bytes = 100});
	_cleanup_close_ int fd = open(taken.s, O_WRONLY | O_CREAT, 0600);

	assert_ok(write_all(fd, "mine", 4));
	assert_false(sink_is_full(sink, 99));
	put_records(sink, 5);
	assert_true(sink_is_full(sink, 0));
	next_file(sink);
	assert_false(sink_is_full(sink, 99));
	assert_true(sink_is_full(sink, 100));
	next_file(sink);
	assert_string_equal(recordings_names(*state),
			    "x.000000.pb x.000001.pb x.000002.pb x.000003.pb ");
	assert_int_equal(size_of(taken.s), 4);
	/* and is refused as any file is */
	sink = sink_free(sink);
	assert_refused(&(struct sink_config){.path = path.s, .max_bytes = 100}, -EEXIST, "--force");
}

static void a_ring_keeps_the_latest_and_tells_what_went(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst"),
			   taken = in_folder(state, "x.05.pb.zst");
	const struct sink_config config = {.path = path.s,
					   .max_bytes = 100,
					   .max_files = 11,
					   .level = 3};
	_cleanup_sink_ struct sink *sink = NULL;
	_cleanup_close_ int fd = open(taken.s, O_WRONLY | O_CREAT, 0600);
	struct deletions *deletions;

	assert_ok(write_all(fd, "mine", 4));
	assert_refused(&config, -EEXIST, "x.05.pb.zst exists");
	assert_ok(unlink(taken.s));
	sink = open_sink(&config);
	for (unsigned i = 0; i < 12; i++) {
		put_records(sink, 2 * i + 2);
		next_file(sink);
	}
	assert_string_equal(recordings_names(*state),
			    "x.00.pb.zst x.01.pb.zst x.02.pb.zst x.03.pb.zst x.04.pb.zst "
			    "x.05.pb.zst x.06.pb.zst x.07.pb.zst x.08.pb.zst x.09.pb.zst "
			    "x.10.pb.zst ");
	assert_true(strstr(sink->name, "x.01.pb.zst"));
	deletions = &sink->deletions;
	assert_int_equal(deletions->n, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(deletions->all[i].counted);
		assert_int_equal(deletions->all[i].file.index, i);
		assert_int_equal(deletions->all[i].counts[FIELD_RECORD_OOM_KILL], i + 1);
		assert_int_equal(deletions->all[i].counts[FIELD_RECORD_SECCOMP_DENIAL], i + 1);
	}
}

static void names_by_time_that_repeat_get_a_number(void **state)
{
	struct folder_path path = in_folder(state, "x-%Y.pb");
	struct folder_path want;
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .max_seconds = 5});
	time_t now = time(NULL);
	char year[8];

	(void)strftime(year, sizeof(year), "%Y", localtime(&now));
	assert_int_equal(sink_due_at(sink), sink->opened + 5000000000u);
	assert_false(sink_is_full(sink, UINT32_MAX));
	put_records(sink, 1);
	next_file(sink);
	put_records(sink, 1);
	next_file(sink);
	(void)snprintf(want.s, sizeof(want.s), "x-%s.000001.pb x-%s.000002.pb x-%s.pb ", year, year,
		       year);
	assert_string_equal(recordings_names(*state), want.s);
}

static void a_file_that_was_moved_away_is_opened_again(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst"), old = in_folder(state, "x.1");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = 3});
	char error[512];

	put_records(sink, 1);
	/* still there: it goes on in it, behind the end */
	assert_ok(sink_prepare(sink, true, error, sizeof(error)));
	assert_ok(sink_end(sink));
	assert_ok(sink_switch(sink));
	put_records(sink, 2);
	assert_ok(rename(path.s, old.s));
	assert_ok(sink_prepare(sink, true, error, sizeof(error)));
	assert_ok(sink_end(sink));
	assert_ok(sink_switch(sink));
	put_records(sink, 3);
	assert_ok(sink_end(sink));
	assert_int_equal(count_records(path.s, true), 4);
	assert_true(size_of(old.s) > 0);
	/* a link somebody put there is not followed, and the old file stays in use */
	assert_ok(rename(path.s, old.s));
	assert_ok(symlink("/tmp/elsewhere", path.s));
	assert_int_equal(sink_prepare(sink, true, error, sizeof(error)), -ELOOP);
	put_records(sink, 1);
}

static void what_was_prepared_can_be_left(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .max_bytes = 100});
	char error[512];

	assert_ok(sink_prepare(sink, false, error, sizeof(error)));
	assert_string_equal(recordings_names(*state), "x.000000.pb x.000001.pb ");
	sink_discard(sink);
	assert_string_equal(recordings_names(*state), "x.000000.pb ");
	put_records(sink, 1);
}

static void a_folder_is_made_and_its_files_are_named_by_time_and_stream(void **state)
{
	struct folder_path path = in_folder(state, "dir"), slash = in_folder(state, "dir/"),
			   deep = in_folder(state, "no/dir/"), file = in_folder(state, "file");
	mode_t mask = umask(0);
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = slash.s, .level = SINK_LEVEL_BY_NAME});
	_cleanup_close_ int fd = open(file.s, O_WRONLY | O_CREAT, 0600);
	struct stat st;
	const char *names;

	(void)umask(mask);
	assert_ok(stat(path.s, &st));
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_ok(stat(sink->name, &st));
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(sink->writer && sink->names.folder);
	put_records(sink, 1);
	next_file(sink);
	put_records(sink, 1);
	names = recordings_names(path.s);
	assert_int_equal(strlen(names), 2 * strlen("20261122T150405Z-1f0c77a2-000012.pb.zst "));
	assert_non_null(strstr(names, "Z-1f0c77a2-000000.pb.zst "));
	assert_non_null(strstr(names, "Z-1f0c77a2-000001.pb.zst "));
	/* without the slash too, once it is there; and plain if it has to be */
	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = path.s});
	assert_false(sink->writer);

	assert_refused(&(struct sink_config){.path = deep.s}, -ENOENT, "only the last part");
	assert_refused(&(struct sink_config){.path = in_folder(state, "file/").s}, -ENOTDIR,
		       "cannot");
	assert_refused(&(struct sink_config){.path = slash.s, .append = true}, -EINVAL,
		       "is a folder");
	assert_refused(&(struct sink_config){.path = file.s, .max_age = 5}, -EINVAL,
		       "are for a folder");
	assert_refused(&(struct sink_config){.path = file.s, .max_files = 5}, -EINVAL, "-W needs");
	assert_refused(&(struct sink_config){.path = slash.s,
					     .max_bytes = 1000,
					     .max_use = {.bytes = 1999}},
		       -EINVAL, "at least two files");
}

static void a_folder_within_its_limit_loses_the_oldest_only(void **state)
{
	struct folder_path path = in_folder(state, "dir/");
	const struct sink_config config = {.path = path.s,
					   .level = SINK_LEVEL_BY_NAME,
					   .max_bytes = 65536,
					   .max_use = {.bytes = 3 * 65536}};
	_cleanup_sink_ struct sink *sink = open_sink(&config), *other = NULL;
	struct deletions *deletions;
	struct folder_path first = recordings_path(path.s, 0);

	/* 73728 are for the file being written; each of the others has a block */
	for (unsigned i = 0; i < 34; i++) {
		put_records(sink, 2);
		next_file(sink);
	}
	sink_retain(sink);
	deletions = &sink->deletions;
	assert_true(deletions->n >= 2 && deletions->n < 32);
	assert_int_equal(deletions->all[0].counts[FIELD_RECORD_OOM_KILL], 1);
	assert_true(deletions->all[0].after && deletions->all[0].before);
	for (unsigned i = 0; i < deletions->n; i++) {
		assert_int_equal(deletions->all[i].file.index, i);
		assert_memory_equal(deletions->all[i].file.stream, sink_id, DELETION_STREAM);
	}
	assert_int_equal(access(first.s, F_OK), -1);
	/* another stream deletes them too, but never what is being written */
	other = open_sink_as(&(struct sink_config){.path = path.s, .max_files = 2}, sink_id + 1);
	sink_retain(other);
	assert_int_equal(other->deletions.n, 34 - deletions->n);
	assert_int_equal(other->deletions.all[0].after, 0);
	assert_int_equal(other->deletions.all[0].file.index, deletions->n);
	assert_memory_equal(other->deletions.all[0].file.stream, sink_id, DELETION_STREAM);
	assert_int_equal(strlen(recordings_names(path.s)), 40 + 36);
}

static void await_command(struct sink *sink, bool failed, const char *hint)
{
	char said[512] = "";

	while (sink->commands.n) {
		(void)usleep(1000);
		if (!sink_reap(sink, said, sizeof(said)))
			continue;
		assert_true(failed);
		assert_non_null(strstr(said, hint));
		failed = false;
	}
	assert_false(failed);
}

static void a_command_is_run_for_each_finished_file(void **state)
{
	struct folder_path path = in_folder(state, "it's x.pb"), said = in_folder(state, "said");
	char command[512];
	_cleanup_sink_ struct sink *sink = NULL;
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;

	(void)snprintf(command, sizeof(command), "printf '<%%s>' >>%s", said.s);
	sink = open_sink(
		&(struct sink_config){.path = path.s, .max_bytes = 100, .post_rotate = command});
	next_file(sink);
	await_command(sink, false, "");
	sink_finished(sink);
	await_command(sink, false, "");
	bytes = records_bytes(said.s, &size);
	bytes[size] = '\0';
	assert_non_null(strstr((char *)bytes, "it's x.000000.pb><"));
	assert_non_null(strstr((char *)bytes, "it's x.000001.pb>"));
}

static void a_command_that_fails_is_told_once(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink = open_sink(
		&(struct sink_config){.path = path.s, .max_bytes = 100, .post_rotate = "exit 3;"});

	next_file(sink);
	await_command(sink, true, "exits with 3");
	next_file(sink);
	await_command(sink, false, "");
}

static void a_folder_takes_other_limits_while_it_is_written(void **state)
{
	const struct folder_path path = in_folder(state, "d/");
	struct sink_config config = {.path = path.s, .max_bytes = 1u << 20};
	_cleanup_sink_ struct sink *sink = open_sink(&config);
	char error[256];

	for (unsigned i = 0; i < 3; i++) {
		put_records(sink, 10);
		next_file(sink);
	}
	config.max_use.bytes = 1u << 20; /* less than two files */
	assert_int_equal(sink_change_retention(sink, &config, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "--max-use of 1,048,576 bytes: accepts at least two files"));
	assert_int_equal(sink->config.max_use.bytes, 0);
	assert_true(sink->limits.max_use > 1u << 20);
	config.max_use.bytes = 4u << 20;
	config.max_age = 60;
	assert_ok(sink_change_retention(sink, &config, error, sizeof(error)));
	assert_int_equal(sink->limits.max_age, 60);
	assert_true(sink->limits.max_use < 3u << 20);
	assert_int_equal(sink->deletions.n, 0);
	config.keep_free.percent = 100; /* which no deletion brings about */
	assert_ok(sink_change_retention(sink, &config, error, sizeof(error)));
	assert_int_equal(sink->deletions.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(numbers_follow_each_other_and_pass_over_taken_names),
		test_in_folder(a_ring_keeps_the_latest_and_tells_what_went),
		test_in_folder(names_by_time_that_repeat_get_a_number),
		test_in_folder(a_file_that_was_moved_away_is_opened_again),
		test_in_folder(a_folder_takes_other_limits_while_it_is_written),
		test_in_folder(what_was_prepared_can_be_left),
		test_in_folder(a_folder_is_made_and_its_files_are_named_by_time_and_stream),
		test_in_folder(a_folder_within_its_limit_loses_the_oldest_only),
		test_in_folder(a_command_is_run_for_each_finished_file),
		test_in_folder(a_command_that_fails_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
