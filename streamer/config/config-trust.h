/* SPDX-License-Identifier: Apache-2.0 */
/* Whether anybody else has a say in which file it is that a path leads to. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* All folders above @path, and above what is open as @fd (-1: a link that leads nowhere one could
 * look), are to belong to root or @owner, and to be written by nobody else. Returns 0, or -errno
 * with a sentence in @error that begins with @path. */
int config_trust(const char *path, int fd, uid_t owner, char *error, size_t size);
