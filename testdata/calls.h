/* SPDX-License-Identifier: Apache-2.0 */
/* System calls a trigger's task does not need, and pairs of them and an errno to deny them with. */
#pragma once

#define CALLS_ERROR_MAX 4095
#define CALLS_PAIRS_MAX (16ul * CALLS_ERROR_MAX)

struct calls_pair {
	long nr;
	unsigned long error;
};

/* NULL: it is none of them. */
const char *calls_name(long nr);
/* Returns 0, or -ENOENT: it is none of them. */
int calls_find(const char *name, long *ret);

/* The pair @number of CALLS_PAIRS_MAX: all calls with one errno, then with the next. */
struct calls_pair calls_pair(unsigned long number);
/* Puts a filter on the calling thread that denies all these calls, each with the errno that is its
 * first argument. Returns 0 or -errno. */
int calls_deny(void);
