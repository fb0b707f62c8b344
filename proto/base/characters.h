/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of text that somebody else has chosen, before it is shown to people. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the UTF-8 character at @s and its code point; 0 if it is none. The string's NUL ends
 * every truncated one. */
size_t character_decode(const unsigned char *s, uint32_t *ret_code);

/* Control characters, and what makes a terminal or a reader see another text than is there: marks
 * of direction, spaces of no width, separators, tags, and the end of any line. */
bool character_is_unsafe(uint32_t code);
