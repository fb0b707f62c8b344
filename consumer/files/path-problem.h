/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a file or folder, for people, and what to do about it. */
#pragma once

#include <stddef.h>

#define PATH_PROBLEM 512
#define PATH_INNER 640

/* To who looks at one folder, only at what is in @path itself: one of the folders in it that have
 * recordings, as for each host one, safe to print. Returns @buf; NULL: none of the first entries
 * is. */
const char *path_inner(const char *path, char buf[PATH_INNER]);

/* @error: -errno, or what folder_list answers. Who may not read it is told who may, and how to
 * become one of them. Returns @buf. */
const char *path_problem(const char *path, int error, char buf[PATH_PROBLEM]);
