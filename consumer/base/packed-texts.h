/* SPDX-License-Identifier: Apache-2.0 */
/* A fixed number of texts, one behind the other, each ended by a NUL. */
#pragma once

#include <stddef.h>

#define FIELDS_SIZE 8192 /* of all; what is longer is cut */

struct fields {
	unsigned left; /* that are still to be put */
	size_t size;
	char text[FIELDS_SIZE];
};

void fields_begin(struct fields *fields, unsigned n);
void fields_put(struct fields *fields, const char *text); /* NULL: as "" */
