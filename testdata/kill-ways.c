/* SPDX-License-Identifier: Apache-2.0 */
#include "kill-ways.h"

#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of those that were made right behind the leader, the last. */
static pid_t some_thread(pid_t pid)
{
	char path[64];
	pid_t tid = pid;

	for (int other = pid + 1; other < pid + 64; other++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid, other);
		if (!access(path, F_OK))
			tid = other;
	}
	return tid;
}

/* With a code of what the kernel does. */
static void send_as(pid_t pid, enum way way)
{
	siginfo_t info = {.si_signo = SIGKILL};
	int fd;

	if (way == AS_TIMER) {
		info.si_code = SI_TIMER;
		(void)syscall(SYS_rt_sigqueueinfo, pid, SIGKILL, &info);
	} else if (way == AS_MESSAGE) {
		info.si_code = SI_MESGQ;
		(void)syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGKILL, &info);
	} else {
		info.si_code = SI_ASYNCIO;
		fd = (int)syscall(SYS_pidfd_open, pid, 0);
		(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, &info, 0);
		(void)close(fd);
	}
}

void kill_by(pid_t pid, enum way way)
{
	int fd;

	if (way == BY_TGKILL) {
		(void)syscall(SYS_tgkill, pid, some_thread(pid), SIGKILL);
	} else if (way == BY_PIDFD) {
		fd = (int)syscall(SYS_pidfd_open, pid, 0);
		(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
		(void)close(fd);
	} else if (way == BY_QUEUE) {
		(void)sigqueue(pid, SIGKILL, (union sigval){0});
	} else if (way >= AS_TIMER && way <= AS_IO) {
		send_as(pid, way);
	} else {
		(void)kill(pid, SIGKILL);
	}
	if (way == TWICE && !fork())
		_exit(kill(pid, SIGKILL));
}
