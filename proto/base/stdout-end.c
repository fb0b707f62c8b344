/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/stdout-end.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* Of a pipe. What has failed in the middle of a long text left no errno behind. */
static int is_read(void)
{
	struct pollfd pollfd = {.fd = STDOUT_FILENO};

	return poll(&pollfd, 1, 0) <= 0 || !(pollfd.revents & POLLERR);
}

int stdout_end(void)
{
	int failed = ferror(stdout), error = fflush(stdout) ? errno : 0;

	if (!failed && !error)
		return 0;
	if (error == EPIPE || !is_read())
		return 0;
	return error ? -error : -EIO;
}
