/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/secret-file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

bool secret_file_is_open(const char *path, char doubt[SECRET_FILE_DOUBT])
{
	char safe[LINE_FILE];
	struct stat st;
	mode_t others = S_IROTH;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (st.st_uid != 0)
		others |= S_IRGRP;
	if (!(st.st_mode & others))
		return false;
	(void)snprintf(doubt, SECRET_FILE_DOUBT,
		       "%.300s holds a secret, and others can read it (mode %03o): chmod 600",
		       line_file(path, safe), (unsigned)st.st_mode & 0777);
	return true;
}

static void cut_newline(char *value)
{
	char *end = strchr(value, '\n');

	if (!end || end[1])
		return;
	if (end > value && end[-1] == '\r')
		end--;
	*end = '\0';
}

int secret_file_read(const char *path, char *value, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -errno : read_full(fd, value, size);

	if (n < 0)
		return (int)n;
	if ((size_t)n == size) {
		explicit_bzero(value, size);
		return -EFBIG;
	}
	value[n] = '\0';
	if (strlen(value) != (size_t)n)
		return -EINVAL;
	cut_newline(value);
	return *value ? 0 : -EINVAL;
}
