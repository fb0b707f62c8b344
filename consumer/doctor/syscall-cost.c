/* SPDX-License-Identifier: Apache-2.0 */
/* A filter cannot be taken off again, hence the child. Medians of short rounds, because the
 * machine has other things to do meanwhile. */
#include "consumer/doctor/syscall-cost.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "proto/base/clock.h"
#include "proto/base/util.h"

/* Rounds far shorter than a time slice: of the half that decides, none was interrupted. */
#define ROUNDS_MIN 9
#define ROUNDS_MAX 499
#define ROUND_CALLS 64
#define DENIED_ROUNDS_MAX 99 /* others see them: no more than it takes */
#define DENIED_ROUND_CALLS 16
#define KIND_NANO (40 * 1000 * 1000)

static int64_t now_nano(void)
{
	return (int64_t)clock_nano(CLOCK_MONOTONIC);
}

static int compare_costs(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static struct syscall_cost measure_call(long nr, uint64_t number, int calls, size_t rounds)
{
	int64_t picos[ROUNDS_MAX], end = now_nano() + KIND_NANO, start;
	size_t n = 0;

	while (n < rounds && (n < ROUNDS_MIN || now_nano() < end)) {
		start = now_nano();
		for (int i = 0; i < calls; i++)
			(void)syscall(nr, number, 0, 0, 0, 0, 0);
		picos[n++] = (now_nano() - start) * 1000 / calls;
	}
	qsort(picos, n, sizeof(picos[0]), compare_costs);
	return (struct syscall_cost){
		.median = (picos[n / 2] + 500) / 1000,
		.noise = (picos[n * 3 / 4] - picos[n / 4] + 999) / 1000,
	};
}

static int install_filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(filter), .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static void measure_child(uint64_t number, struct syscall_cost_sample *sample)
{
	(void)prctl(PR_SET_NAME, "ringside-doctor", 0, 0, 0);
	sample->of[SYSCALL_COST_PLAIN] = measure_call(__NR_getpid, number, ROUND_CALLS, ROUNDS_MAX);
	if (install_filter())
		return;
	sample->of[SYSCALL_COST_ALLOWED] =
		measure_call(__NR_getpid, number, ROUND_CALLS, ROUNDS_MAX);
	sample->of[SYSCALL_COST_DENIED] =
		measure_call(__NR_getppid, number, DENIED_ROUND_CALLS, DENIED_ROUNDS_MAX);
	sample->known = syscall(__NR_getppid, number, 0, 0, 0, 0, 0) == -1 && errno == EXDEV;
}

void syscall_cost_measure(uint64_t number, struct syscall_cost_sample *ret)
{
	struct syscall_cost_sample *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
						  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t pid;

	*ret = (struct syscall_cost_sample){0};
	if (shared == MAP_FAILED)
		return;
	pid = fork();
	if (!pid) {
		measure_child(number, shared);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && !status)
		*ret = *shared;
	(void)munmap(shared, sizeof(*shared));
}

struct syscall_cost syscall_cost_added(const struct syscall_cost_sample *with,
				       const struct syscall_cost_sample *before,
				       const struct syscall_cost_sample *after,
				       enum syscall_cost_kind kind)
{
	const struct syscall_cost *w = &with->of[kind], *b = &before->of[kind],
				  *a = &after->of[kind];
	const int64_t drift = llabs(a->median - b->median);
	const int64_t spread = (w->noise + (b->noise + a->noise) / 2 + 1) / 2;

	return (struct syscall_cost){
		.median = w->median - (b->median + a->median) / 2,
		.noise = drift > spread ? drift : spread,
	};
}
