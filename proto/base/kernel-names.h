/* SPDX-License-Identifier: Apache-2.0 */
/* Names that libseccomp has not, or has only of late. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* An architecture as it calls itself (x86_64), by its number in linux/audit.h. */
struct kernel_arch {
	uint32_t number;
	const char *name;
};
extern const struct kernel_arch kernel_archs[];
extern const size_t kernel_archs_n;

#define KERNEL_ARCH_X32 "x32" /* x86_64's, by the numbers of its calls */

/* System calls from number KERNEL_NEW_CALLS on, which all architectures have in common but for an
 * offset; and those of x86_64 alone. */
#define KERNEL_NEW_CALLS 449u
extern const char *const kernel_new_calls[];
extern const size_t kernel_new_calls_n;

struct kernel_call {
	uint32_t number;
	const char *name;
};
extern const struct kernel_call kernel_x86_64_calls[];
extern const size_t kernel_x86_64_calls_n;
