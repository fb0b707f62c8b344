/* SPDX-License-Identifier: Apache-2.0 */
/* What a streamer leaves that was killed: a plain recording ends within a record, which nobody can
 * use; a compressed one within a frame, whose records are there but for the last. Only what is as
 * short as that is mended: where more stands behind, it is damage, and `ringside repair` knows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "proto/base/clock.h"
#include "proto/record/pb-read.h"
#include "proto/recording/recording-writer.h"
#include "proto/recording/zstd-header.h"
#include "streamer/output/sink-internal.h"
#include "streamer/output/stream.h"

#define PLAIN_REST_MAX (64u * 1024)                /* the largest record is shorter */
#define FRAME_REST_MAX (2 * RECORDING_FRAME_BYTES) /* of bytes that do not compress, with room */
#define FRAME_CONTENT_MAX (2 * RECORDING_FRAME_BYTES)

/* Bytes of whole records at the start of @data. */
static size_t whole_records(const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		uint64_t length;
		const uint8_t *body = pb_get_varint(data + at, data + size, &length);

		if (!body || length > (size_t)(data + size - body))
			break;
		at = (size_t)(body - data) + length;
	}
	return at;
}

/* What is left is the beginning of one record, and nothing that could be more. */
static bool is_one_record(const uint8_t *rest, size_t size)
{
	uint64_t length;
	const uint8_t *body = pb_get_varint(rest, rest + size, &length);

	return body ? length <= STREAM_FRAME_MAX : size < 10;
}

/* The content of the frame that is not whole, as far as it goes. Returns its bytes or -errno. */
static ssize_t read_frame(const uint8_t *rest, size_t size, uint8_t *content)
{
	ZSTD_inBuffer in = {rest, size, 0};
	ZSTD_outBuffer out = {content, FRAME_CONTENT_MAX, 0};
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	size_t before, r = 0;

	if (!zstd)
		return -ENOMEM;
	(void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, RECORDING_WINDOW_LOG_MAX);
	do {
		before = in.pos + out.pos;
		r = ZSTD_decompressStream(zstd, &out, &in);
	} while (!ZSTD_isError(r) && in.pos + out.pos != before && out.pos < out.size);
	(void)ZSTD_freeDCtx(zstd);
	return ZSTD_isError(r) || out.pos == out.size ? -EBADMSG : (ssize_t)out.pos;
}

/* The first frame of the file, whole or not, is a recording's. */
static bool is_recording(int fd)
{
	_cleanup_free_ uint8_t *begin = malloc(ZFRAME_BLOCK_MAX);
	uint8_t content[64];
	ZSTD_outBuffer out = {content, sizeof(content), 0};
	ZSTD_inBuffer in = {begin, 0, 0};
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ssize_t n = begin ? pread(fd, begin, ZFRAME_BLOCK_MAX, 0) : -1;

	if (n > 0 && zstd) {
		in.size = (size_t)n;
		(void)ZSTD_decompressStream(zstd, &out, &in);
	}
	(void)ZSTD_freeDCtx(zstd);
	return sink_has_magic(content, out.pos);
}

static int write_out(struct recording_writer *w, int fd)
{
	const uint8_t *out;
	size_t size;

	while ((out = recording_writer_output(w, &size)), size) {
		ssize_t n = write(fd, out, size);

		if (n <= 0)
			return n ? -errno : -EIO;
		recording_writer_wrote(w, (size_t)n);
	}
	return 0;
}

/* A frame of its own, which is whole. */
static int write_frame(int fd, const uint8_t *records, size_t size)
{
	struct recording_writer *w;
	size_t done = 0;
	ssize_t n;
	int r = recording_writer_new(&w, RECORDING_LEVEL_DEFAULT);

	while (!r && done < size) {
		n = recording_writer_put(w, records + done, size - done,
					 clock_nano(CLOCK_BOOTTIME));
		r = n < 0 ? (int)n : write_out(w, fd);
		done += n > 0 ? (size_t)n : 0;
	}
	if (!r)
		r = recording_writer_end_frame(w);
	if (!r)
		r = write_out(w, fd);
	(void)recording_writer_free(w);
	return r;
}

/* What cannot be written anew, because the disk is full, stays as it was: what is in it can be
 * read. */
static void give_back(int fd, uint64_t whole, const uint8_t *rest, size_t size)
{
	if (!ftruncate(fd, (off_t)whole))
		(void)write_all(fd, rest, size);
}

static int mend_frame(int fd, uint64_t whole, const uint8_t *rest, size_t size, char *said,
		      size_t said_size)
{
	_cleanup_free_ uint8_t *content = malloc(FRAME_CONTENT_MAX);
	struct zframe frame;
	ssize_t n = content ? 0 : -ENOMEM;
	size_t kept;
	int r = zframe_parse(rest, size, &frame);

	if (r == ZFRAME_BAD)
		return -EBADMSG;
	if (!n && !r && !frame.skippable)
		n = read_frame(rest, size, content);
	if (n < 0)
		return (int)n;
	kept = whole_records(content, (size_t)n);
	r = ftruncate(fd, (off_t)whole) < 0 ? -errno : 0;
	if (!r && kept)
		r = write_frame(fd, content, kept);
	if (r)
		give_back(fd, whole, rest, size);
	(void)snprintf(
		said, said_size,
		"was not closed, as after kill -9: its last frame was written anew, with all "
		"whole records that are in it (%zu bytes, and %zu left out)",
		kept, (size_t)n - kept);
	return r;
}

static int mend_record(int fd, uint64_t whole, const uint8_t *rest, size_t size, char *said,
		       size_t said_size)
{
	if (size > PLAIN_REST_MAX || !is_one_record(rest, size))
		return -EBADMSG;
	(void)snprintf(
		said, said_size,
		"was not closed, as after kill -9: the part of a record at its end was removed "
		"(%zu bytes)",
		size);
	return ftruncate(fd, (off_t)whole) < 0 ? -errno : 0;
}

int sink_mend(int from, int to, uint64_t whole, bool compressed, char *said, size_t said_size)
{
	_cleanup_free_ uint8_t *rest = NULL;
	struct stat st;
	size_t size;

	if (fstat(from, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size <= whole || (uint64_t)st.st_size - whole > FRAME_REST_MAX)
		return -EBADMSG;
	size = (size_t)((uint64_t)st.st_size - whole);
	rest = malloc(size);
	if (!rest)
		return -ENOMEM;
	if (pread(from, rest, size, (off_t)whole) != (ssize_t)size)
		return -EIO;
	if (compressed && !is_recording(from))
		return -EINVAL;
	return compressed ? mend_frame(to, whole, rest, size, said, said_size)
			  : mend_record(to, whole, rest, size, said, said_size);
}
