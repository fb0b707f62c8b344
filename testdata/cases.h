/* SPDX-License-Identifier: Apache-2.0 */
/* The table of seccomp cases. Each runs in a forked child of its own with the case's name as
 * its comm, notes in @truth what it is about to do, and checks that the kernel did it. */
#pragma once

#include <stddef.h>

#include "testdata/truth.h"

/* The native number of a call nothing else makes; it ignores its arguments. */
#define CASE_NR SYS_getppid
#define CASE_ERRNO(error) (SECCOMP_RET_ERRNO | (uint32_t)(error))
/* SECCOMP_RET_DATA of the filters below. */
#define CASE_TRACE_DATA 9
#define CASE_NOTIF_DATA 0x21

struct seccomp_case {
	const char *name;
	const char *what;
	/* Both return 0 or, after truth_fail, -1. */
	int (*run)(struct truth *truth, int truth_fd);
	int (*resume)(struct truth *truth); /* after the case's own exec, or NULL */
	int signal;                         /* that ends the child, 0: it exits by itself */
};

extern const struct seccomp_case cases_action[]; /* c01 to c19: every action and outcome */
extern const size_t n_cases_action;
extern const struct seccomp_case cases_shape[]; /* n01...: what is easily mistaken for a denial */
extern const size_t n_cases_shape;
extern const struct seccomp_case cases_late[]; /* n18...: calls that others change on their way */
extern const size_t n_cases_late;
extern const struct seccomp_case cases_number[]; /* n26...: unusual numbers and ways to call */
extern const size_t n_cases_number;

/* CASE_NR with six arguments that tell the cases apart. */
struct call case_call(const struct truth *truth);
/* Installs @verdict for CASE_NR, native. Returns 0 or, after truth_fail, -1. */
int case_filter(struct truth *truth, uint32_t verdict, unsigned flags);
/* What filter_install() returned: 0, or -1 after truth_fail. */
int case_installed(struct truth *truth, int result);
/* Runs @fn in a forked child, which exits 0 if it returns 0, and waits. 0 or -1. */
int case_fork(struct truth *truth, int truth_fd, int (*fn)(struct truth *truth, int truth_fd));
/* Becomes this program again, to go on with the case's resume(). Only returns on failure: -1. */
int case_exec(struct truth *truth, int truth_fd);

/* How a supervisor answers one notification. */
struct answer {
	int32_t error; /* positive errno, or 0 */
	int64_t value;
	uint32_t flags; /* SECCOMP_USER_NOTIF_FLAG_* */
	bool interrupt; /* no answer: a signal to the caller instead */
};

/* A thread makes CASE_NR under a filter that asks a supervisor, which gives @answers in order;
 * @check makes the calls and judges them. */
int case_supervised(struct truth *truth, const struct answer *answers, size_t n,
		    int (*check)(struct truth *truth));

/* A forked child makes CASE_NR under SECCOMP_RET_TRACE, traced by the case; @fix, if any, turns
 * the registers before the child goes on, and returns 0, or -1 with errno. */
int case_traced(struct truth *truth, int (*fix)(pid_t pid), int (*check)(struct truth *truth));
