/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that are left once the probes are attached. All others fail with EPERM: a libc
 * that does something another way shall not end a service. Only what would be a way out, and what
 * nothing here ever does, ends the process. */
#pragma once

#include <stdint.h>

#include <seccomp.h>

/* @arch: SCMP_ARCH_*. Returns 0 or -errno; seccomp_release(*ret). */
int syscall_filter_make(scmp_filter_ctx *ret, uint32_t arch);

/* Puts it on all threads. no_new_privs has to be set. Returns 0 or -errno. */
int syscall_filter_install(void);
