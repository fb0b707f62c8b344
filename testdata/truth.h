/* SPDX-License-Identifier: Apache-2.0 */
/* What one seccomp case really does, noted by the process that does it in memory it shares with
 * the runner: the caller may be dead, or unable to write, when it is known. Also survives exec,
 * as a memfd. One thread at a time writes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "testdata/call.h"

#define TRUTH_PIDS 8
#define TRUTH_EXPECT 640
#define TRUTH_NO_ERROR (-1) /* the caller gets no errno */

/* What a filter says and what the caller gets from it. */
struct verdict {
	uint32_t ret; /* SECCOMP_RET_* with its data */
	int error;    /* errno the caller gets, or TRUTH_NO_ERROR */
	bool log;     /* the filter has SECCOMP_FILTER_FLAG_LOG */
	bool strict;  /* there is no filter: SECCOMP_MODE_STRICT */
	bool nr_lost; /* the number may be unknowable: a tracer overwrote it, or it was -1 */
	bool compat;  /* a call of a 32-bit program */
	bool unnamed; /* whether it has a name is not for this case to say */
};

struct expect {
	pid_t pid;
	pid_t tid;
	char comm[16];
	uid_t uid;
	gid_t gid;
	struct call call;
	struct verdict verdict;
	int filters; /* -1: not known */
};

struct truth {
	char name[8];
	int filters; /* on the thread that makes the next call; -1: not known */
	pid_t ppid;  /* what getppid() would say, asked before there was a filter */
	uid_t uid;   /* both in the user namespace of the case's beginning */
	gid_t gid;
	uint32_t n_pids;
	pid_t pids[TRUTH_PIDS];
	uint32_t n_expect;
	struct expect expect[TRUTH_EXPECT];
	char cgroups[4096]; /* /proc/self/cgroup */
	char cgroup[1024];  /* made for the case, from the hierarchy's root; empty: none */
	char observed[512];
	char failure[256]; /* not empty: the kernel did something else */
	bool unsupported;  /* failure says what this kernel lacks */
};

/* New, empty, shared truth and the memfd behind it. NULL with errno on failure. */
struct truth *truth_new(const char *name, int *ret_fd);
struct truth *truth_map(int fd); /* the same one again, after exec */

/* In the case's first process, before there is a filter. */
void truth_start(struct truth *truth);
/* Sets the calling process's comm to the case's name and counts it in. */
void truth_join(struct truth *truth);
/* A filter is in force on this thread from here on. */
void truth_filter_added(struct truth *truth);

/* Notes that @call is about to end in @verdict. Make the call through the result's own copy. */
struct expect *truth_expect(struct truth *truth, const struct call *call, struct verdict verdict);
/* The same, makes the call and checks what came back. Returns 0, or -1 after truth_fail. */
int truth_denied(struct truth *truth, const struct call *call, struct verdict verdict);
/* Makes a call that no filter may stop; it has to return @want. */
int truth_allowed(struct truth *truth, const struct call *call, long want);

__attribute__((format(printf, 2, 3))) void truth_observe(struct truth *truth, const char *fmt, ...);
/* Both return -1. */
__attribute__((format(printf, 2, 3))) int truth_fail(struct truth *truth, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) int truth_unsupported(struct truth *truth, const char *fmt,
							    ...);

/* One line of JSON on stdout. */
void truth_print(const struct truth *truth);
