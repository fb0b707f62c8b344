/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways of asking. The streamer holds a lock on its file; whoever else writes (a shell's
 * redirection) does not, but the kernel grants no read lease on a file that is open for writing
 * anywhere. A lease needs the owner or CAP_LEASE, and is given back at once; who would open the
 * file for writing in between waits for that. */
#include "consumer/files/being-written.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "proto/base/util.h"

static int ask_lock(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 1 : -errno;
	(void)flock(fd, LOCK_UN);
	return 0;
}

/* Breaking the lease would send SIGIO, whose default is death. */
static int ask_lease(int fd)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int r;

	if (sigaction(SIGIO, &ignore, &before) < 0)
		return -errno;
	r = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 ? -errno : 0;
	if (!r)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	(void)sigaction(SIGIO, &before, NULL);
	return r == -EAGAIN ? 1 : r;
}

int being_written_check(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (ask_lock(fd) == 1)
		return 1;
	return ask_lease(fd);
}

bool being_written_path(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && being_written_check(fd) == 1;
}
