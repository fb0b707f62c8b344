/* SPDX-License-Identifier: Apache-2.0 */
/* ns of a system call (getppid): that a filter refuses, or refuses and has logged, or allows, or of
 * a process without one; with empty programs on the raw tracepoints of system calls, if asked to.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "empty-call.skel.h"

#define PARTS 10

static const char usage[] = "usage: call-load denied|logged|allowed|free COUNT [exit|both]\n";

/* Refuses @nr with EPERM and allows the rest. @flags: SECCOMP_FILTER_FLAG_*. */
static int install_filter(unsigned nr, unsigned flags)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog fprog = {.len = sizeof(insns) / sizeof(insns[0]), .filter = insns};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &fprog) ? -errno : 0;
}

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The best part: what disturbs makes it longer. */
static double measure(long n)
{
	double best = 0;

	for (int part = 0; part < PARTS; part++) {
		double begin = now(), each;

		for (long i = 0; i < n; i++)
			(void)syscall(SYS_getppid);
		each = (now() - begin) / (double)n;
		if (!part || each < best)
			best = each;
	}
	return best;
}

static int attach(struct empty_call *empty, const char *which)
{
	(void)bpf_program__set_autoload(empty->progs.empty_enter, !strcmp(which, "both"));
	return empty_call__load(empty) || empty_call__attach(empty);
}

int main(int argc, char **argv)
{
	const long n = argc > 2 ? atol(argv[2]) / PARTS : 0;
	struct empty_call *empty = argc > 3 ? empty_call__open() : NULL;
	int r = 0;

	if (n <= 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (argc > 3 && (!empty || attach(empty, argv[3]))) {
		(void)fputs("call-load: the programs cannot be attached\n", stderr);
		return 1;
	}
	if (strcmp(argv[1], "free") != 0)
		r = install_filter(strcmp(argv[1], "allowed") ? SYS_getppid : SYS_getpgid,
				   strcmp(argv[1], "logged") ? 0 : SECCOMP_FILTER_FLAG_LOG);
	if (r) {
		(void)fprintf(stderr, "call-load: no filter: %s\n", strerror(-r));
		return 1;
	}
	printf("%.1f\n", measure(n));
	empty_call__destroy(empty);
	return 0;
}
