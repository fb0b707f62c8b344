/* SPDX-License-Identifier: Apache-2.0 */
/* A system call made with all six argument registers set, so that what a filter, a tracer or a
 * probe sees is known exactly. libc's wrappers leave the unused registers to chance. */
#pragma once

#include <stdint.h>

struct call {
	long nr;
	uint64_t args[6];
	uint64_t ip; /* set before the call: the address behind the instruction */
};

/* Returns what the kernel left in the result register: -errno on failure. */
long call_native(struct call *call); /* the syscall instruction */
long call_i386(struct call *call);   /* int $0x80: i386 numbers, arguments of 32 bits */
