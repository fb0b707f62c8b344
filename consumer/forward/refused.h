/* SPDX-License-Identifier: Apache-2.0 */
/* Records that a target did not want, for good: kept in a file, a line of JSON each, with all of
 * the record, so that nothing is lost that the recordings may have deleted meanwhile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

/* What the file may grow to. Then nothing more is refused: the target waits, and says so. */
#define REFUSED_MAX (256u * 1024 * 1024)

struct refused {
	int fd;
	uint64_t size, synced; /* synced: of it, what is on the disk */
	bool full;             /* the latest one found no room */
	const char *url;
	struct writer *writer;
};

/* Opens or makes @path. 0 or -errno. */
int refused_open(struct refused *refused, const char *path, const char *url);
void refused_close(struct refused *refused);

/* {"time":...,"to":...,"id":"<stream_id>:<seq>","status":...,"why":...,"record":BASE64}. It is
 * kept once refused_sync() says so. 0, or -errno: it is not in the file; -EFBIG: that is full. */
int refused_put(struct refused *refused, const uint8_t *stream_id, uint64_t seq, const char *status,
		const char *why, const uint8_t *frame, size_t size);

/* What was put is on the disk when it returns 0; else -errno, and what was put since it did so last
 * is not in the file any more. Once for many: a disk takes its time for it, however little it is.
 */
int refused_sync(struct refused *refused);
