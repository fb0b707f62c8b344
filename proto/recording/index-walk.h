/* SPDX-License-Identifier: Apache-2.0 */
/* A compressed recording's frames, found without decompressing or even reading them.
 *
 * Going backward needs nothing but the index frames (recording-index.h): each tells how long its
 * data frame is, and the one before it ends where that begins. So it also works in a file that has
 * no seek table because it is still written, was cut, or was put together with cat. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/recording/recording-index.h"

struct recording_frame {
	uint64_t offset; /* of the data frame in the file */
	uint64_t end;    /* behind its index frame */
	struct recording_index index;
};

#define RECORDING_FRAMES_SEARCH (4u * 1024 * 1024)
#define RECORDING_FRAMES_NONE 1

/* The last indexed frame that ends at or before @end. What lies between frame.end and @end has no
 * index that can be read: a seek table, a frame still being written, damage, another program's
 * frames. Returns 0, -errno, or RECORDING_FRAMES_NONE: there is none in the
 * RECORDING_FRAMES_SEARCH bytes before @end. */
int recording_frames_before(int fd, uint64_t end, struct recording_frame *ret);

/* Parts of a file to be read, in ascending order. Bounded: when it is full, the two with the
 * least between them become one. */
#define RECORDING_RANGES_MAX 512

struct recording_ranges {
	size_t n;
	struct {
		uint64_t begin, end;
	} all[RECORDING_RANGES_MAX];
};

/* Adds one that lies before all others. */
void recording_ranges_add_before(struct recording_ranges *ranges, uint64_t begin, uint64_t end);
