/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/out-buffer.h"

int writer_new(struct writer **ret, int fd)
{
	struct writer *writer = malloc(sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->fd = fd;
	writer->error = 0;
	writer->take = NULL;
	writer->size = 0;
	*ret = writer;
	return 0;
}

struct writer *writer_free(struct writer *writer)
{
	free(writer);
	return NULL;
}

static void pass_on(struct writer *writer, const uint8_t *data, size_t size)
{
	if (!size || writer->error)
		return;
	writer->error = writer->take ? writer->take(writer->data, data, size)
				     : write_all(writer->fd, data, size);
}

int writer_flush(struct writer *writer)
{
	pass_on(writer, writer->buf, writer->size);
	writer->size = 0;
	return writer->error;
}

void writer_through(struct writer *writer, const void *data, size_t size)
{
	(void)writer_flush(writer);
	pass_on(writer, data, size);
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
