/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: impostor CGROUP [NUMBER]
 *
 * In a cgroup, does what Ringside does to test itself, by its names: the same calls, refused with
 * the same errors, with a first argument that it made up, or NUMBER (hex). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/call.h"
#include "testdata/filter.h"
#include "testdata/memcg.h"

#define TIMES 5 /* no more than the streamers' limits let through */

static const struct {
	const char *comm;
	long nr;
	int error;
} calls[] = {
	{"ringside-streamer", SYS_getppid, EXDEV},
	{"ringside-streamer", SYS_getpgid, ENOSYS},
	{"ringside-doctor", SYS_getppid, EXDEV},
};

static int make_call(size_t i, uint64_t number)
{
	(void)prctl(PR_SET_NAME, calls[i].comm, 0, 0, 0);
	for (int n = 0; n < TIMES; n++)
		if (syscall(calls[i].nr, number, 0, 0, 0, 0, 0) != -1 || errno != calls[i].error)
			return -EPROTO;
	return 0;
}

static int pretend(const struct memcg *memcg, uint64_t number)
{
	int r = memcg_enter(memcg);

	for (size_t i = 0; i < 2 && !r; i++)
		r = filter_deny(CALL_ARCH, calls[i].nr,
				SECCOMP_RET_ERRNO | (unsigned)calls[i].error, 0);
	for (size_t i = 0; i < ARRAY_SIZE(calls) && !r; i++)
		r = make_call(i, number);
	if (r)
		(void)fprintf(stderr, "impostor: %s\n", strerror(-r));
	return r ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct memcg memcg;
	uint64_t number = 0;
	int status = 1;
	pid_t pid;

	if (argc < 2 || argc > 3) {
		(void)fputs("usage: impostor CGROUP [NUMBER]\n", stderr);
		return 2;
	}
	if (argc == 3)
		number = strtoull(argv[2], NULL, 16);
	else if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return 1;
	if (memcg_make(&memcg, argv[1])) {
		(void)fputs("impostor: no cgroup can be made\n", stderr);
		return 1;
	}
	pid = fork();
	if (!pid)
		return pretend(&memcg, number);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	return memcg_remove(&memcg) || status ? 1 : 0;
}
