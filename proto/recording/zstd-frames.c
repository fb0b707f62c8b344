/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes come from the headers of frames and blocks (RFC 8878, 3.1.1 and 3.1.2). Read, not mapped:
 * a file somebody cuts meanwhile must not cost us more than an error. */
#include "proto/recording/zstd-frames.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "proto/recording/recording.h"
#include "proto/recording/zstd-header.h"

int frames_init(struct frames *frames, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*frames = (struct frames){.fd = fd, .size = (uint64_t)st.st_size};
	return 0;
}

/* What begins at @at, behind a data frame's header: sets @ret to the end of the frame. */
static int skip_blocks(const struct frames *frames, uint64_t at, uint64_t *ret)
{
	struct zframe_block block = {.last = false};

	while (!block.last) {
		uint8_t buf[ZFRAME_BLOCK_HEADER];
		ssize_t n = pread_full(frames->fd, buf, sizeof(buf), at);

		if (n < 0)
			return (int)n;
		if (zframe_block(buf, (size_t)n, &block))
			return -EBADMSG;
		at += block.size;
	}
	*ret = at;
	return 0;
}

int frames_next(struct frames *frames, struct frames_frame *ret)
{
	uint8_t buf[ZFRAME_HEADER_MAX];
	struct zframe frame;
	uint64_t end;
	ssize_t n;
	int r = 0;

	if (frames->at == frames->size)
		return 0;
	n = pread_full(frames->fd, buf, sizeof(buf), frames->at);
	if (n < 0)
		return (int)n;
	if (zframe_parse(buf, (size_t)n, &frame))
		return -EBADMSG;
	end = frames->at + frame.header + frame.content;
	if (!frame.skippable)
		r = skip_blocks(frames, end, &end);
	if (r < 0)
		return r;
	if (frame.checksum)
		end += ZFRAME_CHECKSUM;
	if (end > frames->size)
		return -EBADMSG;
	*ret = (struct frames_frame){.start = frames->at,
				     .size = end - frames->at,
				     .magic = frame.magic};
	frames->at = end;
	return 1;
}

static int read_index(const struct frames *frames, const struct frames_frame *frame,
		      struct recording_index *ret)
{
	uint8_t payload[RECORDING_INDEX_MAX];
	size_t size = frame->size - ZFRAME_SKIP_HEADER;
	ssize_t n;

	if (size > sizeof(payload))
		return -EBADMSG;
	n = pread_full(frames->fd, payload, size, frame->start + ZFRAME_SKIP_HEADER);
	return n < 0 ? (int)n : recording_index_unpack(ret, payload, (size_t)n);
}

static void add_index(struct recording_index *sum, const struct recording_index *index, bool first)
{
	if (first) {
		*sum = *index;
		return;
	}
	for (unsigned i = 0; i < RECORD_BODIES; i++)
		sum->counts[i] += index->counts[i];
	if (index->min_boottime < sum->min_boottime)
		sum->min_boottime = index->min_boottime;
	if (index->max_boottime > sum->max_boottime)
		sum->max_boottime = index->max_boottime;
	sum->has_boottime &= index->has_boottime;
	sum->has_stream_id &= index->has_stream_id &&
			      !memcmp(sum->stream_id, index->stream_id, RECORDING_STREAM_ID);
}

int frames_count(int fd, struct recording_index *ret)
{
	struct recording_index sum = {0}, index;
	struct frames_frame frame, data = {0};
	struct frames frames;
	bool first = true;
	int r = frames_init(&frames, fd);

	if (r < 0)
		return r;
	while ((r = frames_next(&frames, &frame)) == 1) {
		if (frame.magic == RECORDING_ZSTD_MAGIC) {
			if (data.size)
				return -ENODATA;
			data = frame;
		} else if (frame.magic == RECORDING_INDEX_MAGIC) {
			r = read_index(&frames, &frame, &index);
			if (r < 0 || index.compressed_bytes != data.size)
				return -ENODATA;
			add_index(&sum, &index, first);
			first = false;
			data.size = 0;
		}
	}
	if (r < 0 || data.size || first)
		return -ENODATA;
	*ret = sum;
	return 0;
}
