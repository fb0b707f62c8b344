/* SPDX-License-Identifier: Apache-2.0 */
/* A supervisor that lets tasks wait in a call, and refuses it to one more: the outcome of that one
 * comes at the function's return, of which some kernels watch only so many at a time. */
#include "streamer/kernel/selftest.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"
#include "streamer/tables/ring.h"

#define SLEEPERS_MAX 1024u
#define SLEEPERS_MORE 16u /* than return probes can be limited to */
#define CALL __NR_getppid
#define REFUSED EXDEV

/* The kernel's structures may have grown. */
union notification {
	struct seccomp_notif notif;
	struct seccomp_notif_resp resp;
	uint8_t room[512];
};

static int listen_to_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(filter), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &prog);
}

/* A task that makes the call. Without the listener: when the supervisor dies, all go on. */
static pid_t start_caller(int listener, uint64_t cookie)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	(void)close(listener);
	_exit(syscall(CALL, cookie, 0, 0, 0, 0, 0) == -1 && errno == REFUSED ? 0 : 1);
}

static int receive_call(int listener, uint64_t *ret_id)
{
	union notification n = {0};

	if (TEMP_FAILURE_RETRY(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n.notif)))
		return -errno;
	*ret_id = n.notif.id;
	return 0;
}

static int refuse_one(int listener, uint64_t cookie)
{
	union notification n = {0};
	pid_t pid = start_caller(listener, cookie);
	uint64_t id;
	int r, status = 0;

	if (pid < 0)
		return -errno;
	r = receive_call(listener, &id);
	if (r)
		return r;
	n.resp.id = id;
	n.resp.error = -REFUSED;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &n.resp))
		return -errno;
	(void)TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
	return status ? -ECHILD : 0;
}

/* Returns an exit status; 0: the call was refused beside @n that wait. */
static int supervise_calls(uint64_t cookie, unsigned n)
{
	pid_t pids[SLEEPERS_MAX];
	unsigned started = 0;
	int listener = listen_to_calls(), r = 0;
	uint64_t id;

	if (listener < 0)
		return 2;
	for (; started < n; started++) {
		pids[started] = start_caller(listener, cookie);
		if (pids[started] < 0)
			break;
	}
	for (unsigned i = 0; i < started && !r; i++)
		r = receive_call(listener, &id);
	if (!r)
		r = refuse_one(listener, cookie);
	/* without us they go on; killed, they would be somebody's signal kills */
	(void)close(listener);
	while (started--)
		(void)TEMP_FAILURE_RETRY(waitpid(pids[started], NULL, 0));
	return r ? 3 : 0;
}

struct search {
	uint64_t cookie;
	unsigned found;
};

static int look_at_record(void *data, const void *record, size_t size)
{
	const struct wire_seccomp_denial *event = record;
	struct search *search = data;

	if (size >= sizeof(*event) && event->head.probe == WIRE_SECCOMP_DENIAL &&
	    event->head.flags & WIRE_SELFTEST && event->args[0] == search->cookie &&
	    event->key.action == SECCOMP_RET_USER_NOTIF && event->key.error == REFUSED)
		search->found++;
	return 0;
}

int selftest_sleepers(int bulk_fd, uint64_t *cookie, unsigned at_least, char *error, size_t size)
{
	_cleanup_(ring_done) struct ring ring = RING_NULL;
	unsigned sleepers = at_least + SLEEPERS_MORE;
	struct search search = {0};
	int r = ring_init(&ring, bulk_fd), status = 0;
	pid_t pid;

	if (!r)
		r = selftest_begin(cookie);
	if (r)
		return r;
	search.cookie = *cookie;
	if (sleepers > SLEEPERS_MAX)
		sleepers = SLEEPERS_MAX;
	pid = fork();
	if (!pid)
		_exit(supervise_calls(search.cookie, sleepers));
	if (pid > 0)
		(void)TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
	selftest_end(cookie);
	if (pid < 0 || status) /* what could not be run has shown nothing */
		return -ECHILD;
	(void)ring_peek(&ring, look_at_record, &search);
	if (search.found == 1)
		return 0;
	return refuse(error, size, -ENODATA,
		      "self-test: a call that a supervisor refuses is not seen beside %u tasks "
		      "that wait for theirs",
		      sleepers);
}
