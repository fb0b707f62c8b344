/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that others change while they are under way: a tracer that makes another call of it or
 * takes it over, a thread that puts a filter on one that is in the kernel already. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/cases.h"
#include "testdata/filter.h"

#define EMULATED 77 /* what getppid() returns, says a tracer */

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

struct blocked {
	struct truth *truth;
	int pipe[2];
	int result;
};

static void *read_one(void *data)
{
	struct blocked *b = data;
	char c;
	struct call call = {.nr = SYS_read,
			    .args = {(uint64_t)b->pipe[0], (uint64_t)(uintptr_t)&c, 1}};

	b->result = truth_allowed(b->truth, &call, 1);
	return NULL;
}

/* The thread's call was let in before there was a filter. */
static int run_n18(struct truth *truth, int truth_fd)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
	struct blocked b = {.truth = truth};
	pthread_t thread;

	if (pipe(b.pipe) || pthread_create(&thread, NULL, read_one, &b))
		return truth_fail(truth, "no thread: %s", strerror(errno));
	(void)nanosleep(&pause, NULL); /* until it sleeps */
	if (case_installed(truth, filter_deny(CALL_ARCH, SYS_read, CASE_ERRNO(EPERM),
					      SECCOMP_FILTER_FLAG_TSYNC)))
		return -1;
	if (write(b.pipe[1], "", 1) != 1)
		return truth_fail(truth, "pipe: %s", strerror(errno));
	(void)pthread_join(thread, NULL);
	return b.result;
}

/* What a tracer does to a child that has stopped: 0, 1 when that was all, or -1 with errno. */
typedef int (*attend_fn)(struct truth *truth, pid_t pid, unsigned stop);

static int attend(struct truth *truth, pid_t pid, int request, unsigned long options, attend_fn fn,
		  int end)
{
	int status, r;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | options))
		return truth_fail(truth, "tracing: %s", strerror(errno));
	for (unsigned stop = 0;; stop++) {
		if (ptrace(request, pid, 0, 0) || waitpid(pid, &status, 0) != pid)
			return truth_fail(truth, "continuing: %s", strerror(errno));
		if (!WIFSTOPPED(status))
			break;
		r = fn(truth, pid, stop);
		if (r < 0)
			return truth_fail(truth, "its registers: %s", strerror(errno));
		if (r)
			request = PTRACE_CONT;
	}
	if (WIFSIGNALED(status) ? WTERMSIG(status) != end : status != end)
		return truth_fail(truth, "the traced child ended with status %#x", status);
	return 0;
}

static int begin_traced(struct truth *truth)
{
	truth_join(truth);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		return truth_fail(truth, "PTRACE_TRACEME: %s", strerror(errno));
	return 0;
}

static int end_traced(struct truth *truth, pid_t pid, int result)
{
	if (pid < 0)
		return truth_fail(truth, "fork: %s", strerror(errno));
	if (result)
		(void)kill(pid, SIGKILL);
	return result;
}

static int make_getpgid_of_it(struct truth *truth, pid_t pid, unsigned stop)
{
	truth->expect[0].call.nr = SYS_getpgid;
	return call_redirect(pid, SYS_getpgid) ? -1 : 1;
}

/* CASE_NR is asked of the tracer, who makes getpgid of it; @verdict is what that gets. */
static int redirected(struct truth *truth, struct verdict verdict)
{
	struct call call = case_call(truth);
	struct expect *e;
	long got;

	if (begin_traced(truth) || case_filter(truth, SECCOMP_RET_TRACE | CASE_TRACE_DATA, 0) ||
	    case_installed(truth, filter_deny(CALL_ARCH, SYS_getpgid, verdict.ret, 0)))
		return -1;
	call.nr = SYS_getpgid;
	e = truth_expect(truth, &call, verdict);
	if (raise(SIGSTOP))
		return truth_fail(truth, "raise: %s", strerror(errno));
	e->call.nr = CASE_NR; /* the tracer puts that right: the caller may not live to */
	got = call_native(&e->call);
	return got == -verdict.error ? 0 : truth_fail(truth, "the call returned %ld", got);
}

static int run_redirected(struct truth *truth, struct verdict verdict, int end)
{
	pid_t pid = fork();

	if (!pid)
		_exit(redirected(truth, verdict) ? 1 : 0);
	return end_traced(truth, pid,
			  pid < 0 ? 0
				  : attend(truth, pid, PTRACE_CONT, PTRACE_O_TRACESECCOMP,
					   make_getpgid_of_it, end));
}

static int run_n19(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = CASE_ERRNO(EACCES), .error = EACCES};

	return run_redirected(truth, v, 0);
}

static int run_n20(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_KILL_PROCESS, .error = TRUTH_NO_ERROR};

	return run_redirected(truth, v, SIGSYS);
}

/* The calls never get to the filter. One ends as the filter would have had it. */
static int emulate(struct truth *truth, pid_t pid, unsigned stop)
{
	return call_emulate(pid, stop ? -EPERM : EMULATED) ? -1 : stop > 0;
}

static int emulated(struct truth *truth)
{
	struct call call = case_call(truth);

	if (begin_traced(truth) || case_filter(truth, CASE_ERRNO(EPERM), 0))
		return -1;
	/* On from here each call stops before it is made. */
	if (syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP))
		return truth_fail(truth, "tgkill: %s", strerror(errno));
	if (truth_allowed(truth, &call, EMULATED))
		return -1;
	return truth_allowed(truth, &call, -EPERM);
}

static int run_n21(struct truth *truth, int truth_fd)
{
	pid_t pid = fork();

	if (!pid)
		_exit(emulated(truth) ? 1 : 0);
	return end_traced(truth, pid,
			  pid < 0 ? 0 : attend(truth, pid, PTRACE_SYSEMU, 0, emulate, 0));
}

/* A child that asks its tracer about CASE_NR, and never hears an answer. */
static int ask_in_vain(struct truth *truth)
{
	struct call call = case_call(truth);

	if (begin_traced(truth) || raise(SIGSTOP) ||
	    case_filter(truth, SECCOMP_RET_TRACE | CASE_TRACE_DATA, 0))
		return -1;
	return truth_fail(truth, "the call returned %ld", call_native(&call));
}

/* Returns the pid of such a child, stopped in its call, or -1. */
static pid_t start_asking(struct truth *truth, int (*ask)(struct truth *truth))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(ask(truth) ? 1 : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) ||
	    ptrace(PTRACE_CONT, pid, 0, 0) || waitpid(pid, &status, 0) != pid ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
		return truth_fail(truth, "the tracer was not asked: %s", strerror(errno));
	return pid;
}

static int check_killed(struct truth *truth, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return truth_fail(truth, "the traced child ended with status %#x", status);
	truth_observe(truth, "killed while it asked");
	return 0;
}

static int run_n29(struct truth *truth, int truth_fd)
{
	pid_t pid = start_asking(truth, ask_in_vain);

	if (pid < 0)
		return -1;
	(void)kill(pid, SIGKILL);
	return check_killed(truth, pid);
}

static int ask_and_be_refused(struct truth *truth)
{
	struct verdict v = {.ret = SECCOMP_RET_TRACE | CASE_TRACE_DATA,
			    .error = EACCES,
			    .nr_lost = true};
	struct call call = case_call(truth);
	struct expect *e;

	if (begin_traced(truth) || raise(SIGSTOP) || case_filter(truth, v.ret, 0))
		return -1;
	e = truth_expect(truth, &call, v);
	return truth_fail(truth, "the call returned %ld", call_native(&e->call));
}

/* The tracer has refused the call, though nobody lives to see it. */
static int run_n30(struct truth *truth, int truth_fd)
{
	pid_t pid = start_asking(truth, ask_and_be_refused);

	if (pid < 0)
		return -1;
	if (call_skip(pid, EACCES))
		return truth_fail(truth, "changing the registers: %s", strerror(errno));
	(void)kill(pid, SIGKILL);
	return check_killed(truth, pid);
}

/* The tracer dies, and PTRACE_O_EXITKILL does the rest: nobody traces the caller when it returns.
 */
static int run_n31(struct truth *truth, int truth_fd)
{
	int pipes[2], status;
	pid_t tracer, pid = -1;

	if (pipe(pipes) || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return truth_fail(truth, "pipe: %s", strerror(errno));
	tracer = fork();
	if (!tracer) {
		truth_join(truth);
		pid = start_asking(truth, ask_in_vain);
		_exit(pid > 0 && write(pipes[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1);
	}
	if (tracer < 0 || waitpid(tracer, &status, 0) != tracer || status ||
	    read(pipes[0], &pid, sizeof(pid)) != sizeof(pid))
		return truth_fail(truth, "no tracer");
	return check_killed(truth, pid);
}

const struct seccomp_case cases_late[] = {
	{"n18", "a filter comes while the call is under way", run_n18, NULL, 0},
	{"n19", "TRACE, the tracer makes a call of it that gets an ERRNO", run_n19, NULL, 0},
	{"n20", "TRACE, the tracer makes a call of it that gets killed", run_n20, NULL, 0},
	{"n21", "PTRACE_SYSEMU, the filter never asked", run_n21, NULL, 0},
	{"n29", "TRACE, killed while the tracer is asked", run_n29, NULL, 0},
	{"n30", "TRACE, the tracer refuses the call and kills the caller", run_n30, NULL, 0},
	{"n31", "TRACE, killed because the tracer dies", run_n31, NULL, 0},
};
const size_t n_cases_late = ARRAY_SIZE(cases_late);
