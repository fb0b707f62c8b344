/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/recording-fixture.h"

int recording_setup(void **state)
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

int recording_teardown(void **state)
{
	struct fixture *f = *state;

	(void)recording_writer_free(f->w);
	stream_done(&f->stream);
	assert_ok(folder_teardown(&f->folder));
	free(f->file);
	free(f);
	return 0;
}

void take_output(struct fixture *f)
{
	size_t size;
	const uint8_t *out = recording_writer_output(f->w, &size);

	assert_true(f->size + size <= FILE_MAX);
	memcpy(f->file + f->size, out, size);
	f->size += size;
	recording_writer_wrote(f->w, size);
}

void put_all(struct fixture *f, uint64_t now)
{
	while (f->put < f->stream.size) {
		ssize_t n = recording_writer_put(f->w, f->stream.data + f->put,
						 f->stream.size - f->put, now);

		assert_true(n > 0);
		f->put += (size_t)n;
		take_output(f);
	}
}

void put_close(struct fixture *f)
{
	assert_ok(recording_writer_close(f->w));
	take_output(f);
}

void add_events(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		stream_event(&f->stream, i % STREAM_KINDS, i % STREAM_CPUS);
}

void parts_done(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		ringside__v1__frame_index__free_unpacked(parts->indexes[i], NULL);
}

uint32_t le32(const uint8_t *p)
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
	for (unsigned i = 0; i < RECORD_BODIES; i++)
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

struct parts read_parts(const uint8_t *file, size_t size)
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

void assert_content(const struct fixture *f, size_t want, bool whole)
{
	_cleanup_free_ uint8_t *content = NULL;
	size_t size;
	bool rest;

	content = decompress(f->file, f->size, &size, &rest);
	assert_int_equal(size, want);
	assert_memory_equal(content, f->stream.data, want);
	assert_int_equal(rest, !whole);
}

int run_shell(struct fixture *f, const char *command)
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
