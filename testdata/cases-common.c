/* SPDX-License-Identifier: Apache-2.0 */
/* The parts the seccomp cases are made of. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testdata/cases.h"
#include "testdata/filter.h"

#define SUPERVISOR_WAIT 5000 /* ms */

struct call case_call(const struct truth *truth)
{
	uint64_t mark = (uint64_t)truth->name[0] << 16 | (uint64_t)truth->name[1] << 8 |
			(uint64_t)truth->name[2];
	struct call call = {.nr = CASE_NR};

	for (uint64_t i = 0; i < 6; i++)
		call.args[i] = mark << 8 | i;
	return call;
}

int case_installed(struct truth *truth, int result)
{
	if (result < 0)
		return truth_fail(truth, "installing a filter: %s", strerror(-result));
	truth_filter_added(truth);
	return 0;
}

int case_filter(struct truth *truth, uint32_t verdict, unsigned flags)
{
	return case_installed(truth, filter_deny(CALL_ARCH, CASE_NR, verdict, flags));
}

int case_fork(struct truth *truth, int truth_fd, int (*fn)(struct truth *truth, int truth_fd))
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return truth_fail(truth, "fork: %s", strerror(errno));
	if (!pid) {
		truth_join(truth);
		_exit(fn(truth, truth_fd) ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return truth_fail(truth, "a forked child ended with status %#x", status);
	return 0;
}

int case_exec(struct truth *truth, int truth_fd)
{
	char fd[16];
	char *argv[] = {"trigger-seccomp", "--resume", truth->name, fd, NULL};

	(void)snprintf(fd, sizeof(fd), "%d", truth_fd);
	(void)execv("/proc/self/exe", argv);
	return truth_fail(truth, "exec: %s", strerror(errno));
}

struct supervised {
	struct truth *truth;
	int (*check)(struct truth *truth);
	int ready[2]; /* the thread writes its listener's fd */
	pid_t tid;
	int result;
};

static void *run_supervised(void *data)
{
	struct supervised *s = data;
	int fd = filter_deny(CALL_ARCH, CASE_NR, SECCOMP_RET_USER_NOTIF | CASE_NOTIF_DATA,
			     SECCOMP_FILTER_FLAG_NEW_LISTENER);

	s->tid = gettid();
	s->result = case_installed(s->truth, fd);
	if (write(s->ready[1], &fd, sizeof(fd)) != sizeof(fd))
		s->result = truth_fail(s->truth, "pipe: %s", strerror(errno));
	if (!s->result)
		s->result = s->check(s->truth);
	return NULL;
}

static int answer(struct supervised *s, int listener, const struct answer *a)
{
	struct seccomp_notif notif = {0};
	struct seccomp_notif_resp resp = {.error = -a->error, .val = a->value, .flags = a->flags};
	struct pollfd pfd = {.fd = listener, .events = POLLIN};

	if (poll(&pfd, 1, SUPERVISOR_WAIT) != 1 ||
	    ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
		return truth_fail(s->truth, "no notification came: %s", strerror(errno));
	if (notif.pid != (uint32_t)s->tid || notif.data.nr != CASE_NR)
		return truth_fail(s->truth, "a notification of %u, call %d", notif.pid,
				  notif.data.nr);
	if (a->interrupt)
		return (int)syscall(SYS_tgkill, getpid(), s->tid, SIGUSR1);
	resp.id = notif.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp))
		return truth_fail(s->truth, "answering: %s", strerror(errno));
	return 0;
}

int case_supervised(struct truth *truth, const struct answer *answers, size_t n,
		    int (*check)(struct truth *truth))
{
	struct supervised s = {.truth = truth, .check = check};
	int listener = -1;
	pthread_t thread;

	if (pipe(s.ready) || pthread_create(&thread, NULL, run_supervised, &s))
		return truth_fail(truth, "no thread: %s", strerror(errno));
	if (read(s.ready[0], &listener, sizeof(listener)) != sizeof(listener) || listener < 0)
		return truth_fail(truth, "no listener");
	for (size_t i = 0; i < n; i++)
		if (answer(&s, listener, &answers[i]))
			return -1;
	(void)pthread_join(thread, NULL);
	return s.result;
}

static int run_traced(struct truth *truth, int (*check)(struct truth *truth))
{
	truth_join(truth);
	truth->ppid = getppid();
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP))
		return truth_fail(truth, "PTRACE_TRACEME: %s", strerror(errno));
	if (case_filter(truth, SECCOMP_RET_TRACE | CASE_TRACE_DATA, 0))
		return -1;
	return check(truth);
}

static int attend(struct truth *truth, pid_t pid, int (*fix)(pid_t pid))
{
	unsigned long data = 0;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) ||
	    ptrace(PTRACE_CONT, pid, 0, 0) || waitpid(pid, &status, 0) != pid)
		return truth_fail(truth, "tracing: %s", strerror(errno));
	if (status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
		return truth_fail(truth, "the tracer was not asked: status %#x", status);
	if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &data) || data != CASE_TRACE_DATA)
		return truth_fail(truth, "the tracer got message %lu", data);
	if (fix && fix(pid))
		return truth_fail(truth, "changing the registers: %s", strerror(errno));
	if (ptrace(PTRACE_CONT, pid, 0, 0) || waitpid(pid, &status, 0) != pid || status)
		return truth_fail(truth, "the traced child ended with status %#x", status);
	return 0;
}

int case_traced(struct truth *truth, int (*fix)(pid_t pid), int (*check)(struct truth *truth))
{
	pid_t pid = fork();

	if (pid < 0)
		return truth_fail(truth, "fork: %s", strerror(errno));
	if (!pid)
		_exit(run_traced(truth, check) ? 1 : 0);
	if (attend(truth, pid, fix)) {
		(void)kill(pid, SIGKILL);
		return -1;
	}
	return 0;
}
