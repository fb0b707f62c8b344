/* SPDX-License-Identifier: Apache-2.0 */
/* Text broken into lines, at blanks and never within a word. */
#pragma once

#include "consumer/base/text-line.h"

/* Bytes of @s that its first line has: the words that fit @columns, but one at least. What stands
 * in backquotes, a command to be copied, counts as one word. */
size_t wrap_next(const char *s, size_t columns);

/* Puts @text, which begins in the column @at: what does not fit @columns goes to lines of its own,
 * behind @indent blanks. @columns 0: as it stands. Returns how many lines were begun. */
size_t wrap_put(struct line *line, const char *text, size_t at, size_t indent, size_t columns);
