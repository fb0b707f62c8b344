/* SPDX-License-Identifier: Apache-2.0 */
/* Few bytes here and there of a file, mostly forward and close to each other: one read for many. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define READ_AHEAD 4096u

struct read_ahead {
	int fd; /* borrowed; -1: nothing can be read */
	uint64_t offset;
	size_t size;
	uint8_t buf[READ_AHEAD];
};

/* @size bytes from @offset on, READ_AHEAD at most; fewer at the end of the file. Returns their
 * number or -errno. */
ssize_t read_ahead(struct read_ahead *ahead, void *buf, size_t size, uint64_t offset);
