/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold what nobody else is to know: a password, a key, headers with a token. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define SECRET_FILE_DOUBT 512

/* Whether others than its owner can read it, as PostgreSQL's client judges keys: the group may if
 * root is the owner, which is how a service gets one. Then it is told, and used nevertheless: what
 * Kubernetes mounts is mode 644 unless it is asked not to be. False as well where there is none:
 * who opens it says so. */
bool secret_file_is_open(const char *path, char doubt[SECRET_FILE_DOUBT]);

/* What it holds, without the newline at the end of one that has a single line. Of a pipe, as a
 * shell's <(command) is, what is written to it until it is closed: at most ten seconds, and no
 * longer than until @stop (NULL: never). 0, or -errno that secret_file_problem() has words for. */
int secret_file_read(const char *path, char *value, size_t size, const atomic_bool *stop);
const char *secret_file_problem(int error);

/* It is neither a file nor a folder: a library that opens it might wait for ever. */
bool secret_file_may_block(const char *path);
#define SECRET_FILE_BLOCKS "it has to be a file: a pipe can be read once only"
