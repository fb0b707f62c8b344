/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold what nobody else is to know: a password, a key, headers with a token. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SECRET_FILE_DOUBT 512

/* Whether others than its owner can read it, as PostgreSQL's client judges keys: the group may if
 * root is the owner, which is how a service gets one. Then it is told, and used nevertheless: what
 * Kubernetes mounts is mode 644 unless it is asked not to be. False as well where there is none:
 * who opens it says so. */
bool secret_file_is_open(const char *path, char doubt[SECRET_FILE_DOUBT]);

/* What it holds, without the newline at the end of one that has a single line. 0; -EFBIG: more than
 * @size - 1 bytes; -EINVAL: none, or a NUL in it; another -errno. */
int secret_file_read(const char *path, char *value, size_t size);
