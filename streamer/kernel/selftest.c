/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/selftest.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"
#include "streamer/kernel/trial-calls.h"
#include "streamer/tables/ring.h"

/* Three tasks on one CPU, each until it has had to leave it a few times: some 50 ms. */
#define STORM_TASKS 3u
#define STORM_SWITCHES 5
#define STORM_SECONDS 1 /* of CPU time, at most */

/* EXDEV can be read from the registers; ENOSYS only by running the filter again. */
static const struct {
	int nr;
	int error;
} calls[] = {
	{__NR_getppid, EXDEV},
	{__NR_getpgid, ENOSYS},
};

struct search {
	uint64_t cookie;
	unsigned right[ARRAY_SIZE(calls)];
	unsigned wrong;
};

/* Whether this task has been preempted often enough, or has no rival to be preempted for. */
static bool has_been_preempted(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) || usage.ru_nivcsw >= STORM_SWITCHES ||
	       usage.ru_utime.tv_sec + usage.ru_stime.tv_sec >= STORM_SECONDS;
}

static void pin_to_one_cpu(void)
{
	cpu_set_t allowed, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_SET(cpu, &one);
		break;
	}
	(void)sched_setaffinity(0, sizeof(one), &one);
}

/* Makes the calls once, or, in a storm, over and over. */
static int be_denied(uint64_t cookie, bool storm)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[0].nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)calls[0].error),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[1].nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)calls[1].error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(filter), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		return 2;
	do {
		for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
			if (syscall(calls[i].nr, cookie, 0, 0, 0, 0, 0) != -1 ||
			    errno != calls[i].error)
				return 3;
	} while (storm && !has_been_preempted());
	return 0;
}

static int look_at_record(void *data, const void *record, size_t size)
{
	const struct wire_seccomp_denial *event = record;
	struct search *search = data;

	if (size < sizeof(*event) || event->head.probe != WIRE_SECCOMP_DENIAL ||
	    !(event->head.flags & WIRE_SELFTEST) || event->args[0] != search->cookie)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (event->key.nr == calls[i].nr && event->key.error == (uint32_t)calls[i].error &&
		    event->key.action == SECCOMP_RET_ERRNO) {
			search->right[i]++;
			return 0;
		}
	}
	search->wrong++;
	return 0;
}

static int judge_denials(const struct search *search, char *error, size_t size)
{
	unsigned arrived = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		arrived += search->right[i] == 1;
	if (arrived == ARRAY_SIZE(calls) && !search->wrong)
		return 0;
	return refuse(error, size, -ENODATA,
		      "self-test: of %zu denials made on purpose %u arrived, %u wrong",
		      ARRAY_SIZE(calls), arrived, search->wrong);
}

/* Returns 0, the exit status of a child that failed, or -errno. */
static int run(uint64_t cookie, unsigned tasks)
{
	pid_t pids[STORM_TASKS];
	unsigned started = 0;
	int r = 0, status;

	for (; !r && started < tasks; started++) {
		pid_t pid = fork();

		if (!pid) {
			if (tasks > 1)
				pin_to_one_cpu();
			_exit(be_denied(cookie, tasks > 1));
		}
		if (pid < 0) {
			r = -errno;
			break;
		}
		pids[started] = pid;
	}
	while (started--) {
		(void)TEMP_FAILURE_RETRY(waitpid(pids[started], &status, 0));
		if (!r && status)
			r = WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
	}
	return r;
}

int selftest_begin(uint64_t *cookie)
{
	uint64_t number;
	int r = trial_calls_draw(&number);

	if (r)
		return r;
	trial_calls_begin(number);
	__atomic_store_n(cookie, number, __ATOMIC_SEQ_CST);
	return 0;
}

void selftest_end(uint64_t *cookie)
{
	trial_calls_end(__atomic_exchange_n(cookie, 0, __ATOMIC_SEQ_CST));
}

int selftest_seccomp(int bulk_fd, uint64_t *cookie, char *error, size_t size)
{
	_cleanup_(ring_done) struct ring ring = RING_NULL;
	struct search search = {0};
	int r;

	r = ring_init(&ring, bulk_fd);
	if (!r)
		r = selftest_begin(cookie);
	if (!r) {
		search.cookie = *cookie;
		r = run(search.cookie, 1);
		selftest_end(cookie);
	}
	if (r < 0)
		return refuse(error, size, r, "self-test: could not be run: %s",
			      strerrordesc_np(-r));
	if (r)
		return refuse(error, size, -ECHILD,
			      "self-test: its child may not install a filter (step %d)", r);
	(void)ring_peek(&ring, look_at_record, &search);
	return judge_denials(&search, error, size);
}

int selftest_storm(uint64_t *cookie, uint32_t *quiet)
{
	int r;

	__atomic_store_n(quiet, 1, __ATOMIC_SEQ_CST);
	r = selftest_begin(cookie);
	if (!r) {
		r = run(*cookie, STORM_TASKS);
		selftest_end(cookie);
	}
	__atomic_store_n(quiet, 0, __ATOMIC_SEQ_CST);
	return r > 0 ? -ECHILD : r;
}
