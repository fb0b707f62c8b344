/* SPDX-License-Identifier: Apache-2.0 */
/* One case for each action of a filter and each way it can end. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/cases.h"
#include "testdata/filter.h"

#define TRAP_DATA 0x55
#define SI_CODE_SECCOMP 1    /* SYS_SECCOMP of asm-generic/siginfo.h, which libc lacks */
#define NR_COMPAT_GETPPID 64 /* of i386 and arm */

static int deny_errno(struct truth *truth, int error, unsigned flags)
{
	struct verdict v = {.ret = CASE_ERRNO(error), .error = error, .log = flags != 0};
	struct call call = case_call(truth);

	if (case_filter(truth, v.ret, flags))
		return -1;
	return truth_denied(truth, &call, v);
}

static int run_c01(struct truth *truth, int truth_fd)
{
	return deny_errno(truth, EACCES, 0);
}

static int run_c02(struct truth *truth, int truth_fd)
{
	return deny_errno(truth, EACCES, SECCOMP_FILTER_FLAG_LOG);
}

static int run_c03(struct truth *truth, int truth_fd)
{
	return deny_errno(truth, ENOSYS, 0);
}

static int run_c04(struct truth *truth, int truth_fd)
{
	return deny_errno(truth, 0, 0);
}

/* What the handler saw, returned as the result of the call it interrupted. */
#define TRAP_RESULT(data, nr) ((long)(data) << 16 | (long)(nr))

static void on_sigsys(int signr, siginfo_t *info, void *data)
{
	call_set_result(data, info->si_code == SI_CODE_SECCOMP && info->si_arch == CALL_ARCH
				      ? TRAP_RESULT(info->si_errno, info->si_syscall)
				      : -1);
}

static int run_c05(struct truth *truth, int truth_fd)
{
	const struct sigaction handler = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
	struct verdict v = {.ret = SECCOMP_RET_TRAP | TRAP_DATA, .error = TRUTH_NO_ERROR};
	struct call call = case_call(truth);
	struct expect *e;
	long got;

	if (sigaction(SIGSYS, &handler, NULL))
		return truth_fail(truth, "sigaction: %s", strerror(errno));
	if (case_filter(truth, v.ret, 0))
		return -1;
	e = truth_expect(truth, &call, v);
	got = call_native(&e->call);
	truth_observe(truth, "SIGSYS handled, call %ld = %#lx", call.nr, got);
	if (got != TRAP_RESULT(TRAP_DATA, CASE_NR))
		return truth_fail(truth, "the handler left %#lx", got);
	return 0;
}

/* The filter ends the caller: the runner sees the signal. */
static int deny_and_die(struct truth *truth, uint32_t ret)
{
	struct verdict v = {.ret = ret, .error = TRUTH_NO_ERROR};
	struct call call = case_call(truth);
	struct expect *e;

	if (case_filter(truth, v.ret, 0))
		return -1;
	e = truth_expect(truth, &call, v);
	return truth_fail(truth, "the call returned %ld, nobody died", call_native(&e->call));
}

static int run_c06(struct truth *truth, int truth_fd)
{
	return deny_and_die(truth, SECCOMP_RET_KILL_PROCESS);
}

static int run_c07(struct truth *truth, int truth_fd)
{
	return deny_and_die(truth, SECCOMP_RET_KILL_THREAD);
}

#define NO_ACTION 0x00070000u /* none, now; the kernel takes it for KILL_PROCESS */

static int run_n25(struct truth *truth, int truth_fd)
{
	return deny_and_die(truth, NO_ACTION);
}

static void *die_alone(void *data)
{
	(void)deny_and_die(data, SECCOMP_RET_KILL_THREAD);
	return NULL;
}

static int run_c08(struct truth *truth, int truth_fd)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, die_alone, truth);

	if (r)
		return truth_fail(truth, "pthread_create: %s", strerror(r));
	(void)pthread_join(thread, NULL);
	truth_observe(truth, "the thread is gone, the process goes on");
	return truth->n_expect == 1 ? 0 : truth_fail(truth, "the thread did not get there");
}

static int run_c09(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_TRACE | CASE_TRACE_DATA, .error = ENOSYS};
	struct call call = case_call(truth);

	if (case_filter(truth, v.ret, 0))
		return -1;
	return truth_denied(truth, &call, v);
}

/* Of a call the filter stops, but somebody lets through. */
static int check_allowed(struct truth *truth)
{
	struct call call = case_call(truth);

	return truth_allowed(truth, &call, truth->ppid);
}

static int run_c10(struct truth *truth, int truth_fd)
{
	return case_traced(truth, NULL, check_allowed);
}

static int skip_call(pid_t pid)
{
	return call_skip(pid, 0);
}

static int check_c11(struct truth *truth)
{
	struct verdict v = {.ret = SECCOMP_RET_TRACE | CASE_TRACE_DATA,
			    .error = ENOSYS,
			    .nr_lost = true};
	struct call call = case_call(truth);

	return truth_denied(truth, &call, v);
}

static int run_c11(struct truth *truth, int truth_fd)
{
	return case_traced(truth, skip_call, check_c11);
}

static int check_c12(struct truth *truth)
{
	struct verdict v = {.ret = SECCOMP_RET_USER_NOTIF | CASE_NOTIF_DATA, .error = ENOMEDIUM};
	struct call call = case_call(truth);

	return truth_denied(truth, &call, v);
}

static int run_c12(struct truth *truth, int truth_fd)
{
	const struct answer answers[] = {{.error = ENOMEDIUM}};

	return case_supervised(truth, answers, ARRAY_SIZE(answers), check_c12);
}

static int run_c13(struct truth *truth, int truth_fd)
{
	const struct answer answers[] = {{.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE}};

	return case_supervised(truth, answers, ARRAY_SIZE(answers), check_allowed);
}

static int run_c14(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_LOG, .error = TRUTH_NO_ERROR};
	struct call call = case_call(truth);
	struct expect *e;
	long got;

	if (case_filter(truth, v.ret, 0))
		return -1;
	e = truth_expect(truth, &call, v);
	got = call_native(&e->call);
	truth_observe(truth, "call %ld = %ld", call.nr, got);
	return got == truth->ppid ? 0 : truth_fail(truth, "SECCOMP_RET_LOG did not allow it");
}

static int run_c15(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = CASE_ERRNO(EXDEV), .error = EXDEV, .compat = true};
	struct call call = case_call(truth);
	struct expect *e;
	long got;

	call.nr = NR_COMPAT_GETPPID;
	if (case_installed(truth, filter_deny(CALL_COMPAT_ARCH, call.nr, v.ret, 0)))
		return -1;
	e = truth_expect(truth, &call, v);
	got = call_compat(&e->call);
	if (got == -ENOEXEC)
		return truth_unsupported(truth, "this kernel has no 32-bit calls");
	return got == -EXDEV ? 0 : truth_fail(truth, "the call returned %ld", got);
}

static int run_c16(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_KILL_THREAD,
			    .error = TRUTH_NO_ERROR,
			    .strict = true};
	struct call call = case_call(truth);
	struct expect *e;

	if (truth->filters > 0)
		return truth_unsupported(truth, "strict mode needs a process without filters");
	e = truth_expect(truth, &call, v);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0))
		return truth_fail(truth, "strict mode: %s", strerror(errno));
	return truth_fail(truth, "the call returned %ld, nobody died", call_native(&e->call));
}

static int run_c17(struct truth *truth, int truth_fd)
{
	if (case_filter(truth, CASE_ERRNO(EACCES), 0))
		return -1;
	return case_fork(truth, truth_fd, case_exec);
}

static int resume_c17(struct truth *truth)
{
	truth_observe(truth, "exec under the filter");
	return 0;
}

static int run_c18(struct truth *truth, int truth_fd)
{
	return deny_and_die(truth, SECCOMP_RET_TRAP | TRAP_DATA);
}

static int run_c19(struct truth *truth, int truth_fd)
{
	const struct sigaction handler = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
	sigset_t set;

	if (sigaction(SIGSYS, &handler, NULL) || sigemptyset(&set) || sigaddset(&set, SIGSYS) ||
	    sigprocmask(SIG_BLOCK, &set, NULL))
		return truth_fail(truth, "blocking SIGSYS: %s", strerror(errno));
	return deny_and_die(truth, SECCOMP_RET_TRAP | TRAP_DATA);
}

const struct seccomp_case cases_action[] = {
	{"c01", "ERRNO(EACCES), not logged", run_c01, NULL, 0},
	{"c02", "ERRNO(EACCES) with SECCOMP_FILTER_FLAG_LOG", run_c02, NULL, 0},
	{"c03", "ERRNO(ENOSYS)", run_c03, NULL, 0},
	{"c04", "ERRNO(0)", run_c04, NULL, 0},
	{"c05", "TRAP, handled", run_c05, NULL, 0},
	{"c06", "KILL_PROCESS", run_c06, NULL, SIGSYS},
	{"c07", "KILL_THREAD of the only thread", run_c07, NULL, SIGSYS},
	{"c08", "KILL_THREAD of one of two threads", run_c08, NULL, 0},
	{"c09", "TRACE without a tracer", run_c09, NULL, 0},
	{"c10", "TRACE, the tracer allows it", run_c10, NULL, 0},
	{"c11", "TRACE, the tracer sets the number to -1", run_c11, NULL, 0},
	{"c12", "USER_NOTIF, denied", run_c12, NULL, 0},
	{"c13", "USER_NOTIF, continued", run_c13, NULL, 0},
	{"c14", "LOG", run_c14, NULL, 0},
	{"c15", "ERRNO of a 32-bit call", run_c15, NULL, 0},
	{"c16", "strict mode", run_c16, NULL, SIGKILL},
	{"c17", "fork and exec under a filter, nothing denied", run_c17, resume_c17, 0},
	{"c18", "TRAP, SIGSYS has its default action", run_c18, NULL, SIGSYS},
	{"c19", "TRAP, SIGSYS is blocked", run_c19, NULL, SIGSYS},
	{"n25", "an action the kernel does not know", run_n25, NULL, SIGSYS},
};
const size_t n_cases_action = ARRAY_SIZE(cases_action);
