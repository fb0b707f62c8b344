/* SPDX-License-Identifier: Apache-2.0 */
/* Text in INI, by libinih, with what that does not do: it knows lines by their numbers, cuts none,
 * takes nothing off values, and says of each line that is none why. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a line, and of a value in it. */
#define INI_LINE_MAX 8192u
#define INI_VALUE_MAX 8000u

/* What is in it. All strings are gone when the function returns; lines count from 1. */
struct ini_events {
	void (*section)(void *data, unsigned line, const char *name);
	void (*key)(void *data, unsigned line, const char *key, const char *value);
	void (*problem)(void *data, unsigned line, const char *sentence);
};

/* Returns 0, also where there were problems, or -ENOMEM. */
int ini_read(const char *text, size_t size, const struct ini_events *events, void *data);

/* The value as a file has to have it, so that it comes back as it is: in quotes, if need be; to be
 * freed. NULL: no line is long enough for it, or there is no memory. */
char *ini_value(const char *value);
