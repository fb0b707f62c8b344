/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/writer-fixture.h"

struct writer *fixture_writer(void)
{
	struct writer *writer;
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(writer_new(&writer, fd));
	return writer;
}

void fixture_writer_free(struct writer **writer)
{
	assert_ok(close((*writer)->fd));
	*writer = writer_free(*writer);
}

const char *fixture_written(struct writer *writer)
{
	static char written[4 * WRITER_SIZE];
	ssize_t n;

	assert_ok(writer_flush(writer));
	n = pread(writer->fd, written, sizeof(written) - 1, 0);
	assert_true(n >= 0);
	written[n] = '\0';
	return written;
}
