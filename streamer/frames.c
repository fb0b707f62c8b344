/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes come from the headers of frames and blocks (RFC 8878, 3.1.1 and 3.1.2). Read, not mapped:
 * a file somebody cuts meanwhile must not cost us more than an error. */
#include "frames.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "recording.h"
#include "util.h"

#define SKIPPABLE_MAGIC 0x184D2A50u
#define SKIPPABLE_MASK 0xFFFFFFF0u
#define SKIPPABLE_HEADER 8u
#define BLOCK_HEADER 3u
#define BLOCK_RLE 1u
#define BLOCK_RESERVED 3u
#define CHECKSUM 4u

int frames_init(struct frames *frames, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*frames = (struct frames){.fd = fd, .size = (uint64_t)st.st_size};
	return 0;
}

/* All of them, or -EBADMSG. */
static int read_at(const struct frames *frames, uint64_t at, uint8_t *buf, size_t size)
{
	ssize_t n;

	if (at > frames->size || frames->size - at < size)
		return -EBADMSG;
	n = pread(frames->fd, buf, size, (off_t)at);
	return n < 0 ? -errno : (size_t)n == size ? 0 : -EBADMSG;
}

static uint32_t little_endian(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

/* Behind the magic number: descriptor, window, dictionary, content size. */
static uint64_t header_size(uint8_t descriptor)
{
	static const unsigned dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
	bool single = descriptor & 0x20;
	unsigned size = content[descriptor >> 6];

	return 1 + !single + dictionary[descriptor & 3] + (size ? size : single);
}

/* Where the data frame ends whose magic number ends at @at. */
static int data_end(const struct frames *frames, uint64_t at, uint64_t *ret)
{
	uint8_t descriptor, buf[BLOCK_HEADER];
	uint32_t block;
	int r;

	r = read_at(frames, at, &descriptor, 1);
	if (r < 0)
		return r;
	at += header_size(descriptor);
	do {
		r = read_at(frames, at, buf, sizeof(buf));
		if (r < 0)
			return r;
		block = little_endian(buf, BLOCK_HEADER);
		if ((block >> 1 & 3) == BLOCK_RESERVED)
			return -EBADMSG;
		at += BLOCK_HEADER + ((block >> 1 & 3) == BLOCK_RLE ? 1 : block >> 3);
	} while (!(block & 1));
	*ret = at + (descriptor & 4 ? CHECKSUM : 0);
	return 0;
}

int frames_next(struct frames *frames, struct frames_frame *ret)
{
	uint8_t buf[SKIPPABLE_HEADER];
	uint64_t end;
	uint32_t magic;
	int r;

	if (frames->at == frames->size)
		return 0;
	r = read_at(frames, frames->at, buf, sizeof(buf));
	if (r < 0)
		return r;
	magic = little_endian(buf, 4);
	if (magic == RECORDING_ZSTD_MAGIC)
		r = data_end(frames, frames->at + 4, &end);
	else if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC)
		end = frames->at + SKIPPABLE_HEADER + little_endian(buf + 4, 4);
	else
		r = -EBADMSG;
	if (!r && end > frames->size)
		r = -EBADMSG;
	if (r < 0)
		return r;
	*ret = (struct frames_frame){.start = frames->at, .size = end - frames->at, .magic = magic};
	frames->at = end;
	return 1;
}

static int read_index(const struct frames *frames, const struct frames_frame *frame,
		      struct recording_index *ret)
{
	uint8_t payload[RECORDING_INDEX_MAX];
	size_t size = frame->size - SKIPPABLE_HEADER;
	int r;

	if (frame->size - SKIPPABLE_HEADER > sizeof(payload))
		return -EBADMSG;
	r = read_at(frames, frame->start + SKIPPABLE_HEADER, payload, size);
	return r < 0 ? r : recording_index_unpack(ret, payload, size);
}

static void add(struct recording_index *sum, const struct recording_index *index, bool first)
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
			add(&sum, &index, first);
			first = false;
			data.size = 0;
		}
	}
	if (r < 0 || data.size || first)
		return -ENODATA;
	*ret = sum;
	return 0;
}
