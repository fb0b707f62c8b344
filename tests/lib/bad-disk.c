/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/bad-disk.h"

#include <errno.h>

static int fails_with;
static unsigned calls;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

void bad_disk_fail(int error)
{
	fails_with = error;
}

unsigned bad_disk_calls(void)
{
	return calls;
}

int __wrap_fdatasync(int fd)
{
	calls++;
	errno = fails_with;
	return fails_with ? -1 : __real_fdatasync(fd);
}
