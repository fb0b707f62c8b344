/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/damage/file-window.h"

#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"

#define READ_MIN (256u * 1024) /* in one go */

void file_window_init(struct file_window *window, int fd)
{
	*window = (struct file_window){.fd = fd};
}

void file_window_done(struct file_window *window)
{
	free(window->buf);
	*window = (struct file_window){.fd = -1};
}

/* Reads @size bytes behind those that are there; fewer at the end of the file. */
static int fill_window(struct file_window *window, size_t size)
{
	ssize_t n = pread_full(window->fd, window->buf + window->size, size,
			       window->offset + window->size);

	if (n < 0)
		return (int)n;
	window->ended = (size_t)n < size;
	window->size += (size_t)n;
	return 0;
}

/* What is there already from @offset on goes to the front. */
static void move_to(struct file_window *window, uint64_t offset)
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

/* Bytes to have from @offset on: more than is asked for, because the next calls will want it, but
 * not more than there is. */
static size_t choose_begin(const struct file_window *window, uint64_t offset, size_t want)
{
	size_t size = want < FILE_WINDOW_SIZE / 2 ? want + want / 2 : FILE_WINDOW_SIZE;
	uint64_t rest = 0;
	struct stat st;

	size = size < READ_MIN ? READ_MIN : size;
	if (fstat(window->fd, &st) == 0 && (uint64_t)st.st_size > offset)
		rest = (uint64_t)st.st_size - offset;
	/* and one byte, which is not there, to see the end */
	return rest < size ? (size_t)rest + 1 : size;
}

static int refill_window(struct file_window *window, uint64_t offset, size_t want)
{
	size_t size = choose_begin(window, offset, want);
	uint8_t *buf;

	move_to(window, offset);
	if (window->room < size) {
		buf = realloc(window->buf, size);
		if (!buf)
			return -ENOMEM;
		window->buf = buf;
		window->room = size;
	}
	return window->size < size ? fill_window(window, size - window->size) : 0;
}

int file_window_at(struct file_window *window, uint64_t offset, size_t want, const uint8_t **ret,
		   size_t *ret_size)
{
	uint64_t end = window->offset + window->size;
	bool inside = window->buf && offset >= window->offset && offset <= end;
	int r;

	if (!inside || (offset + want > end && !window->ended)) {
		r = refill_window(window, offset, want);
		if (r)
			return r;
	}
	*ret = window->buf + (offset - window->offset);
	*ret_size = (size_t)(window->offset + window->size - offset);
	return 0;
}
