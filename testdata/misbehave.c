/* SPDX-License-Identifier: Apache-2.0 */
/* To be preloaded into the streamer (LD_PRELOAD): after it has given up its privileges, which is
 * when it waits for the first time, it tries what it may not do. $MISBEHAVE says what: "refused",
 * or one of "exec", "trace" and "load", which it does not survive. What came of it goes to stderr.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *what, long result)
{
	(void)fprintf(stderr, "misbehave: %s: %s\n", what,
		      result < 0 ? strerrorname_np(errno) : "done");
}

static void try(const char *what)
{
	union bpf_attr attr = {0};

	if (!strcmp(what, "exec"))
		(void)execl("/bin/true", "true", NULL);
	if (!strcmp(what, "trace"))
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
	if (!strcmp(what, "load"))
		(void)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (strcmp(what, "refused") != 0)
		return;
	for (int i = 0; i < 3; i++)
		tell("socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("setns", syscall(SYS_setns, 0, 0));
	tell("map", syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
	tell("passwd", open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

int epoll_wait(int epoll, struct epoll_event *events, int n, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);
	const char *what = getenv("MISBEHAVE");

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
		try(what ? what : "");
	}
	return real(epoll, events, n, timeout);
}
