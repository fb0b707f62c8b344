/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/read-ahead.h"

#include <string.h>

#include "proto/base/util.h"

ssize_t read_ahead(struct read_ahead *ahead, void *buf, size_t size, uint64_t offset)
{
	size_t at = (size_t)(offset - ahead->offset);
	ssize_t n;

	if (offset < ahead->offset || offset - ahead->offset > ahead->size ||
	    ahead->size - at < size) {
		n = pread(ahead->fd, ahead->buf, sizeof(ahead->buf), (off_t)offset);
		if (n < 0)
			return -errno;
		ahead->offset = offset;
		ahead->size = (size_t)n;
		at = 0;
	}
	size = size < ahead->size - at ? size : ahead->size - at;
	memcpy(buf, ahead->buf + at, size);
	return (ssize_t)size;
}
