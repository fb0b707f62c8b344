/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns of a table of 80 characters a line. */
#pragma once

#include "writer.h"

#define WRAP_WIDTH 80

/* Writes @first, whose @indent columns (colours not counted) are filled by the caller, and @text
 * behind it, broken at blanks; what does not fit goes to lines of its own under the first. A word
 * longer than the room is broken where it has to be. @text is foreign and written as line_safe
 * does. */
void wrap(struct writer *writer, const char *first, size_t indent, const char *text);
