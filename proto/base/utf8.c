/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the well-formed sequence at @s, 0 if there is none (Unicode 15, table 3-7: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t sequence_size(const uint8_t *s, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t size;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		size = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		size = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (left < size)
		return 0;

	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if (!is_tail(s[i]))
			return 0;
	return size;
}

/* Nearly all names are ASCII: copies what is, a word at a time. Returns the bytes copied. */
static size_t copy_ascii(char *to, const uint8_t *s, size_t size)
{
	size_t done = 0;
	uint64_t word;

	while (size - done >= sizeof(word)) {
		memcpy(&word, s + done, sizeof(word));
		if (word & 0x8080808080808080)
			break;
		memcpy(to + done, &word, sizeof(word));
		done += sizeof(word);
	}
	return done;
}

size_t utf8_clean(char *to, const char *from, size_t size)
{
	const uint8_t *s = (const uint8_t *)from;
	char *start = to;
	size_t n = copy_ascii(to, s, size);

	to += n;
	s += n;
	size -= n;
	while (size) {
		n = sequence_size(s, size);
		if (n) {
			memcpy(to, s, n);
			to += n;
		} else {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			n = 1;
		}
		s += n;
		size -= n;
	}
	return (size_t)(to - start);
}
