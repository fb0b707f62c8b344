/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/out-buffer.h"

int writer_new(struct writer **ret, int fd)
{
	struct writer *writer = malloc(sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->fd = fd;
	writer->error = 0;
	writer->size = 0;
	*ret = writer;
	return 0;
}

struct writer *writer_free(struct writer *writer)
{
	free(writer);
	return NULL;
}

int writer_flush(struct writer *writer)
{
	int r = 0;

	if (writer->size && !writer->error)
		r = write_all(writer->fd, writer->buf, writer->size);
	if (r)
		writer->error = r;
	writer->size = 0;
	return writer->error;
}

void writer_put_large(struct writer *writer, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		size_t free_bytes = WRITER_SIZE - writer->size;
		size_t n = size < free_bytes ? size : free_bytes;

		memcpy(writer->buf + writer->size, p, n);
		writer->size += n;
		p += n;
		size -= n;
		if (writer->size == WRITER_SIZE)
			(void)writer_flush(writer);
	}
}
