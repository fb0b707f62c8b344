/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/repair/write-recording.h"

#include <fcntl.h>

#include "consumer/base/out-buffer.h"
#include "proto/record/frame.h"
#include "proto/recording/recording-index.h"
#include "proto/recording/recording-writer.h"

#define MODE 0640 /* recordings may be sensitive */
#define BATCH_SIZE (FRAME_MAX + FRAME_PREFIX_MAX)
#define BATCH_FULL (128u * 1024)

struct recording_out {
	int fd;
	char *path;
	struct writer *plain;
	struct recording_writer *compressed; /* NULL: plain */
	struct {                             /* what goes to it at once, in one block */
		uint8_t *data;
		size_t size;
		uint64_t nano;
	} batch;
	int error;
	bool closed;
};

int recording_out_new(struct recording_out **ret, const char *path, bool compressed)
{
	_cleanup_(recording_out_freep) struct recording_out *out = calloc(1, sizeof(*out));
	int r = 0;

	if (!out)
		return -ENOMEM;
	out->fd = -1;
	if (compressed) {
		out->batch.data = malloc(BATCH_SIZE);
		if (!out->batch.data)
			return -ENOMEM;
		r = recording_writer_new(&out->compressed, RECORDING_LEVEL_DEFAULT);
		if (r)
			return r;
	}
	/* O_EXCL follows no symlink */
	out->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
	if (out->fd < 0)
		return -errno;
	out->path = strdup(path);
	if (!out->path)
		return -ENOMEM;
	r = writer_new(&out->plain, out->fd);
	if (r)
		return r;
	*ret = TAKE_PTR(out);
	return 0;
}

struct recording_out *recording_out_free(struct recording_out *out)
{
	if (out) {
		if (out->path && !out->closed)
			(void)unlink(out->path);
		(void)recording_writer_free(out->compressed);
		free(out->batch.data);
		(void)writer_free(out->plain);
		util_closep(&out->fd);
		free(out->path);
		free(out);
	}
	return NULL;
}

static void take_output(struct recording_out *out)
{
	size_t size;
	const uint8_t *p = recording_writer_output(out->compressed, &size);

	writer_put(out->plain, p, size);
	recording_writer_wrote(out->compressed, size);
}

static int compress_batch(struct recording_out *out)
{
	size_t done = 0;
	ssize_t n;

	while (done < out->batch.size) {
		n = recording_writer_put(out->compressed, out->batch.data + done,
					 out->batch.size - done, out->batch.nano);
		if (n < 0)
			return (int)n;
		done += (size_t)n;
		take_output(out);
	}
	out->batch.size = 0;
	return 0;
}

/* Time may go back a little; but for a Header, with which it begins anew. */
static int put_compressed(struct recording_out *out, const void *record, size_t size,
			  uint64_t boottime_nano)
{
	struct frame frame;
	size_t need;
	int r = 0;

	if (size > BATCH_SIZE || frame_parse(record, size, &frame, &need))
		return -EBADMSG;
	if (out->batch.size + size > BATCH_FULL ||
	    recording_index_is_header(frame.data, frame.size)) {
		r = compress_batch(out);
		if (recording_index_is_header(frame.data, frame.size) ||
		    boottime_nano > out->batch.nano)
			out->batch.nano = boottime_nano;
	}
	memcpy(out->batch.data + out->batch.size, record, size);
	out->batch.size += size;
	return r;
}

int recording_out_put(struct recording_out *out, const void *record, size_t size,
		      uint64_t boottime_nano)
{
	if (out->error)
		return out->error;
	if (out->compressed)
		out->error = put_compressed(out, record, size, boottime_nano);
	else
		writer_put(out->plain, record, size);
	if (!out->error)
		out->error = out->plain->error;
	return out->error;
}

int recording_out_close(struct recording_out *out)
{
	if (!out->error && out->compressed)
		out->error = compress_batch(out);
	if (!out->error && out->compressed) {
		out->error = recording_writer_close(out->compressed);
		take_output(out);
	}
	if (!out->error)
		out->error = writer_flush(out->plain);
	if (!out->error && fsync(out->fd) < 0)
		out->error = -errno;
	out->closed = !out->error;
	return out->error;
}
