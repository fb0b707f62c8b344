/* SPDX-License-Identifier: Apache-2.0 */
#include "selftest.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ring.h"
#include "util.h"
#include "wire.h"

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

static int child(uint64_t cookie)
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
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (syscall(calls[i].nr, cookie, 0, 0, 0, 0, 0) != -1 || errno != calls[i].error)
			return 3;
	return 0;
}

static int look(void *data, const void *record, size_t size)
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

static int judge(const struct search *search, char *error, size_t size)
{
	unsigned arrived = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		arrived += search->right[i] == 1;
	if (arrived == ARRAY_SIZE(calls) && !search->wrong)
		return 0;
	(void)snprintf(error, size,
		       "self-test: of %zu denials made on purpose %u arrived, %u wrong",
		       ARRAY_SIZE(calls), arrived, search->wrong);
	return -ENODATA;
}

/* Returns the child's exit status or -errno. */
static int run(uint64_t cookie)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(child(cookie));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int selftest_seccomp(int bulk_fd, uint64_t *cookie, char *error, size_t size)
{
	_cleanup_(ring_done) struct ring ring = RING_NULL;
	struct search search = {0};
	int r;

	r = ring_init(&ring, bulk_fd);
	if (!r && getrandom(&search.cookie, sizeof(search.cookie), 0) != sizeof(search.cookie))
		r = -errno;
	if (!r) {
		search.cookie |= 1; /* 0 stands for none */
		__atomic_store_n(cookie, search.cookie, __ATOMIC_SEQ_CST);
		r = run(search.cookie);
		__atomic_store_n(cookie, 0, __ATOMIC_SEQ_CST);
	}
	if (r < 0) {
		(void)snprintf(error, size, "self-test: could not be run: %s", strerrordesc_np(-r));
		return r;
	}
	if (r) {
		(void)snprintf(error, size,
			       "self-test: its child may not install a filter (step %d)", r);
		return -ECHILD;
	}
	(void)ring_peek(&ring, look, &search);
	return judge(&search, error, size);
}
