/* SPDX-License-Identifier: Apache-2.0 */
/* Whether somebody is writing a file just now. */
#pragma once

#include <stdbool.h>

/* 1: somebody is, 0: nobody is, -errno: it cannot be told. @fd must be open for reading only.
 * Anything but a regular file is being written as long as it does not end: 0. */
int being_written_check(int fd);

/* Whether this file is being written, as far as can be told. */
bool being_written_path(const char *path);
