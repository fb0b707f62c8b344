/* SPDX-License-Identifier: Apache-2.0 */
/* A stream appended behind a cut-off record would be unreadable from there on: so the records'
 * lengths, or the frames' sizes, are followed once through the file before anything is added. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "proto/record/pb-read.h"
#include "proto/recording/recording.h"
#include "proto/recording/zstd-frames.h"
#include "proto/recording/zstd-header.h"
#include "proto/ringside-fields.h"
#include "streamer/output/sink-internal.h"

/* Its length, then the field's tag and length, then the magic. */
bool sink_has_magic(const uint8_t *p, size_t size)
{
	static const char magic[] = "\x0a\x08RINGSIDE";
	const uint8_t *end = p + size;
	uint64_t length;

	p = pb_get_varint(p, end, &length);
	if (!p || p == end || *p != (FIELD_RECORD_HEADER << 3 | PB_BYTES))
		return false;
	p = pb_get_varint(p + 1, end, &length);
	return p && (size_t)(end - p) >= sizeof(magic) - 1 && !memcmp(p, magic, sizeof(magic) - 1);
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
	if (!sink_has_magic(p, size)) {
		(void)munmap(p, size);
		return -EINVAL;
	}
	while (at < size) {
		uint64_t length;
		const uint8_t *body = pb_get_varint(p + at, p + size, &length);

		if (!body || length > (size_t)(p + size - body))
			break;
		at = (size_t)(body - p) + length;
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
