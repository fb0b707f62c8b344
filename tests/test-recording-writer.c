/* SPDX-License-Identifier: Apache-2.0 */
/* What is written is read back with libzstd, protobuf-c and the zstd program: nothing of ours. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <xxhash.h>
#include <zstd.h>

#include "frame.h"
#include "recording-index.h"
#include "recording-writer.h"
#include "records.h"
#include "stream-builder.h"

#define FILE_MAX (64u << 20)

typedef Ringside__V1__FrameIndex Index;

struct fixture {
	void *folder;
	struct folder_path path;
	struct stream stream;
	struct recording_writer *w;
	uint8_t *file;
	size_t size;
	size_t put; /* bytes of the stream that were */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_ok(folder_setup(&f->folder));
	f->path = in_folder(&f->folder, "x.pb.zst");
	stream_init(&f->stream);
	assert_ok(recording_writer_new(&f->w, RECORDING_LEVEL_DEFAULT));
	f->file = malloc(FILE_MAX);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void)recording_writer_free(f->w);
	stream_done(&f->stream);
	assert_ok(folder_teardown(&f->folder));
	free(f->file);
	free(f);
	return 0;
}

/* A disk that always has room. */
static void take_output(struct fixture *f)
{
	size_t size;
	const uint8_t *out = recording_writer_output(f->w, &size);

	assert_true(f->size + size <= FILE_MAX);
	memcpy(f->file + f->size, out, size);
	f->size += size;
	recording_writer_wrote(f->w, size);
}

/* What the stream has got since the last time. */
static void put_all(struct fixture *f, uint64_t now)
{
	while (f->put < f->stream.size) {
		ssize_t n = recording_writer_put(f->w, f->stream.data + f->put,
						 f->stream.size - f->put, now);

		assert_true(n > 0);
		f->put += (size_t)n;
		take_output(f);
	}
}

static void put_close(struct fixture *f)
{
	assert_ok(recording_writer_close(f->w));
	take_output(f);
}

static void events(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		stream_event(&f->stream, i % STREAM_KINDS, i % STREAM_CPUS);
}

/* Frame by frame through the file. */
struct parts {
	Index *indexes[512];
	size_t data_at[512];
	size_t data_size[512];
	size_t n; /* data frames with an index */
	size_t frame_sizes[1024];
	size_t n_frames;     /* all but the seek table */
	const uint8_t *seek; /* the seek table's payload, NULL: none */
	size_t seek_size;
};

static void parts_done(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		ringside__v1__frame_index__free_unpacked(parts->indexes[i], NULL);
}
#define _cleanup_parts_ _cleanup_(parts_done)

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The streamer's own reading of it says the same. */
static void assert_unpacked(const Index *index, const uint8_t *payload, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size);
	struct recording_index own;
	uint64_t counts = 0;

	assert_ok(recording_index_unpack(&own, payload, size));
	assert_int_equal(own.first_seq, index->first_seq);
	assert_int_equal(own.last_seq, index->last_seq);
	assert_int_equal(own.min_boottime, index->min_boottime_nano);
	assert_int_equal(own.max_boottime, index->max_boottime_nano);
	assert_int_equal(own.min_time, index->min_time_unix_nano);
	assert_int_equal(own.max_time, index->max_time_unix_nano);
	assert_int_equal(own.compressed_bytes, index->compressed_bytes);
	assert_int_equal(own.uncompressed_bytes, index->uncompressed_bytes);
	assert_int_equal(own.uncompressed_offset, index->uncompressed_offset);
	assert_memory_equal(own.stream_id, index->stream_id.data, 16);
	assert_true(own.has_stream_id);
	for (unsigned i = 0; i < RECORDING_BODIES; i++)
		counts += own.counts[i];
	assert_int_equal(counts, index->has_first_seq ? own.last_seq - own.first_seq + 1 : 0);
	for (size_t i = 0; i < size; i += 7) {
		memcpy(copy, payload, size);
		copy[i] ^= 0x10;
		assert_int_equal(recording_index_unpack(&own, copy, size), -EBADMSG);
	}
	assert_int_equal(recording_index_unpack(&own, payload, 3), -EBADMSG);
}

static Index *read_index(const uint8_t *payload, size_t size)
{
	Index *index;

	assert_true(size > 4 && size <= RECORDING_INDEX_MAX);
	assert_int_equal(le32(payload), XXH32(payload + 4, size - 4, 0));
	index = ringside__v1__frame_index__unpack(NULL, size - 4, payload + 4);
	assert_non_null(index);
	assert_unpacked(index, payload, size);
	return index;
}

static struct parts read_parts(const uint8_t *file, size_t size)
{
	struct parts parts = {.n = 0};

	for (size_t at = 0, frame; at < size; at += frame) {
		frame = ZSTD_findFrameCompressedSize(file + at, size - at);
		assert_false(ZSTD_isError(frame));
		if (le32(file + at) == RECORDING_ZSTD_MAGIC) {
			parts.data_at[parts.n] = at;
			parts.data_size[parts.n] = frame;
			/* nothing but its index comes behind a data frame */
			assert_int_equal(le32(file + at + frame), RECORDING_INDEX_MAGIC);
		} else if (le32(file + at) == RECORDING_INDEX_MAGIC) {
			parts.indexes[parts.n++] = read_index(file + at + 8, frame - 8);
		} else {
			assert_int_equal(le32(file + at), RECORDING_SEEK_MAGIC);
			assert_int_equal(at + frame, size);
			parts.seek = file + at + 8;
			parts.seek_size = frame - 8;
			break;
		}
		parts.frame_sizes[parts.n_frames++] = frame;
	}
	return parts;
}

/* Decompresses what can be; *ret_rest: whether a frame was left unfinished. */
static uint8_t *decompress(const uint8_t *file, size_t size, size_t *ret_size, bool *ret_rest)
{
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	uint8_t *content = malloc(FILE_MAX);
	ZSTD_inBuffer in = {.src = file, .size = size};
	ZSTD_outBuffer out = {.dst = content, .size = FILE_MAX};
	size_t left = 0;

	while (in.pos < in.size) {
		left = ZSTD_decompressStream(zstd, &out, &in);
		if (ZSTD_isError(left))
			fail_msg("%s", ZSTD_getErrorName(left));
	}
	(void)ZSTD_freeDCtx(zstd);
	*ret_size = out.pos;
	*ret_rest = left != 0;
	return content;
}

static void assert_content(const struct fixture *f, size_t want, bool whole)
{
	_cleanup_free_ uint8_t *content = NULL;
	size_t size;
	bool rest;

	content = decompress(f->file, f->size, &size, &rest);
	assert_int_equal(size, want);
	assert_memory_equal(content, f->stream.data, want);
	assert_int_equal(rest, !whole);
}

/* Runs a shell command, with $1 as the file. Returns its exit status. */
static int run(struct fixture *f, const char *command)
{
	_cleanup_close_ int fd = open(f->path.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int status;
	pid_t pid;

	assert_ok(write_all(fd, f->file, f->size));
	pid = fork();
	if (!pid) {
		(void)execl("/bin/sh", "sh", "-c", command, "sh", f->path.s, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_goes_in_comes_out(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	events(f, 20000);
	stream_counters(&f->stream);
	stream_footer(&f->stream);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	assert_true(f->size < f->stream.size / 4);
}

static void a_flushed_record_can_be_read_before_the_frame_ends(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	for (unsigned i = 0; i < 50; i++) {
		events(f, 1);
		put_all(f, i);
		assert_content(f, f->stream.size, false);
	}
}

static void zstd_reads_all_of_an_unfinished_file(void **state)
{
	struct fixture *f = *state;
	char command[128];

	stream_header(&f->stream);
	for (unsigned i = 0; i < 40; i++) {
		/* batches like those of a storm, and some like those of a quiet day */
		events(f, i % 3 ? 300 : 3);
		put_all(f, i);
		(void)snprintf(command, sizeof(command),
			       "[ $(zstd -dcq \"$1\" 2>/dev/null | wc -c) = %zu ]", f->stream.size);
		assert_ok(run(f, command));
	}
}

static uint64_t count_of(const Index *index, const char *kind)
{
	for (size_t i = 0; i < index->n_counts; i++)
		if (!strcmp(index->counts[i]->kind, kind))
			return index->counts[i]->count;
	return 0;
}

/* What the index says of the frame is what the frame has. */
static void assert_index(const struct fixture *f, const struct parts *parts, size_t i,
			 uint64_t offset, uint64_t first_seq)
{
	const Index *index = parts->indexes[i];
	_cleanup_free_ uint8_t *content = malloc(index->uncompressed_bytes);
	uint64_t min = UINT64_MAX, max = 0, kills = 0, denials = 0;

	assert_int_equal(index->compressed_bytes, parts->data_size[i]);
	assert_int_equal(index->uncompressed_offset, offset);
	assert_int_equal(ZSTD_decompress(content, index->uncompressed_bytes,
					 f->file + parts->data_at[i], parts->data_size[i]),
			 index->uncompressed_bytes);
	{
		_cleanup_records_ struct records records =
			records_decode(content, index->uncompressed_bytes);

		for (size_t k = 0; k < records.n; k++) {
			const Record *r = records.all[k];

			kills += r->body_case == BODY(OOM_KILL);
			denials += r->body_case == BODY(SECCOMP_DENIAL);
			min = r->boottime_nano < min ? r->boottime_nano : min;
			max = r->boottime_nano > max ? r->boottime_nano : max;
		}
		content = NULL; /* records_done frees it */
		assert_int_equal(index->first_seq, first_seq);
		assert_int_equal(index->last_seq, first_seq + records.n - 1);
		assert_int_equal(index->last_seq, records.all[records.n - 1]->seq);
	}
	assert_int_equal(count_of(index, "oom_kill"), kills);
	assert_int_equal(count_of(index, "seccomp_denial"), denials);
	assert_int_equal(index->min_boottime_nano, min);
	assert_int_equal(index->max_boottime_nano, max);
	assert_int_equal(index->min_time_unix_nano, min + STREAM_NANO_UNIX);
	assert_int_equal(index->max_time_unix_nano, max + STREAM_NANO_UNIX);
	assert_int_equal(index->stream_id.len, 16);
	assert_memory_equal(index->stream_id.data, parts->indexes[0]->stream_id.data, 16);
}

static void an_index_behind_each_frame_says_what_is_in_it(void **state)
{
	struct fixture *f = *state;
	uint64_t offset = 0, seq = 1;

	stream_header(&f->stream);
	events(f, 40000);
	stream_footer(&f->stream);
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_true(parts.n > 2);
		assert_int_equal(count_of(parts.indexes[0], "header"), 1);
		assert_int_equal(count_of(parts.indexes[parts.n - 1], "footer"), 1);
		for (size_t i = 0; i < parts.n; i++) {
			assert_index(f, &parts, i, offset, seq);
			assert_true(parts.indexes[i]->uncompressed_bytes <= RECORDING_FRAME_BYTES);
			offset += parts.indexes[i]->uncompressed_bytes;
			seq = parts.indexes[i]->last_seq + 1;
		}
	}
	assert_int_equal(offset, f->stream.size);
}

static void a_header_begins_a_frame(void **state)
{
	struct fixture *f = *state;
	size_t first;

	stream_header(&f->stream);
	events(f, 3);
	first = f->stream.size;
	stream_header(&f->stream);
	events(f, 3);
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 2);
		assert_int_equal(parts.indexes[0]->uncompressed_bytes, first);
	}
}

static void a_frame_ends_when_it_is_old(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	put_all(f, 5);
	events(f, 1);
	put_all(f, 4 + RECORDING_FRAME_NANO);
	events(f, 1);
	put_all(f, 5 + RECORDING_FRAME_NANO);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 2);
		assert_int_equal(count_of(parts.indexes[0], "oom_kill"), 1);
		assert_int_equal(count_of(parts.indexes[1], "oom_kill"), 1);
	}
}

static void the_largest_record_is_taken(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ uint8_t *large = malloc(FRAME_MAX + FRAME_PREFIX_MAX);
	uint8_t *p = frame_put_length(large, FRAME_MAX);

	/* a field nobody knows, of noise, which grows when it is compressed */
	srandom(1);
	for (size_t i = 0; i < FRAME_MAX; i++)
		p[i] = (uint8_t)random();
	(void)pb_put_varint(pb_put_varint(p, 100 << 3 | PB_BYTES), FRAME_MAX - 5);
	stream_header(&f->stream);
	events(f, 2);
	stream_raw(&f->stream, large, (size_t)(p - large) + FRAME_MAX);
	events(f, 2);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 3);
	}
}

static void what_is_not_whole_is_refused(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	assert_int_equal(recording_writer_put(f->w, f->stream.data, f->stream.size - 1, 0),
			 -EBADMSG);
	assert_int_equal(recording_writer_put(f->w, f->stream.data, 0, 0), -EBADMSG);
	events(f, 1);
	/* the whole ones before it are taken */
	assert_true(recording_writer_put(f->w, f->stream.data, f->stream.size - 1, 0) > 0);
}

/* https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 */
static void the_seek_table_is_as_specified(void **state)
{
	struct fixture *f = *state;
	size_t compressed = 0, content = 0;

	stream_header(&f->stream);
	events(f, 40000);
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);
		const uint8_t *footer = parts.seek + parts.seek_size - 9;
		uint32_t n = le32(footer);

		assert_non_null(parts.seek);
		assert_int_equal(le32(footer + 5), RECORDING_SEEK_FOOTER);
		assert_int_equal(footer[4], 0);
		assert_int_equal(n, parts.n_frames);
		assert_int_equal(parts.seek_size, 8 * n + 9);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(le32(parts.seek + 8 * i), parts.frame_sizes[i]);
			compressed += le32(parts.seek + 8 * i);
			content += le32(parts.seek + 8 * i + 4);
			assert_int_equal(le32(parts.seek + 8 * i + 4),
					 i % 2 ? 0 : parts.indexes[i / 2]->uncompressed_bytes);
		}
		assert_int_equal(compressed + parts.seek_size + 8, f->size);
	}
	assert_int_equal(content, f->stream.size);
}

static void zstd_reads_it(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	events(f, 20000);
	put_all(f, 0);
	put_close(f);
	assert_ok(run(f, "zstd -qt \"$1\""));
	assert_ok(run(f, "zstd -l \"$1\" | grep -q XXH64"));
	assert_ok(run(f, "[ $(zstd -dc \"$1\" | wc -c) = $(($(cat \"$1\" \"$1\" | zstd -dc | wc "
			 "-c) / 2)) ]"));
}

static void two_recordings_in_a_row_are_two(void **state)
{
	struct fixture *f = *state;
	size_t first;

	stream_header(&f->stream);
	put_all(f, 0);
	put_close(f);
	first = f->size;
	stream_header(&f->stream);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file + first, f->size - first);

		assert_int_equal(parts.indexes[0]->uncompressed_offset, 0);
		assert_int_equal(parts.n_frames, 2);
	}
}

/* Takes back what was put since the mark at @size and @put. */
static void roll_back(struct fixture *f, size_t size, size_t put)
{
	f->size = size;
	f->put = f->stream.size = put;
	assert_ok(recording_writer_rollback(f->w));
	take_output(f);
}

static void going_back_leaves_what_was_marked(void **state)
{
	struct fixture *f = *state;
	size_t size, put;

	stream_header(&f->stream);
	events(f, 100);
	put_all(f, 0);
	recording_writer_mark(f->w);
	size = f->size;
	put = f->put;
	/* more than a frame: its index, and that of the next, are taken back with it */
	events(f, 40000);
	put_all(f, 0);
	roll_back(f, size, put);
	assert_content(f, put, true);
	assert_ok(run(f, "zstd -qt \"$1\""));
	/* and it goes on */
	events(f, 50);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	assert_ok(run(f, "zstd -qt \"$1\""));
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 2);
		assert_int_equal(parts.indexes[0]->uncompressed_bytes, put);
		assert_int_equal(parts.indexes[1]->uncompressed_offset, put);
		assert_int_equal(le32(parts.seek + parts.seek_size - 9), 4);
	}
}

static void going_back_to_the_beginning_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	events(f, 100);
	put_all(f, 0);
	roll_back(f, 0, 0);
	assert_int_equal(f->size, 0);
	stream_header(&f->stream);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
}

static void going_back_twice_ends_the_frame_once(void **state)
{
	struct fixture *f = *state;
	size_t size, put;

	stream_header(&f->stream);
	put_all(f, 0);
	recording_writer_mark(f->w);
	size = f->size;
	put = f->put;
	events(f, 1);
	put_all(f, 0);
	/* the end of the frame found no room either */
	roll_back(f, size, put);
	roll_back(f, size, put);
	assert_content(f, put, true);
	recording_writer_mark(f->w);
	size = f->size;
	events(f, 1);
	put_all(f, 0);
	roll_back(f, size, put);
	assert_int_equal(f->size, size);
	assert_content(f, put, true);
}

#define test_with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(what_goes_in_comes_out),
		test_with_fixture(a_flushed_record_can_be_read_before_the_frame_ends),
		test_with_fixture(zstd_reads_all_of_an_unfinished_file),
		test_with_fixture(an_index_behind_each_frame_says_what_is_in_it),
		test_with_fixture(a_header_begins_a_frame),
		test_with_fixture(a_frame_ends_when_it_is_old),
		test_with_fixture(the_largest_record_is_taken),
		test_with_fixture(what_is_not_whole_is_refused),
		test_with_fixture(the_seek_table_is_as_specified),
		test_with_fixture(zstd_reads_it),
		test_with_fixture(two_recordings_in_a_row_are_two),
		test_with_fixture(going_back_leaves_what_was_marked),
		test_with_fixture(going_back_to_the_beginning_leaves_nothing),
		test_with_fixture(going_back_twice_ends_the_frame_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
