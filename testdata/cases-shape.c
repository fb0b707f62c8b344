/* SPDX-License-Identifier: Apache-2.0 */
/* What is easily mistaken for a denial, or for another one: filters being installed, signal
 * frames, restarts, emulated calls, stacked filters, verdicts that depend on arguments. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/cases.h"
#include "testdata/filter.h"

#define NR_UNKNOWN 1000 /* no kernel has it */
#define NR_X32 (0x40000000 | SYS_getppid)
#define IOCTL_DENIED 0x52494e47u
#define JUMPS 300
#define JUMPS_MAX 2000 /* close to what the kernel takes, BPF_MAXINSNS with their returns */

static int run_n01(struct truth *truth, int truth_fd)
{
	struct sock_filter code[] = {FILTER_RETURN(SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {.len = 1, .filter = code};

	for (int i = 0; i < 3; i++) {
		if (case_filter(truth, CASE_ERRNO(EPERM), 0))
			return -1;
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))
			return truth_fail(truth, "PR_SET_SECCOMP: %s", strerror(errno));
		truth_filter_added(truth);
	}
	if (case_filter(truth, CASE_ERRNO(EPERM), SECCOMP_FILTER_FLAG_TSYNC))
		return -1;
	/* The installing call itself fails, and that is no denial either. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) != -1 || errno != EFAULT)
		return truth_fail(truth, "a filter at NULL was taken");
	truth_observe(truth, "7 filters installed");
	return 0;
}

/* After rt_sigreturn the call's number is -1 and its result is whatever the frame says. */
static void on_usr1(int signr, siginfo_t *info, void *data)
{
	call_set_result(data, -EPERM);
}

static void on_usr2(int signr)
{
}

static int run_n02(struct truth *truth, int truth_fd)
{
	const struct sigaction liar = {.sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO};
	const struct sigaction plain = {.sa_handler = on_usr2};
	struct call call = {.nr = SYS_tgkill,
			    .args = {(uint64_t)getpid(), (uint64_t)gettid(), SIGUSR1}};

	if (sigaction(SIGUSR1, &liar, NULL) || sigaction(SIGUSR2, &plain, NULL))
		return truth_fail(truth, "sigaction: %s", strerror(errno));
	if (case_filter(truth, CASE_ERRNO(EPERM), 0) || truth_allowed(truth, &call, -EPERM))
		return -1;
	call.args[2] = SIGUSR2;
	return truth_allowed(truth, &call, 0);
}

static int run_n03(struct truth *truth, int truth_fd)
{
	int status;
	pid_t pid;

	if (case_filter(truth, CASE_ERRNO(EPERM), 0))
		return -1;
	pid = vfork();
	if (!pid) {
		(void)case_exec(truth, truth_fd);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return truth_fail(truth, "vfork and exec failed");
	return 0;
}

static int resume_quietly(struct truth *truth)
{
	truth_observe(truth, "exec under the filter");
	return 0;
}

static int check_n04(struct truth *truth)
{
	struct call call = case_call(truth);

	return truth_allowed(truth, &call, 0) || truth_allowed(truth, &call, 5) ? -1 : 0;
}

static int run_n04(struct truth *truth, int truth_fd)
{
	const struct answer answers[] = {{.value = 0}, {.value = 5}};

	return case_supervised(truth, answers, ARRAY_SIZE(answers), check_n04);
}

static int stack(struct truth *truth, long nr, const uint32_t *verdicts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (case_installed(truth, filter_deny(CALL_ARCH, nr, verdicts[i], 0)))
			return -1;
	return 0;
}

/* The smallest action wins; of equal ones the newest filter's. */
static int run_n05(struct truth *truth, int truth_fd)
{
	const uint32_t one[] = {CASE_ERRNO(EPERM), CASE_ERRNO(ENOSYS), SECCOMP_RET_LOG};
	const uint32_t two[] = {CASE_ERRNO(ENOSYS), CASE_ERRNO(EPERM), SECCOMP_RET_TRACE};
	struct call call = case_call(truth);

	if (stack(truth, SYS_getppid, one, ARRAY_SIZE(one)) ||
	    stack(truth, SYS_getpgid, two, ARRAY_SIZE(two)))
		return -1;
	if (truth_denied(truth, &call, (struct verdict){.ret = one[1], .error = ENOSYS}))
		return -1;
	call.nr = SYS_getpgid;
	return truth_denied(truth, &call, (struct verdict){.ret = two[1], .error = EPERM});
}

static int run_n06(struct truth *truth, int truth_fd)
{
	const struct sock_filter code[] = {
		FILTER_LOAD(nr),
		FILTER_IF(SYS_ioctl, 0, 5),
		FILTER_LOAD(args[1]), /* the low half, which comes first */
		FILTER_IF(IOCTL_DENIED, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + 4),
		FILTER_IF(0, 0, 1),
		FILTER_RETURN(CASE_ERRNO(EPERM)),
		FILTER_RETURN(SECCOMP_RET_ALLOW),
	};
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM};
	struct call call = {.nr = SYS_ioctl, .args = {UINT64_MAX, IOCTL_DENIED - 1, 3, 4, 5, 6}};

	if (case_installed(truth, filter_install(code, ARRAY_SIZE(code), 0)) ||
	    truth_allowed(truth, &call, -EBADF))
		return -1;
	call.args[1] = IOCTL_DENIED;
	if (truth_denied(truth, &call, v))
		return -1;
	call.args[1] |= 1ull << 32;
	return truth_allowed(truth, &call, -EBADF);
}

struct exec_thread {
	struct truth *truth;
	int truth_fd;
};

static int deny_eperm(struct truth *truth)
{
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM};
	struct call call = case_call(truth);

	return truth_denied(truth, &call, v);
}

static void *deny_and_exec(void *data)
{
	struct exec_thread *t = data;

	if (!deny_eperm(t->truth))
		(void)case_exec(t->truth, t->truth_fd);
	return NULL;
}

static int run_n07(struct truth *truth, int truth_fd)
{
	struct exec_thread t = {.truth = truth, .truth_fd = truth_fd};
	pthread_t thread;
	int r;

	if (case_filter(truth, CASE_ERRNO(EPERM), 0))
		return -1;
	r = pthread_create(&thread, NULL, deny_and_exec, &t);
	if (r)
		return truth_fail(truth, "pthread_create: %s", strerror(r));
	(void)pthread_join(thread, NULL);
	return truth_fail(truth, "the thread came back from exec");
}

static int resume_n07(struct truth *truth)
{
	if (gettid() != getpid())
		return truth_fail(truth, "exec by a thread did not make it the leader");
	return deny_eperm(truth);
}

/* @verdict for CASE_NR, which is asked for after @jumps other numbers. */
static int install_late(struct truth *truth, unsigned jumps, uint32_t verdict)
{
	struct sock_filter code[2 * JUMPS_MAX + 4] = {FILTER_LOAD(nr)};
	unsigned short n = 1;

	for (unsigned i = 0; i < jumps; i++) {
		code[n++] = (struct sock_filter)FILTER_IF(2 * NR_UNKNOWN + i, 0, 1);
		code[n++] = (struct sock_filter)FILTER_RETURN(SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)FILTER_IF(CASE_NR, 0, 1);
	code[n++] = (struct sock_filter)FILTER_RETURN(verdict);
	code[n++] = (struct sock_filter)FILTER_RETURN(SECCOMP_RET_ALLOW);
	return case_installed(truth, filter_install(code, n, 0));
}

static int run_n08(struct truth *truth, int truth_fd)
{
	return install_late(truth, JUMPS, CASE_ERRNO(EPERM)) || deny_eperm(truth) ? -1 : 0;
}

static int run_n22(struct truth *truth, int truth_fd)
{
	return install_late(truth, JUMPS_MAX, CASE_ERRNO(EPERM)) || deny_eperm(truth) ? -1 : 0;
}

static int run_n23(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_KILL_PROCESS, .error = TRUTH_NO_ERROR};
	struct call call = case_call(truth);
	struct expect *e;

	if (install_late(truth, JUMPS_MAX, v.ret))
		return -1;
	e = truth_expect(truth, &call, v);
	return truth_fail(truth, "the call returned %ld, nobody died", call_native(&e->call));
}

static int run_n09(struct truth *truth, int truth_fd)
{
	struct call call = {.nr = CASE_NR,
			    .args = {0, UINT64_MAX, 1ull << 63, 0xffffffff, 0x123456789abcdef0,
				     (uint64_t)-EPERM}};
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM};

	if (case_filter(truth, v.ret, 0))
		return -1;
	return truth_denied(truth, &call, v);
}

static int run_n10(struct truth *truth, int truth_fd)
{
	const struct sock_filter code[] = {
		FILTER_LOAD(nr),
		FILTER_IF(SYS_exit_group, 4, 0),
		FILTER_IF(SYS_prctl, 3, 0),
		FILTER_IF(SYS_getpid, 2, 0),
		FILTER_IF(SYS_gettid, 1, 0),
		FILTER_RETURN(CASE_ERRNO(EPERM)),
		FILTER_RETURN(SECCOMP_RET_ALLOW),
	};
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM};
	struct call call = case_call(truth);

	if (case_installed(truth, filter_install(code, ARRAY_SIZE(code), 0)))
		return -1;
	call.nr = NR_UNKNOWN;
	if (truth_denied(truth, &call, v))
		return -1;
	call.nr = -1;
	v.nr_lost = true; /* no hook can tell it from one a tracer has set */
	return truth_denied(truth, &call, v);
}

/* The filter comes first, also where the kernel has no x32. */
static int run_n11(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM};
	struct call call = case_call(truth);

	if (!call_has_x32)
		return truth_unsupported(truth, "only x86 has x32 calls");
	call.nr = NR_X32;
	if (case_installed(truth, filter_deny(CALL_ARCH, NR_X32, v.ret, 0)))
		return -1;
	return truth_denied(truth, &call, v);
}

static int skip_with_eacces(pid_t pid)
{
	return call_skip(pid, EACCES);
}

static int check_n12(struct truth *truth)
{
	struct verdict v = {.ret = SECCOMP_RET_TRACE | CASE_TRACE_DATA,
			    .error = EACCES,
			    .nr_lost = true};
	struct call call = case_call(truth);

	return truth_denied(truth, &call, v);
}

static int run_n12(struct truth *truth, int truth_fd)
{
	return case_traced(truth, skip_with_eacces, check_n12);
}

static int run_n13(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_USER_NOTIF | CASE_NOTIF_DATA, .error = ENOSYS};
	int fd = filter_deny(CALL_ARCH, CASE_NR, v.ret, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	struct call call = case_call(truth);

	if (case_installed(truth, fd))
		return -1;
	(void)close(fd);
	return truth_denied(truth, &call, v);
}

static int run_n14(struct truth *truth, int truth_fd)
{
	struct call calls[] = {
		{.nr = NR_UNKNOWN},
		{.nr = -1},
		{.nr = SYS_ptrace, .args = {PTRACE_ATTACH, (uint64_t)getpid()}},
		{.nr = SYS_ioctl, .args = {UINT64_MAX}},
	};
	const int errors[] = {ENOSYS, ENOSYS, EPERM, EBADF};

	if (case_filter(truth, CASE_ERRNO(EPERM), 0))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (truth_allowed(truth, &calls[i], -errors[i]))
			return -1;
	return 0;
}

/* Stopped and continued, the sleep goes on through restart_syscall. */
static int sleep_under_filter(struct truth *truth, int truth_fd)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
	struct call call = {.nr = SYS_nanosleep, .args = {(uint64_t)(uintptr_t)&pause}};

	return truth_allowed(truth, &call, 0);
}

static void *stop_and_continue(void *data)
{
	const struct timespec pause = {.tv_nsec = 30 * 1000 * 1000};
	struct truth *truth = data;

	for (int i = 0; i < 3; i++) {
		(void)nanosleep(&pause, NULL);
		if (truth->n_pids < 2)
			continue;
		(void)kill(truth->pids[1], SIGSTOP);
		(void)nanosleep(&pause, NULL);
		(void)kill(truth->pids[1], SIGCONT);
	}
	return NULL;
}

static int run_n15(struct truth *truth, int truth_fd)
{
	pthread_t thread;
	int r;

	if (case_filter(truth, CASE_ERRNO(EPERM), 0))
		return -1;
	if (pthread_create(&thread, NULL, stop_and_continue, truth))
		return truth_fail(truth, "no thread: %s", strerror(errno));
	r = case_fork(truth, truth_fd, sleep_under_filter);
	(void)pthread_join(thread, NULL);
	return r;
}

static int check_n16(struct truth *truth)
{
	struct call call = case_call(truth);

	return truth_allowed(truth, &call, truth->ppid);
}

/* The caller of a notification is interrupted, asks again, and is let through. */
static int run_n16(struct truth *truth, int truth_fd)
{
	const struct sigaction handler = {.sa_handler = on_usr2, .sa_flags = SA_RESTART};
	const struct answer answers[] = {{.interrupt = true},
					 {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE}};

	if (sigaction(SIGUSR1, &handler, NULL))
		return truth_fail(truth, "sigaction: %s", strerror(errno));
	return case_supervised(truth, answers, ARRAY_SIZE(answers), check_n16);
}

static void on_sigsys(int signr, siginfo_t *info, void *data)
{
	call_set_result(data, -TRUTH_NO_ERROR); /* what truth_denied() wants to see */
}

/* Where the result register is the first argument's, a call that is rolled back leaves there what
 * looks like the errno of another verdict; -1 is a usual argument, and EPERM. */
static int run_n17(struct truth *truth, int truth_fd)
{
	const struct sigaction handler = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
	struct verdict trap = {.ret = SECCOMP_RET_TRAP | EPERM, .error = TRUTH_NO_ERROR};
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM};
	const uint64_t args[] = {(uint64_t)-EPERM, 0, EPERM};
	struct call call = case_call(truth);

	if (sigaction(SIGSYS, &handler, NULL))
		return truth_fail(truth, "sigaction: %s", strerror(errno));
	if (case_filter(truth, v.ret, 0) ||
	    case_installed(truth, filter_deny(CALL_ARCH, SYS_getpgid, trap.ret, 0)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		call.args[0] = args[i];
		call.nr = CASE_NR;
		if (truth_denied(truth, &call, v))
			return -1;
		call.nr = SYS_getpgid;
		if (truth_denied(truth, &call, trap))
			return -1;
	}
	return 0;
}

#define OTHER_UID 4242

/* In a user namespace that maps nobody: there the caller is the overflow user. */
static int run_n24(struct truth *truth, int truth_fd)
{
	if (setresgid(OTHER_UID, OTHER_UID, OTHER_UID) ||
	    setresuid(OTHER_UID, OTHER_UID, OTHER_UID))
		return truth_fail(truth, "setresuid: %s", strerror(errno));
	truth->uid = truth->gid = OTHER_UID;
	if (unshare(CLONE_NEWUSER))
		return truth_unsupported(truth, "no user namespaces: %s", strerror(errno));
	if (getuid() == OTHER_UID)
		return truth_fail(truth, "still user %d", OTHER_UID);
	return case_filter(truth, CASE_ERRNO(EPERM), 0) || deny_eperm(truth) ? -1 : 0;
}

const struct seccomp_case cases_shape[] = {
	{"n01", "filters being installed", run_n01, NULL, 0},
	{"n02", "signal handlers returning", run_n02, NULL, 0},
	{"n03", "vfork and exec under a filter", run_n03, resume_quietly, 0},
	{"n04", "USER_NOTIF, emulated with success", run_n04, NULL, 0},
	{"n05", "stacked filters", run_n05, NULL, 0},
	{"n06", "a verdict that depends on an argument", run_n06, NULL, 0},
	{"n07", "exec by a thread that is not the leader", run_n07, resume_n07, 0},
	{"n08", "ERRNO behind 300 jumps", run_n08, NULL, 0},
	{"n09", "arguments at the edges of 64 bits", run_n09, NULL, 0},
	{"n10", "unknown numbers and -1 under a default of ERRNO", run_n10, NULL, 0},
	{"n11", "ERRNO of an x32 number", run_n11, NULL, 0},
	{"n12", "TRACE, the tracer skips the call with an errno of its own", run_n12, NULL, 0},
	{"n13", "USER_NOTIF, nobody listens any more", run_n13, NULL, 0},
	{"n14", "allowed calls that fail in the kernel", run_n14, NULL, 0},
	{"n15", "a call restarted by the kernel", run_n15, NULL, 0},
	{"n16", "USER_NOTIF, interrupted, asked again, continued", run_n16, NULL, 0},
	{"n17", "first arguments that look like results", run_n17, NULL, 0},
	{"n22", "ERRNO behind 2,000 jumps", run_n22, NULL, 0},
	{"n23", "KILL_PROCESS behind 2,000 jumps", run_n23, NULL, SIGSYS},
	{"n24", "in a user namespace", run_n24, NULL, 0},
};
const size_t n_cases_shape = ARRAY_SIZE(cases_shape);
