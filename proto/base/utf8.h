/* SPDX-License-Identifier: Apache-2.0 */
/* Text that somebody else has chosen, such as names of tasks and files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As utf8_decode, of what is not ASCII. */
size_t utf8_decode_long(const uint8_t *s, size_t left, uint32_t *ret_code);

/* Bytes of the UTF-8 character at @s, of which @left are there, at least 1, and its code point; 0
 * if it is none (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
 * Of a string @left may be SIZE_MAX: its NUL ends every truncated one. */
static inline size_t utf8_decode(const uint8_t *s, size_t left, uint32_t *ret_code)
{
	*ret_code = *s;
	return *s < 0x80 ? 1 : utf8_decode_long(s, left, ret_code);
}

/* Control characters, and what makes a terminal or a reader see another text than is there: marks
 * of direction, spaces of no width, separators, tags, and the end of any line. */
bool utf8_is_unsafe(uint32_t code);

/* An invalid byte becomes the three bytes of U+FFFD. */
#define UTF8_GROWTH 3

/* Copies @size bytes to @to, which has room for UTF8_GROWTH times as many, each invalid byte
 * replaced by U+FFFD. Returns the bytes written. */
size_t utf8_clean(char *to, const char *from, size_t size);
