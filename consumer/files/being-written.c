/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways of asking. The streamer holds a lock on its file; whoever else writes (a shell's
 * redirection) does not, but the kernel grants no read lease on a file that is open for writing
 * anywhere. Nor is a lock enough where there is a lease: whoever may read the file can lock it,
 * too, and would keep a streamer alive that is dead. A lease needs the owner or CAP_LEASE, and is
 * given back at once; who would open the file for writing in between waits for that, and SIGIO is
 * sent, whose default is death: from the first time on it is ignored, as other threads may be
 * asking, too. */
#include "consumer/files/being-written.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "proto/base/util.h"

static int ask_lock(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 1 : -errno;
	(void)flock(fd, LOCK_UN);
	return 0;
}

static int ask_lease(int fd)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (sigaction(SIGIO, &ignore, NULL) < 0)
		return -errno;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN ? 1 : -errno;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

/* Whoever writes from another machine is in no lease of this one. */
static bool may_be_remote(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == FUSE_SUPER_MAGIC;
}

int being_written_check(int fd)
{
	struct stat st;
	int lease;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (ask_lock(fd) != 1)
		return ask_lease(fd);
	lease = ask_lease(fd);
	return lease == 0 && !may_be_remote(fd) ? 0 : 1;
}

bool being_written_path(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && being_written_check(fd) == 1;
}
