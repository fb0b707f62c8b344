/* SPDX-License-Identifier: Apache-2.0 */
/* Where the headers of a kernel are, as its modules are built with. */
#pragma once

#include <stddef.h>

#define HEADERS_PATH_MAX 512u

/* Distributions keep what the configuration has generated apart from what all kernels of a version
 * share; elsewhere both are one folder. */
struct headers {
	char build[HEADERS_PATH_MAX];
	char source[HEADERS_PATH_MAX];
};

/* Finds those of kernel @release below @root ("" but in tests). Returns 0, -ENOENT (there are
 * none), -EBADMSG (incomplete), or -ESTALE (of another kernel); the sentence in @error says what to
 * install. */
int headers_find(struct headers *ret, const char *root, const char *release, char *error,
		 size_t size);
