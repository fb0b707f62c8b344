/* SPDX-License-Identifier: Apache-2.0 */
/* One thread that is denied the same call over and over, in ways that are easily taken for each
 * other: what a program remembers of the last denial must not be said of the next. Prints how many
 * there were of each. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testdata/call.h"
#include "testdata/filter.h"
#include "testdata/memcg.h"

static const char usage[] = "usage: trigger-repeats COUNT\n";

#define ASKED_NR SYS_getpgid   /* the verdict depends on its argument */
#define REFUSED_NR SYS_getppid /* on nothing else */

/* What an argument of getpgid() gets. */
enum {
	GETS_EPERM = 1,
	GETS_EACCES,
	GETS_ENOSYS,
	GETS_TRACE, /* and nobody traces: ENOSYS, too */
};

/* One kind of denial. */
struct told {
	long nr;
	const char *action;
	int error;
	bool moved; /* after the thread went into a cgroup of its own */
	unsigned long count;
};

static struct told told[] = {
	{ASKED_NR, "ERRNO", EPERM, false, 0},   {ASKED_NR, "ERRNO", EACCES, false, 0},
	{ASKED_NR, "ERRNO", ENOSYS, false, 0},  {ASKED_NR, "TRACE", ENOSYS, false, 0},
	{REFUSED_NR, "ERRNO", EPERM, false, 0}, {REFUSED_NR, "ERRNO", EINVAL, false, 0},
	{REFUSED_NR, "ERRNO", EINVAL, true, 0},
};

#define TOLD (sizeof(told) / sizeof(told[0]))

/* Makes the call @n times; it has to fail as @kind of told says. */
static void repeat(unsigned kind, long argument, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		errno = 0;
		if (syscall(told[kind].nr, argument) != -1 || errno != told[kind].error) {
			(void)fprintf(stderr, "trigger-repeats: kind %u ended with %s\n", kind,
				      strerror(errno));
			exit(1);
		}
		told[kind].count++;
	}
}

static int install_first(void)
{
	const struct sock_filter code[] = {
		FILTER_LOAD(nr),
		FILTER_IF(REFUSED_NR, 6, 0),
		FILTER_IF(ASKED_NR, 0, 9),
		FILTER_LOAD(args[0]),
		FILTER_IF(GETS_EPERM, 3, 0),
		FILTER_IF(GETS_EACCES, 3, 0),
		FILTER_IF(GETS_ENOSYS, 3, 0),
		FILTER_IF(GETS_TRACE, 3, 4),
		FILTER_RETURN(SECCOMP_RET_ERRNO | EPERM),
		FILTER_RETURN(SECCOMP_RET_ERRNO | EACCES),
		FILTER_RETURN(SECCOMP_RET_ERRNO | ENOSYS),
		FILTER_RETURN(SECCOMP_RET_TRACE),
		FILTER_RETURN(SECCOMP_RET_ALLOW),
	};

	return filter_install(code, sizeof(code) / sizeof(code[0]), 0);
}

/* Each kind for a while, and all in turn. */
static void repeat_all(unsigned long n)
{
	for (unsigned kind = 0; kind < 4; kind++)
		repeat(kind, GETS_EPERM + kind, n);
	repeat(4, 0, n);
	for (unsigned long i = 0; i < n; i++) {
		for (unsigned kind = 0; kind < 4; kind++)
			repeat(kind, GETS_EPERM + kind, 1);
		repeat(4, 0, 1);
	}
}

static void print_told(const struct memcg *memcg)
{
	unsigned long all = 0;

	printf("{\"kind\":\"repeats\",\"pids\":[%d],\"cgroup\":\"%s\",\"counts\":[", getpid(),
	       memcg->path);
	for (unsigned i = 0; i < TOLD; i++) {
		printf("%s{\"nr\":%ld,\"action\":\"%s\",\"error\":%d,\"moved\":%s,\"count\":%lu}",
		       i ? "," : "", told[i].nr, told[i].action, told[i].error,
		       told[i].moved ? "true" : "false", told[i].count);
		all += told[i].count;
	}
	printf("],\"triggered\":%lu}\n", all);
}

static int run(const struct memcg *memcg, unsigned long n)
{
	if (install_first()) {
		(void)fputs("trigger-repeats: the filter cannot be installed\n", stderr);
		return 1;
	}
	repeat_all(n);
	/* Of two that say ERRNO the newer one's data counts. */
	if (filter_deny(CALL_ARCH, REFUSED_NR, SECCOMP_RET_ERRNO | EINVAL, 0)) {
		(void)fputs("trigger-repeats: the second filter cannot be installed\n", stderr);
		return 1;
	}
	repeat(5, 0, n);
	if (memcg_enter(memcg)) {
		(void)fputs("trigger-repeats: the cgroup cannot be entered\n", stderr);
		return 1;
	}
	repeat(6, 0, n);
	print_told(memcg);
	return 0;
}

int main(int argc, char **argv)
{
	const unsigned long n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct memcg memcg;
	int status = 1;
	char name[32];
	pid_t pid;

	if (!n) {
		(void)fputs(usage, stderr);
		return 2;
	}
	(void)snprintf(name, sizeof(name), "ringside-repeats-%d", getpid());
	if (memcg_make(&memcg, name)) {
		(void)fputs("trigger-repeats: no cgroup can be made\n", stderr);
		return 1;
	}
	pid = fork();
	if (!pid)
		return run(&memcg, n);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	return memcg_remove(&memcg) || status ? 1 : 0;
}
