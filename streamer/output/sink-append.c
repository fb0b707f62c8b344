/* SPDX-License-Identifier: Apache-2.0 */
/* A stream appended behind a cut-off record would be unreadable from there on: so the records'
 * lengths, or the frames' sizes, are followed once through the file before anything is added. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "proto/record/pb.h"
#include "proto/recording/recording.h"
#include "proto/recording/zstd-frames.h"
#include "proto/recording/zstd-header.h"
#include "proto/ringside-fields.h"
#include "streamer/output/sink.h"

/* Reads a varint. Returns the bytes it took, 0 if there is none. */
static size_t read_varint(const uint8_t *p, size_t size, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size && i < 10; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] < 0x80) {
			*ret = v;
			return i + 1;
		}
	}
	return 0;
}

/* A first record that is a Header: its length, then the field's tag and length, then the magic. */
static bool has_magic(const uint8_t *p, size_t size)
{
	static const char magic[] = "\x0a\x08RINGSIDE";
	uint64_t length;
	size_t n = read_varint(p, size, &length), m;

	if (!n || n == size || p[n] != (FIELD_RECORD_HEADER << 3 | PB_BYTES))
		return false;
	n++;
	m = read_varint(p + n, size - n, &length);
	n += m;
	return m && size - n >= sizeof(magic) - 1 && !memcmp(p + n, magic, sizeof(magic) - 1);
}

/* Whether what is in the data frames is a recording, their index frames say: there has to be
 * one, and nothing but zstd. */
static int check_compressed(int fd, uint64_t *ret_whole)
{
	struct frames_frame frame;
	struct frames frames;
	bool indexed = false;
	int r = frames_init(&frames, fd);

	if (r < 0)
		return r;
	while ((r = frames_next(&frames, &frame)) == 1)
		indexed |= frame.magic == RECORDING_INDEX_MAGIC;
	if (!indexed && !r)
		return -EINVAL;
	*ret_whole = frames.at;
	return r;
}

static bool is_compressed(int fd)
{
	uint8_t buf[4];

	return pread(fd, buf, sizeof(buf), 0) == sizeof(buf) && zframe_begins(buf, sizeof(buf));
}

static int check_plain(int fd, uint64_t *ret_whole)
{
	struct stat st;
	uint64_t at = 0;
	size_t size;
	uint8_t *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	size = (size_t)st.st_size;
	if (!size)
		return -EINVAL;
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (!has_magic(p, size)) {
		(void)munmap(p, size);
		return -EINVAL;
	}
	while (at < size) {
		uint64_t length;
		size_t n = read_varint(p + at, size - at, &length);

		if (!n || length > size - at - n)
			break;
		at += n + length;
	}
	(void)munmap(p, size);
	*ret_whole = at;
	return at == size ? 0 : -EBADMSG;
}

int sink_check_recording(int fd, uint64_t *ret_whole, bool *ret_compressed)
{
	*ret_compressed = is_compressed(fd);
	return *ret_compressed ? check_compressed(fd, ret_whole) : check_plain(fd, ret_whole);
}
