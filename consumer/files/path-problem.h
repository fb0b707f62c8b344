/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a file or folder, for people, and what to do about it. */
#pragma once

#include <stddef.h>

#define PATH_PROBLEM 2048

/* To who looks at one folder, only at what is in @path itself: that there are recordings in folders
 * in it, or deeper, as for each host one, which are not @done with. Returns @buf; NULL: none. */
const char *path_inner(const char *path, const char *done, char buf[PATH_PROBLEM]);

/* @error: -errno, or what folder_list answers. Who may not read it is told who may, and how to
 * become one of them. Returns @buf. */
const char *path_problem(const char *path, int error, char buf[PATH_PROBLEM]);
