/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed recordings, one file after another, and folders. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "recordings.h"
#include "ringside.pb-c.h"
#include "sink.h"

static const uint8_t id[17] = {0x1f, 0x0c, 0x77, 0xa2};

static void sink_freep(struct sink **sink)
{
	(void)sink_free(*sink);
}
#define _cleanup_sink_ _cleanup_(sink_freep)
#define _cleanup_stream_ _cleanup_(stream_done)

static struct sink *open_sink_as(const struct sink_config *config, const uint8_t *stream_id)
{
	struct sink *sink = NULL;
	char error[512] = "";

	if (sink_open(&sink, config, error, sizeof(error)) < 0 ||
	    sink_begin(sink, stream_id, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	return sink;
}

static struct sink *open_sink(const struct sink_config *config)
{
	return open_sink_as(config, id);
}

static void assert_refused(const struct sink_config *config, int code, const char *hint)
{
	struct sink *sink = NULL;
	char error[512] = "";

	assert_int_equal(sink_open(&sink, config, error, sizeof(error)), code);
	assert_null(sink);
	if (!strstr(error, hint))
		fail_msg("\"%s\" does not say \"%s\"", error, hint);
}

/* A stream's records. */
struct stream {
	uint8_t *data;
	size_t size;
	uint64_t seq;
};

static void stream_done(struct stream *stream)
{
	free(stream->data);
}

static void add(struct stream *stream, Record *record)
{
	size_t size;

	record->has_seq = record->has_boottime_nano = 1;
	record->seq = ++stream->seq;
	record->boottime_nano = 1000 + stream->seq;
	size = ringside__v1__record__get_packed_size(record);
	assert_true(size < 128);
	stream->data = realloc(stream->data, stream->size + 1 + size);
	assert_non_null(stream->data);
	stream->data[stream->size++] = (uint8_t)size;
	stream->size += ringside__v1__record__pack(record, stream->data + stream->size);
}

/* The Header, and some events, no two alike. */
static struct stream some_records(unsigned events)
{
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Record record = RINGSIDE__V1__RECORD__INIT;
	struct stream stream = {0};

	header.magic = (char[]){"RINGSIDE"};
	header.has_stream_id = 1;
	header.stream_id = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)id, .len = 16};
	record.body_case = BODY(HEADER);
	record.header = &header;
	add(&stream, &record);
	kill.has_kill_id = denial.has_instruction_pointer = 1;
	for (unsigned i = 0; i < events; i++) {
		record.body_case = i % 2 ? BODY(SECCOMP_DENIAL) : BODY(OOM_KILL);
		kill.kill_id = denial.instruction_pointer = i * 0x9e3779b97f4a7c15u;
		if (i % 2)
			record.seccomp_denial = &denial;
		else
			record.oom_kill = &kill;
		add(&stream, &record);
	}
	return stream;
}

static int put(struct sink *sink, const struct stream *stream)
{
	for (size_t at = 0; at < stream->size;) {
		ssize_t n = sink_write(sink, stream->data + at, stream->size - at);

		if (n < 0)
			return (int)n;
		at += (size_t)n;
	}
	return 0;
}

static void put_records(struct sink *sink, unsigned events)
{
	_cleanup_stream_ struct stream stream = some_records(events);

	assert_ok(put(sink, &stream));
}

static void next_file(struct sink *sink)
{
	char error[512];

	if (sink_prepare(sink, false, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	assert_ok(sink_end(sink));
	assert_ok(sink_switch(sink));
}

static size_t count_records(const char *path, bool whole)
{
	bool is_whole;
	_cleanup_records_ struct records records = recordings_read(path, &is_whole);

	assert_int_equal(is_whole, whole);
	return records.n;
}

static void the_name_says_whether_to_compress(void **state)
{
	struct folder_path zst = in_folder(state, "x.pb.zst"), other = in_folder(state, "x");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = zst.s, .level = SINK_LEVEL_BY_NAME});

	assert_true(sink_compresses(sink));
	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = other.s, .level = SINK_LEVEL_BY_NAME});
	assert_false(sink_compresses(sink));
	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = other.s, .level = 5});
	assert_true(sink_compresses(sink));
	assert_refused(&(struct sink_config){.path = zst.s}, -EINVAL, "-z0");
}

static void a_compressed_file_is_whole_when_it_is_ended(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = 3});

	put_records(sink, 5000);
	assert_int_equal(count_records(path.s, false), 5001);
	assert_ok(sink_end(sink));
	assert_ok(sink_end(sink)); /* once is enough */
	assert_int_equal(count_records(path.s, true), 5001);
}

static void append_goes_behind_a_compressed_recording(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst"), plain = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = 3});
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size, more;

	put_records(sink, 3);
	sink = sink_free(sink);
	assert_refused(&(struct sink_config){.path = path.s, .level = 3, .append = true}, -EBADMSG,
		       "ringside repair");
	sink = open_sink(&(struct sink_config){.path = path.s, .level = 3, .force = true});
	put_records(sink, 3);
	assert_ok(sink_end(sink));
	sink = sink_free(sink);
	bytes = recordings_bytes(path.s, &size);
	assert_refused(&(struct sink_config){.path = path.s, .append = true}, -EINVAL, "-z0");

	sink = open_sink(&(struct sink_config){.path = path.s, .level = 3, .append = true});
	put_records(sink, 3);
	assert_ok(sink_end(sink));
	free(bytes);
	bytes = recordings_bytes(path.s, &more);
	assert_int_equal(more, 2 * size);
	assert_memory_equal(bytes, bytes + size, size);

	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = plain.s});
	put_records(sink, 3);
	sink = sink_free(sink);
	assert_refused(&(struct sink_config){.path = plain.s, .level = 3, .append = true}, -EINVAL,
		       "is not compressed");
}

/* Runs @during with a limit on the size of files. */
static int with_limit(size_t bytes, struct sink *sink, const struct stream *stream)
{
	struct rlimit before, full;
	int r;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_ok(getrlimit(RLIMIT_FSIZE, &before));
	full = (struct rlimit){.rlim_cur = bytes, .rlim_max = before.rlim_max};
	assert_ok(setrlimit(RLIMIT_FSIZE, &full));
	r = put(sink, stream);
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
	return r;
}

static size_t size_of(const char *path)
{
	struct stat st;

	assert_ok(stat(path, &st));
	return (size_t)st.st_size;
}

static void a_full_disk_leaves_whole_frames_if_there_is_room(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst");
	_cleanup_stream_ struct stream stream = some_records(20000);
	char command[256];

	/* the end of a frame and its index take some 150 bytes: sometimes they fit */
	for (size_t limit = 1000; limit < 40000; limit += 977) {
		_cleanup_sink_ struct sink *sink =
			open_sink(&(struct sink_config){.path = path.s, .level = 3, .force = true});
		bool whole;

		assert_int_equal(with_limit(limit, sink, &stream), -EFBIG);
		assert_true(size_of(path.s) <= limit);
		if (!size_of(path.s))
			continue;
		_cleanup_records_ struct records records = recordings_read(path.s, &whole);

		(void)snprintf(command, sizeof(command), "zstd -qt %s 2>/dev/null", path.s);
		assert_int_equal(system(command) == 0, whole);
		if (size_of(path.s) + 200 < limit)
			assert_true(whole);
	}
}

static void a_folder_goes_back_to_what_was_committed(void **state)
{
	struct folder_path path = in_folder(state, "dir/");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = SINK_LEVEL_BY_NAME});
	_cleanup_stream_ struct stream large = some_records(20000);
	size_t size;

	put_records(sink, 99);
	sink_commit(sink);
	size = size_of(sink_name(sink));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(with_limit(size + 5000, sink, &large), -EFBIG);
		sink_rollback(sink);
		assert_int_equal(count_records(sink_name(sink), true), 100);
	}
	/* not even room for the end of a frame */
	assert_ok(put(sink, &large));
	assert_int_equal(count_records(sink_name(sink), false), 20101);
	sink_commit(sink);
	size = size_of(sink_name(sink));
	assert_int_equal(with_limit(size + 3, sink, &large), -EFBIG);
	sink_rollback(sink);
	put_records(sink, 9);
	sink_commit(sink);
	assert_ok(sink_end(sink));
	assert_int_equal(count_records(sink_name(sink), true), 20111);
}

static void numbers_follow_each_other_and_pass_over_taken_names(void **state)
{
	struct folder_path path = in_folder(state, "x.pb"), taken = in_folder(state, "x.000002.pb");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .max_bytes = 100});
	_cleanup_close_ int fd = open(taken.s, O_WRONLY | O_CREAT, 0600);

	assert_ok(write_all(fd, "mine", 4));
	assert_false(sink_due(sink, 0));
	put_records(sink, 5);
	assert_true(sink_due(sink, 0));
	next_file(sink);
	assert_false(sink_due(sink, 0));
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
	assert_true(strstr(sink_name(sink), "x.01.pb.zst"));
	deletions = sink_deletions(sink);
	assert_int_equal(deletions->n, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(deletions->all[i].counted);
		assert_int_equal(deletions->all[i].counts[WIRE_OOM_KILL], i + 1);
		assert_int_equal(deletions->all[i].counts[WIRE_SECCOMP_DENIAL], i + 1);
	}
}

static void names_by_time_that_repeat_get_a_number(void **state)
{
	struct folder_path path = in_folder(state, "x-%Y.pb");
	struct folder_path want;
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .max_seconds = 5});
	time_t now = time(NULL);
	uint64_t due = sink_due_at(sink);
	char year[8];

	(void)strftime(year, sizeof(year), "%Y", localtime(&now));
	assert_false(sink_due(sink, due - 1));
	assert_true(sink_due(sink, due));
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
	assert_ok(stat(sink_name(sink), &st));
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(sink_compresses(sink) && sink_keeps_going(sink));
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
	assert_false(sink_compresses(sink));

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

	/* 65536 are for the file being written, and a file of one block stays below the rest */
	for (unsigned i = 0; i < 34; i++) {
		put_records(sink, 2);
		next_file(sink);
	}
	sink_retain(sink);
	deletions = sink_deletions(sink);
	assert_int_equal(deletions->n, 2);
	assert_int_equal(deletions->all[0].counts[WIRE_OOM_KILL], 1);
	assert_true(deletions->all[0].after && deletions->all[0].before);
	assert_int_equal(access(first.s, F_OK), -1);
	/* another stream deletes them too, but never what is being written */
	other = open_sink_as(&(struct sink_config){.path = path.s, .max_files = 2}, id + 1);
	sink_retain(other);
	assert_int_equal(sink_deletions(other)->n, 32);
	assert_int_equal(sink_deletions(other)->all[0].after, 0);
	assert_int_equal(strlen(recordings_names(path.s)), 40 + 36);
}

static void await_command(struct sink *sink, bool failed, const char *hint)
{
	char said[512] = "";

	while (sink_commands(sink)) {
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
	bytes = recordings_bytes(said.s, &size);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(the_name_says_whether_to_compress),
		test_in_folder(a_compressed_file_is_whole_when_it_is_ended),
		test_in_folder(append_goes_behind_a_compressed_recording),
		test_in_folder(a_full_disk_leaves_whole_frames_if_there_is_room),
		test_in_folder(a_folder_goes_back_to_what_was_committed),
		test_in_folder(numbers_follow_each_other_and_pass_over_taken_names),
		test_in_folder(a_ring_keeps_the_latest_and_tells_what_went),
		test_in_folder(names_by_time_that_repeat_get_a_number),
		test_in_folder(a_file_that_was_moved_away_is_opened_again),
		test_in_folder(what_was_prepared_can_be_left),
		test_in_folder(a_folder_is_made_and_its_files_are_named_by_time_and_stream),
		test_in_folder(a_folder_within_its_limit_loses_the_oldest_only),
		test_in_folder(a_command_is_run_for_each_finished_file),
		test_in_folder(a_command_that_fails_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
