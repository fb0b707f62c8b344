/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/layout/char-width.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "consumer/layout/char-widths.h"
#include "proto/base/utf8.h"
#include "proto/base/util.h"

struct range {
	uint32_t first, last;
};

static const struct range nothing[] = {CHAR_WIDTHS_NOTHING};
static const struct range wide[] = {CHAR_WIDTHS_WIDE};

static bool is_in(const struct range *ranges, size_t n, uint32_t code)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && code >= ranges[low].first;
}

static size_t width_of(uint32_t code)
{
	if (code < nothing[0].first)
		return 1;
	if (is_in(nothing, ARRAY_SIZE(nothing), code))
		return 0;
	return is_in(wide, ARRAY_SIZE(wide), code) ? 2 : 1;
}

/* Bytes of the character at @s; what is none is one byte, and one column. */
static size_t next_char(const char *s, size_t left, size_t *ret_width)
{
	uint32_t code;
	size_t size = utf8_decode((const uint8_t *)s, left, &code);

	*ret_width = size ? width_of(code) : 1;
	return size ? size : 1;
}

static bool is_ascii(const char *s, size_t size)
{
	uint64_t all = 0, eight;

	for (; size >= sizeof(eight); s += sizeof(eight), size -= sizeof(eight)) {
		memcpy(&eight, s, sizeof(eight));
		all |= eight;
	}
	for (size_t i = 0; i < size; i++)
		all |= (unsigned char)s[i];
	return !(all & UINT64_C(0x8080808080808080));
}

size_t char_width(const char *s, size_t size)
{
	size_t sum = 0, width;

	if (is_ascii(s, size))
		return size;
	for (size_t i = 0; i < size; sum += width)
		i += next_char(s + i, size - i, &width);
	return sum;
}

size_t char_fitting(const char *s, size_t size, size_t columns)
{
	size_t n = 0, width;

	while (n < size) {
		size_t next = next_char(s + n, size - n, &width);

		if (width > columns)
			break;
		columns -= width;
		n += next;
	}
	return n;
}

size_t char_fitting_end(const char *s, size_t size, size_t columns)
{
	size_t left = char_width(s, size), n = 0, width;

	while (left > columns) {
		n += next_char(s + n, size - n, &width);
		left -= width;
	}
	/* a mark does not stand without the character that it is on */
	while (n && n < size) {
		size_t next = next_char(s + n, size - n, &width);

		if (width)
			break;
		n += next;
	}
	return size - n;
}
