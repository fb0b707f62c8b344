/* SPDX-License-Identifier: Apache-2.0 */
/* A fixed number of texts, one behind the other, each ended by a NUL. */
#pragma once

#include <stddef.h>

#define PACKED_TEXTS_SIZE 8192 /* of all; what is longer is cut */

struct packed_texts {
	unsigned left; /* that are still to be put */
	size_t size;
	char text[PACKED_TEXTS_SIZE];
};

void packed_texts_begin(struct packed_texts *fields, unsigned n);
/* The text @n of those at @text. */
const char *packed_texts_get(const char *text, unsigned n);
void packed_texts_put(struct packed_texts *fields, const char *text); /* NULL: as "" */
