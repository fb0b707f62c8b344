/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed recordings, whole and cut back. */
#include <signal.h>
#include <sys/resource.h>

#include "proto/recording/recording-writer.h"
#include "tests/lib/sink-fixture.h"

static void the_name_says_whether_to_compress(void **state)
{
	struct folder_path zst = in_folder(state, "x.pb.zst"), other = in_folder(state, "x");
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = zst.s, .level = SINK_LEVEL_BY_NAME});

	assert_true(sink->writer);
	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = other.s, .level = SINK_LEVEL_BY_NAME});
	assert_false(sink->writer);
	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = other.s, .level = 5});
	assert_true(sink->writer);
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
	sink = open_sink(&(struct sink_config){.path = path.s, .level = 3, .force = true});
	put_records(sink, 3);
	assert_ok(sink_end(sink));
	sink = sink_free(sink);
	bytes = records_bytes(path.s, &size);
	assert_refused(&(struct sink_config){.path = path.s, .append = true}, -EINVAL, "-z0");

	sink = open_sink(&(struct sink_config){.path = path.s, .level = 3, .append = true});
	put_records(sink, 3);
	assert_ok(sink_end(sink));
	free(bytes);
	bytes = records_bytes(path.s, &more);
	assert_int_equal(more, 2 * size);
	assert_memory_equal(bytes, bytes + size, size);

	sink = sink_free(sink);
	sink = open_sink(&(struct sink_config){.path = plain.s});
	put_records(sink, 3);
	sink = sink_free(sink);
	assert_refused(&(struct sink_config){.path = plain.s, .level = 3, .append = true}, -EINVAL,
		       "is not compressed");
}

static void write_file(const char *path, const void *data, size_t size)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_ok(write_all(fd, data, size));
}

/* Nothing is lost where there is no room to write the last frame anew. */
static void what_cannot_be_mended_stays_as_it_is(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst");
	const struct sink_config config = {.path = path.s, .level = 3, .append = true};
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = 19});
	struct rlimit limit;
	size_t n;

	put_records(sink, 3000);
	sink = sink_free(sink);
	n = count_records(path.s, false);
	assert_ok(getrlimit(RLIMIT_FSIZE, &limit));
	(void)signal(SIGXFSZ, SIG_IGN);
	limit.rlim_cur = size_of(path.s);
	assert_ok(setrlimit(RLIMIT_FSIZE, &limit));
	assert_refused(&config, -EFBIG, "File too large");
	limit.rlim_cur = limit.rlim_max;
	assert_ok(setrlimit(RLIMIT_FSIZE, &limit));
	assert_int_equal(count_records(path.s, false), n);
}

/* What a killed streamer leaves, cut at each byte: all records that can be had stay, those of the
 * next stream stand behind them, and the recording is whole. */
static void append_mends_the_end_first(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst");
	const struct sink_config config = {.path = path.s, .level = 3, .append = true};
	_cleanup_sink_ struct sink *sink =
		open_sink(&(struct sink_config){.path = path.s, .level = 3});
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size, first;

	put_records(sink, 300);
	assert_ok(recording_writer_end_frame(sink->writer));
	put_records(sink, 5);
	sink = sink_free(sink);
	bytes = records_bytes(path.s, &size);
	first = count_records(path.s, false);
	for (size_t cut = 0; cut < 40; cut += 5) {
		size_t n, kept;

		write_file(path.s, bytes, size - cut);
		kept = count_records(path.s, false);
		sink = open_sink(&config);
		assert_true(strstr(sink->mended, "its last frame was written anew"));
		n = count_records(path.s, true);
		assert_int_equal(n, kept);
		put_records(sink, 3);
		assert_ok(sink_end(sink));
		sink = sink_free(sink);
		assert_int_equal(count_records(path.s, true), kept + 4);
	}
	assert_int_equal(first, 307);
	/* one that is no recording stays as it is */
	write_file(path.s, "\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00hello", 9);
	assert_refused(&config, -EINVAL, "is not a recording");
	assert_int_equal(size_of(path.s), 9);
}

/* Runs @during with a limit on the size of files. */
static int with_limit(size_t bytes, struct sink *sink, const struct sink_stream *stream)
{
	struct rlimit before, full;
	int r;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_ok(getrlimit(RLIMIT_FSIZE, &before));
	full = (struct rlimit){.rlim_cur = bytes, .rlim_max = before.rlim_max};
	assert_ok(setrlimit(RLIMIT_FSIZE, &full));
	r = put_stream(sink, stream);
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
	return r;
}

static void a_full_disk_leaves_whole_frames_if_there_is_room(void **state)
{
	struct folder_path path = in_folder(state, "x.pb.zst");
	_cleanup_stream_ struct sink_stream stream = some_records(20000);
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
	_cleanup_stream_ struct sink_stream large = some_records(20000);
	size_t size;

	put_records(sink, 99);
	sink_commit(sink);
	size = size_of(sink->name);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(with_limit(size + 5000, sink, &large), -EFBIG);
		sink_rollback(sink);
		assert_int_equal(count_records(sink->name, true), 100);
	}
	/* not even room for the end of a frame */
	assert_ok(put_stream(sink, &large));
	assert_int_equal(count_records(sink->name, false), 20101);
	sink_commit(sink);
	size = size_of(sink->name);
	assert_int_equal(with_limit(size + 3, sink, &large), -EFBIG);
	sink_rollback(sink);
	put_records(sink, 9);
	sink_commit(sink);
	assert_ok(sink_end(sink));
	assert_int_equal(count_records(sink->name, true), 20111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(the_name_says_whether_to_compress),
		test_in_folder(a_compressed_file_is_whole_when_it_is_ended),
		test_in_folder(append_goes_behind_a_compressed_recording),
		test_in_folder(append_mends_the_end_first),
		test_in_folder(what_cannot_be_mended_stays_as_it_is),
		test_in_folder(a_full_disk_leaves_whole_frames_if_there_is_room),
		test_in_folder(a_folder_goes_back_to_what_was_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
