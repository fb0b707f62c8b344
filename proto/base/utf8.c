/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/utf8.h"

#include <string.h>

#include "proto/base/util.h"

size_t utf8_decode_long(const uint8_t *s, size_t left, uint32_t *ret_code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
	uint32_t code = size ? *s & (0x7fu >> size) : *s;

	if (left < size)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return size;
}

bool utf8_is_unsafe(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},       {0x034f, 0x034f},
		{0x061c, 0x061c}, {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
		{0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0x2800, 0x2800},
		{0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
		{0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};

	size_t low = 0, high = ARRAY_SIZE(ranges); /* the first that ends at @code or behind */

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ARRAY_SIZE(ranges) && code >= ranges[low].first;
}

/* Nearly all names are ASCII: copies what is, a word at a time, up to the first byte that is not.
 * Returns the bytes copied. */
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
	for (; done < size && s[done] < 0x80; done++)
		to[done] = (char)s[done];
	return done;
}

size_t utf8_clean(char *to, const char *from, size_t size)
{
	const uint8_t *s = (const uint8_t *)from, *end = s + size, *run;
	char *start = to;
	size_t n = copy_ascii(to, s, size);
	uint32_t code;

	to += n;
	for (s += n; s < end;) {
		run = s;
		while (s < end && (n = utf8_decode(s, (size_t)(end - s), &code)))
			s += n;
		to = mempcpy(to, run, (size_t)(s - run));
		if (s < end) {
			to = mempcpy(to, "\xef\xbf\xbd", UTF8_GROWTH);
			s++;
		}
	}
	return (size_t)(to - start);
}
