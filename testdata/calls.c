/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/calls.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "proto/base/util.h"
#include "testdata/filter.h"

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{"getppid", SYS_getppid},
	{"keyctl", SYS_keyctl},
	{"add_key", SYS_add_key},
	{"mount", SYS_mount},
	{"umount2", SYS_umount2},
	{"ptrace", SYS_ptrace},
	{"bpf", SYS_bpf},
	{"unshare", SYS_unshare},
	{"setns", SYS_setns},
	{"acct", SYS_acct},
	{"swapon", SYS_swapon},
	{"personality", SYS_personality},
	{"userfaultfd", SYS_userfaultfd},
	{"perf_event_open", SYS_perf_event_open},
	{"init_module", SYS_init_module},
	{"clone3", SYS_clone3},
};
_Static_assert(ARRAY_SIZE(calls) * CALLS_ERROR_MAX == CALLS_PAIRS_MAX, "calls");

const char *calls_name(long nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	return NULL;
}

int calls_find(const char *name, long *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strcmp(calls[i].name, name) != 0)
			continue;
		*ret = calls[i].nr;
		return 0;
	}
	return -ENOENT;
}

struct calls_pair calls_pair(unsigned long number)
{
	return (struct calls_pair){
		.nr = calls[number % ARRAY_SIZE(calls)].nr,
		.error = number / ARRAY_SIZE(calls) + 1,
	};
}

int calls_deny(void)
{
	struct sock_filter code[ARRAY_SIZE(calls) + 6] = {FILTER_LOAD(nr)};
	unsigned short n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++, n++)
		code[n] = (struct sock_filter)FILTER_IF(calls[i].nr, ARRAY_SIZE(calls) - i, 0);
	code[n++] = (struct sock_filter)FILTER_RETURN(SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)FILTER_LOAD(args[0]);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SECCOMP_RET_DATA);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	return filter_install(code, n, 0);
}
