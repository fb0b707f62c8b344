/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a file, at any offset, a bounded part at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two records of the largest size fit, wherever they begin. */
#define FILE_WINDOW_SIZE (4u * 1024 * 1024)

struct file_window {
	int fd; /* borrowed */
	uint8_t *buf;
	size_t room;     /* of buf: as much as was needed so far */
	uint64_t offset; /* of buf in the file */
	size_t size;
	bool ended; /* the file ended behind buf */
};

void file_window_init(struct file_window *window, int fd);
void file_window_done(struct file_window *window); /* any time, also twice */

/* The bytes from @offset on: at least @want, at most FILE_WINDOW_SIZE; fewer only where the file
 * ends. Valid until the next call. Returns 0 or -errno. */
int file_window_at(struct file_window *window, uint64_t offset, size_t want, const uint8_t **ret,
		   size_t *ret_size);
