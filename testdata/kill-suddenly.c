/* SPDX-License-Identifier: Apache-2.0 */
/* Kills a process as a crash would, and says when, and how long it had been kept from running: what
 * a loaded machine adds to the time in which the process writes what it has.
 *
 * The second field of /proc/PID/schedstat is the time spent waiting for a CPU, in ns
 * (Documentation/scheduler/sched-stats.rst). */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/util.h"

#define STEP_MS 20
#define STEPS 50 /* looked back: a second */

static int waited(pid_t pid, uint64_t *ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	return fscanf(f, "%*u %" SCNu64, ret) == 1 ? 0 : -EBADMSG;
}

static void sleep_ms(unsigned long ms)
{
	const struct timespec time = {.tv_sec = (time_t)(ms / 1000),
				      .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)nanosleep(&time, NULL);
}

static int fail(const char *what, int r)
{
	(void)fprintf(stderr, "kill-suddenly: %s: %s\n", what, strerror(-r));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 3 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
	unsigned long ms = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, done = 0;
	uint64_t samples[STEPS] = {0}, now = 0;
	struct timespec time;
	size_t n = 0;
	int r = 0;

	if (pid <= 1) {
		(void)fputs("usage: kill-suddenly PID MILLISECONDS\n", stderr);
		return 2;
	}
	for (;; done += STEP_MS) {
		r = waited(pid, &now);
		if (r < 0)
			return fail(argv[1], r);
		if (done >= ms)
			break;
		samples[n++ % STEPS] = now;
		sleep_ms(ms - done < STEP_MS ? ms - done : STEP_MS);
	}
	(void)clock_gettime(CLOCK_BOOTTIME, &time);
	if (kill(pid, SIGKILL) < 0)
		return fail(argv[1], -errno);
	printf("{\"boottime_nano\": %" PRIu64 ", \"waited_nano\": %" PRIu64 "}\n",
	       (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec,
	       n ? now - samples[n < STEPS ? 0 : n % STEPS] : 0);
	return EXIT_SUCCESS;
}
