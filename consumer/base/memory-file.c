/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/memory-file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/util.h"

/* Calls @write with a writer to the file @fd, from where it is. 0 or -errno. */
static int write_text(int fd, void (*write)(struct writer *writer, void *data), void *data)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	int r = writer_new(&writer, fd);

	if (r)
		return r;
	write(writer, data);
	return writer_flush(writer);
}

int memory_file_make(int *ret, uint64_t *ret_size, void (*write)(struct writer *writer, void *data),
		     void *data)
{
	_cleanup_close_ int fd = memfd_create("ringside", MFD_CLOEXEC);
	off_t size;
	int r;

	if (fd < 0)
		return -errno;
	r = write_text(fd, write, data);
	if (r)
		return r;
	size = lseek(fd, 0, SEEK_CUR);
	if (size < 0)
		return -errno;
	*ret = TAKE_FD(fd);
	*ret_size = (uint64_t)size;
	return 0;
}

int memory_file_replace(const char *path, void (*write)(struct writer *writer, void *data),
			void *data)
{
	_cleanup_close_ int fd = -1;
	char temporary[PATH_MAX];
	int r;

	/* not *.prom: nobody takes it for a whole one */
	if (snprintf(temporary, sizeof(temporary), "%s.%ld", path, (long)getpid()) >=
	    (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	r = write_text(fd, write, data);
	if (!r && (fchmod(fd, 0644) < 0 || rename(temporary, path) < 0))
		r = -errno;
	if (r)
		(void)unlink(temporary);
	return r;
}
