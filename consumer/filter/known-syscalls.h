/* SPDX-License-Identifier: Apache-2.0 */
/* The names that system calls have, on whatever architecture: what can be asked for. */
#pragma once

#include <stdbool.h>

#define KNOWN_SYSCALL_SIZE 64

bool known_syscall(const char *name);
bool known_syscall_glob(const char *pattern); /* which at least one matches */

/* The name nearest to @word, in @buf; NULL: none is near. */
const char *known_syscall_nearest(const char *word, char buf[KNOWN_SYSCALL_SIZE]);
