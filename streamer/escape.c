/* SPDX-License-Identifier: Apache-2.0 */
#include "escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the character at @s; 0: it is none. The NUL ends every truncated one. */
static size_t length(const uint8_t *s)
{
	size_t size = *s < 0x80   ? 1
		      : *s < 0xc2 ? 0
		      : *s < 0xe0 ? 2
		      : *s < 0xf0 ? 3
		      : *s < 0xf5 ? 4
				  : 0;

	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

/* Control characters; U+061C, U+200B to 200F, 2028 to 202E, 2060 to 206F, FEFF; tags. */
static bool is_unsafe(const uint8_t *s, size_t size)
{
	if (size == 1)
		return *s < 0x20 || *s == 0x7f;
	if (size == 2)
		return (s[0] == 0xc2 && (s[1] < 0xa0 || s[1] == 0xad)) ||
		       (s[0] == 0xd8 && s[1] == 0x9c);
	if (size == 3)
		return (s[0] == 0xe2 && s[1] == 0x80 &&
			((s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae))) ||
		       (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xaf) ||
		       (s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf);
	return size != 4 || (s[0] == 0xf3 && s[1] == 0xa0);
}

void escape_line(char *to, size_t size, const char *from)
{
	const uint8_t *p = (const uint8_t *)from;
	char *end = to + size - 1;

	while (*p) {
		size_t n = length(p);
		bool unsafe = is_unsafe(p, n);

		n = n ? n : 1;
		if ((size_t)(end - to) < n * 4)
			break;
		for (; n; n--, p++) {
			if (unsafe)
				to += sprintf(to, "\\x%02x", *p);
			else
				*to++ = (char)*p;
		}
	}
	*to = '\0';
}
