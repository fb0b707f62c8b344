/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files in what is said to people: nothing in them moves the cursor, begins another line,
 * or shows another text than is there. */
#pragma once

#include <stddef.h>

/* Copies the string @from to @to, which has room for @size bytes, at least 8; each byte of a
 * character that does such a thing, or of none, as \x1b. Cut where the room ends. */
void escape_line(char *to, size_t size, const char *from);
