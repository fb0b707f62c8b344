/* SPDX-License-Identifier: Apache-2.0 */
/* Why the kernel does not do what we ask of it although we have the capabilities for it: a seccomp
 * profile, a security module, a user namespace, a limit; and what to change. */
#pragma once

#include <stddef.h>

/* @error is -errno of the system call @call ("bpf" or "perf_event_open"). A sentence in @buf. */
void refusal_explain(const char *call, int error, char *buf, size_t size);

/* Whether as many files can be opened as programs, maps and hooks take. Returns 0, or -EMFILE with
 * a sentence in @buf. */
int refusal_of_files(char *buf, size_t size);
