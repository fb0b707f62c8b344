/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/tables/iterator.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"

/* EAGAIN: a million objects without a record are enough for one call (kernel/bpf/bpf_iter.c). */
static ssize_t read_some(int fd, void *buf, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, buf, size);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n < 0 ? -errno : n;
}

int iterator_walk(int link_fd, size_t size, iterator_fn fn, void *data)
{
	_cleanup_close_ int fd = bpf_iter_create(link_fd);
	alignas(max_align_t) uint8_t buf[8192];
	const size_t room = sizeof(buf) / size * size;
	size_t have = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read_some(fd, buf + have, room - have);
		size_t at = 0;

		if (n <= 0)
			return n < 0 ? (int)n : have ? -EBADMSG : 0;
		have += (size_t)n;
		for (; have - at >= size; at += size) {
			int r = fn(data, buf + at);

			if (r)
				return r;
		}
		have -= at;
		memmove(buf, buf + at, have);
	}
}
