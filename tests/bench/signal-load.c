/* SPDX-License-Identifier: Apache-2.0 */
/* ns for a signal that ends nobody (kill(2), ignored), or for a process that is forked, exits and
 * is waited for; with empty programs on the hooks of both, if asked to. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "empty.skel.h"

#define PARTS 10

static const char usage[] = "usage: signal-load signal|exit COUNT [empty]\n";

static void send_one(void)
{
	(void)kill(getpid(), SIGUSR1);
}

static void exit_one(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	(void)waitpid(pid, NULL, 0);
}

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The best part: what disturbs makes it longer. */
static double measure(void (*one)(void), long n)
{
	double best = 0;

	for (int part = 0; part < PARTS; part++) {
		double begin = now(), each;

		for (long i = 0; i < n; i++)
			one();
		each = (now() - begin) / (double)n;
		if (!part || each < best)
			best = each;
	}
	return best;
}

int main(int argc, char **argv)
{
	const long n = argc > 2 ? atol(argv[2]) / PARTS : 0;
	struct empty *empty = NULL;

	if (n <= 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (argc > 3) {
		empty = empty__open_and_load();
		if (!empty || empty__attach(empty)) {
			(void)fputs("signal-load: the programs cannot be attached\n", stderr);
			return 1;
		}
	}
	(void)signal(SIGUSR1, SIG_IGN);
	printf("%.1f\n", measure(strcmp(argv[1], "exit") ? send_one : exit_one, n));
	empty__destroy(empty);
	return 0;
}
