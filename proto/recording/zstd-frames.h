/* SPDX-License-Identifier: Apache-2.0 */
/* The zstd frames of a file, one after another: their sizes, from the headers alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/recording/recording-index.h"

struct frames {
	int fd;      /* borrowed */
	uint64_t at; /* the next frame */
	uint64_t size;
};

struct frames_frame {
	uint64_t start;
	uint64_t size;
	uint32_t magic;
};

int frames_init(struct frames *frames, int fd);

/* Returns 1 (*ret is set), 0 at the end of the file, -EBADMSG if what stands there is no whole
 * frame, -errno. */
int frames_next(struct frames *frames, struct frames_frame *ret);

/* The index frames of a compressed recording in one: counts, the range of boot times, and the
 * stream, if it is the same in all. -ENODATA if a part of the file is not covered by any. */
int frames_count(int fd, struct recording_index *ret);
