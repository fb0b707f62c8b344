/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <string.h>

#include "util.h"

#define READ_MIN (256u * 1024) /* in one go */

int window_init(struct window *window, int fd)
{
	*window = (struct window){.fd = fd, .buf = malloc(WINDOW_SIZE)};
	return window->buf ? 0 : -ENOMEM;
}

void window_done(struct window *window)
{
	free(window->buf);
	*window = (struct window){.fd = -1};
}

/* Reads @size bytes behind those that are there; fewer at the end of the file. */
static int fill(struct window *window, size_t size)
{
	size_t end = window->size + size;

	while (window->size < end) {
		ssize_t n = pread(window->fd, window->buf + window->size, end - window->size,
				  (off_t)(window->offset + window->size));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		window->ended = !n;
		if (!n)
			break;
		window->size += (size_t)n;
	}
	return 0;
}

/* What is there already from @offset on goes to the front. */
static void move_to(struct window *window, uint64_t offset)
{
	uint64_t end = window->offset + window->size;

	if (offset >= window->offset && offset < end) {
		window->size = (size_t)(end - offset);
		memmove(window->buf, window->buf + (offset - window->offset), window->size);
	} else {
		window->size = 0;
		window->ended = false;
	}
	window->offset = offset;
}

int window_at(struct window *window, uint64_t offset, size_t want, const uint8_t **ret,
	      size_t *ret_size)
{
	uint64_t end = window->offset + window->size;
	bool inside = offset >= window->offset && offset <= end;
	int r;

	if (!inside || (offset + want > end && !window->ended)) {
		/* more than is asked for: the next calls will want it */
		size_t size = want < WINDOW_SIZE / 2 ? want + want / 2 : WINDOW_SIZE;

		move_to(window, offset);
		size = size < READ_MIN ? READ_MIN : size;
		if (window->size < size) {
			r = fill(window, size - window->size);
			if (r)
				return r;
		}
	}
	*ret = window->buf + (offset - window->offset);
	*ret_size = (size_t)(window->offset + window->size - offset);
	return 0;
}
