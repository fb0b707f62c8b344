/* SPDX-License-Identifier: Apache-2.0 */
/* Calls the kernel keeps no account of, or not in the usual place: numbers it does not have yet,
 * those of x32, negative ones, and the three that old programs call in the vsyscall page. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/cases.h"
#include "testdata/filter.h"

/* Behind what each of today's kernels has, and where they keep which calls are always allowed:
 * whole words for some 450 to 480 numbers. */
#define NEW_FIRST 449
#define NEW_LAST 1085
#define X32_BIT 0x40000000u
#define X32_LAST (X32_BIT + 575) /* 512 to 547 are its own */
#define TRAP_DATA 0x77
#define PAGE 4096

/* @verdict from @first to @last, all others are allowed. */
static int deny_range(struct truth *truth, uint32_t first, uint32_t last, uint32_t verdict)
{
	const struct sock_filter code[] = {
		FILTER_LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
		FILTER_RETURN(verdict),
		FILTER_RETURN(SECCOMP_RET_ALLOW),
	};

	return case_installed(truth, filter_install(code, ARRAY_SIZE(code), 0));
}

static int try_range(struct truth *truth, uint32_t first, uint32_t last)
{
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM, .unnamed = true};
	struct call call = case_call(truth);

	if (deny_range(truth, first, last, v.ret))
		return -1;
	for (call.nr = first; call.nr <= last; call.nr++)
		if (truth_denied(truth, &call, v))
			return -1;
	return 0;
}

static int run_n26(struct truth *truth, int truth_fd)
{
	return try_range(truth, NEW_FIRST, NEW_LAST);
}

static int run_n28(struct truth *truth, int truth_fd)
{
	if (!call_has_x32)
		return truth_unsupported(truth, "only x86 has x32 calls");
	return try_range(truth, X32_BIT + 440, X32_LAST);
}

/* Behind uretprobe and uprobe, which seccomp lets pass since 6.14, and which end the caller who is
 * no trampoline of theirs. */
static int run_n37(struct truth *truth, int truth_fd)
{
	return try_range(truth, 337, 423);
}

static int deny_compat(struct truth *truth, long nr)
{
	struct verdict v = {.ret = CASE_ERRNO(EXDEV),
			    .error = EXDEV,
			    .unnamed = true,
			    .compat = true};
	struct call call = case_call(truth);
	struct expect *e;
	long got;

	call.nr = nr;
	e = truth_expect(truth, &call, v);
	got = call_compat(&e->call);
	if (got == -ENOEXEC)
		return truth_unsupported(truth, "this kernel has no 32-bit calls");
	return got == -EXDEV ? 0 : truth_fail(truth, "call %ld returned %ld", nr, got);
}

/* The first that a kernel lacks, the next, a word's end and its beginning; in a process of its own
 * each, because it may have to become another program. */
static int run_n27(struct truth *truth, int truth_fd)
{
	static const long numbers[] = {441, 442, 447, 448, 449, 451, 452, 463, 464,
				       470, 471, 472, 473, 474, 511, 512, 1023};
	int status;

	if (deny_range(truth, numbers[0], NEW_LAST, CASE_ERRNO(EXDEV)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(numbers) && !*truth->failure; i++) {
		pid_t pid = fork();

		if (!pid) {
			truth_join(truth);
			_exit(deny_compat(truth, numbers[i]) ? 1 : 0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			return truth_fail(truth, "call %ld ended with status %#x", numbers[i],
					  status);
	}
	return *truth->failure ? -1 : 0;
}

/* No kernel has them, and a filter may still have an errno for them. */
static int run_n32(struct truth *truth, int truth_fd)
{
	static const long numbers[] = {-2, -1024, -4096, -0x40000000, INT32_MIN};
	struct verdict v = {.ret = CASE_ERRNO(EPERM), .error = EPERM, .unnamed = true};
	struct call call = case_call(truth);

	if (deny_range(truth, 1u << 31, UINT32_MAX - 1, v.ret))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		call.nr = numbers[i];
		if (truth_denied(truth, &call, v))
			return -1;
	}
	return 0;
}

static const long old_calls[] = {SYS_gettimeofday,
#ifdef SYS_time
				 SYS_time,
#endif
				 SYS_getcpu};

static int make_old_calls(struct truth *truth, uint32_t ret, int error)
{
	struct verdict v = {.ret = ret, .error = error};
	struct call call = case_call(truth);

	for (size_t i = 0; i < ARRAY_SIZE(old_calls); i++)
		if (case_installed(truth, filter_deny(CALL_ARCH, old_calls[i], ret, 0)))
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(old_calls); i++) {
		struct expect *e;
		long got;

		call.nr = old_calls[i];
		e = truth_expect(truth, &call, v);
		got = call_vsyscall(&e->call);
		if (got != -error)
			return truth_fail(truth, "call %ld returned %ld", call.nr, got);
	}
	return 0;
}

static int run_n33(struct truth *truth, int truth_fd)
{
	if (!call_has_vsyscall())
		return truth_unsupported(truth, "no calls by the vsyscall page");
	return make_old_calls(truth, CASE_ERRNO(EACCES), EACCES);
}

static void on_sigsys(int signr, siginfo_t *info, void *data)
{
	call_set_result(data, -TRUTH_NO_ERROR);
}

static int run_n34(struct truth *truth, int truth_fd)
{
	const struct sigaction handler = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
	struct verdict trap = {.ret = SECCOMP_RET_TRAP | TRAP_DATA, .error = TRUTH_NO_ERROR};
	struct call call = case_call(truth);

	if (!call_has_vsyscall())
		return truth_unsupported(truth, "no calls by the vsyscall page");
	if (sigaction(SIGSYS, &handler, NULL))
		return truth_fail(truth, "sigaction: %s", strerror(errno));
	if (make_old_calls(truth, trap.ret, trap.error))
		return -1;
	/* And one the usual way behind it. */
	call.nr = SYS_gettimeofday;
	return truth_denied(truth, &call, trap);
}

static int run_n35(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = SECCOMP_RET_KILL_PROCESS, .error = TRUTH_NO_ERROR};
	struct call call = case_call(truth);
	struct expect *e;

	if (!call_has_vsyscall())
		return truth_unsupported(truth, "no calls by the vsyscall page");
	call.nr = SYS_gettimeofday;
	if (case_installed(truth, filter_deny(CALL_ARCH, call.nr, v.ret, 0)))
		return -1;
	e = truth_expect(truth, &call, v);
	return truth_fail(truth, "the call returned %ld, nobody died", call_vsyscall(&e->call));
}

/* By a jump, with a stack that is not in the page table when the program looks at it. */
static int run_n38(struct truth *truth, int truth_fd)
{
	struct verdict v = {.ret = CASE_ERRNO(EACCES), .error = EACCES};
	_cleanup_close_ int fd = memfd_create("stack", MFD_CLOEXEC);
	struct call call = case_call(truth);
	uint64_t *store, *stack;
	struct expect *e;
	long got;

	if (!call_has_vsyscall())
		return truth_unsupported(truth, "no calls by the vsyscall page");
	if (fd < 0 || ftruncate(fd, PAGE) ||
	    (store = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED ||
	    (stack = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED)
		return truth_fail(truth, "no memory: %s", strerror(errno));
	call.nr = SYS_gettimeofday;
	if (case_installed(truth, filter_deny(CALL_ARCH, call.nr, v.ret, 0)))
		return -1;
	e = truth_expect(truth, &call, v);
	got = call_vsyscall_from(&e->call, store, stack);
	return got == -EACCES ? 0 : truth_fail(truth, "the call returned %ld", got);
}

/* Allowed, and refused for what it points to: by the kernel, not by a filter. */
static int run_n36(struct truth *truth, int truth_fd)
{
	struct call call = {.nr = SYS_gettimeofday};

	if (!call_has_vsyscall())
		return truth_unsupported(truth, "no calls by the vsyscall page");
	if (case_filter(truth, CASE_ERRNO(EPERM), 0))
		return -1;
	return call_vsyscall(&call) ? truth_fail(truth, "gettimeofday failed") : 0;
}

const struct seccomp_case cases_number[] = {
	{"n26", "ERRNO of 637 numbers, most of which no kernel has", run_n26, NULL, 0},
	{"n27", "the same of 32-bit calls", run_n27, NULL, 0},
	{"n28", "the same of x32 calls", run_n28, NULL, 0},
	{"n32", "ERRNO of negative numbers", run_n32, NULL, 0},
	{"n33", "ERRNO of calls by the vsyscall page", run_n33, NULL, 0},
	{"n34", "TRAP of calls by the vsyscall page", run_n34, NULL, 0},
	{"n35", "KILL_PROCESS of a call by the vsyscall page", run_n35, NULL, SIGSYS},
	{"n36", "an allowed call by the vsyscall page", run_n36, NULL, 0},
	{"n37", "ERRNO of numbers that are left out", run_n37, NULL, 0},
	{"n38", "ERRNO of a jump to the vsyscall page", run_n38, NULL, 0},
};
const size_t n_cases_number = ARRAY_SIZE(cases_number);
