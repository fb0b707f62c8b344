/* SPDX-License-Identifier: Apache-2.0 */
/* Names of architectures, system calls and errors. Each is asked of its library once, and kept
 * as the bytes that go on the wire. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Fields arch, arch_name, syscall_number and syscall_name of SeccompDenial. */
#define SYSCALLS_CALL_SIZE 59

struct syscalls_call {
	int64_t nr;
	uint32_t arch; /* AUDIT_ARCH_* */
	uint8_t size;  /* of encoded; 0: not set */
	uint8_t encoded[SYSCALLS_CALL_SIZE];
};

/* Fields action, error_number and error_name of SeccompDenial. */
#define SYSCALLS_VERDICT_SIZE 31

struct syscalls_verdict {
	uint32_t action; /* SECCOMP_RET_* of linux/seccomp.h */
	int32_t error;
	uint8_t size; /* of encoded; 0: not set */
	uint8_t encoded[SYSCALLS_VERDICT_SIZE];
};

struct syscalls {
	struct syscalls_call *calls;
	struct syscalls_verdict *verdicts;
};

int syscalls_init(struct syscalls *syscalls);
void syscalls_done(struct syscalls *syscalls); /* any time, also twice */

/* A call whose number is not known has @nr SYSCALLS_NO_NR. Valid until the next call. */
#define SYSCALLS_NO_NR INT64_MIN
const struct syscalls_call *syscalls_call(struct syscalls *syscalls, uint32_t arch, int64_t nr);

/* Without an errno @error is SYSCALLS_NO_ERROR. Valid until the next call. */
#define SYSCALLS_NO_ERROR (-1)
const struct syscalls_verdict *syscalls_verdict(struct syscalls *syscalls, uint32_t action,
						int32_t error);

/* NULL if there is none. @nr tells x32 from x86_64. */
const char *syscalls_arch_name(uint32_t arch, int32_t nr);

/* By libseccomp, or by a table of our own of newer calls; NULL if neither knows it. The caller
 * frees it. */
char *syscalls_name(uint32_t arch, int32_t nr);

/* SeccompAction for SECCOMP_RET_*; 0 if it has none. */
unsigned syscalls_action(uint32_t action);
