/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of ours that do a part of the work, so that ringside need not link their libraries. */
#pragma once

#include <limits.h>

/* Where @name ("ringside-forward") is: beside this program, as the build leaves it, else where it
 * is installed. False: nowhere; @path is where it should be. */
_Bool helper_program_find(const char *name, char path[PATH_MAX]);

/* Becomes it: @argv[0] is replaced by its path. Returns -errno. */
int helper_program_exec(const char *name, char **argv);
