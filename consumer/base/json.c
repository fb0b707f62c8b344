/* SPDX-License-Identifier: Apache-2.0 */
/* Strings are copied eight bytes at a time, up to the first byte that is special. */
#include "consumer/base/json.h"

#include <endian.h>

#include "proto/base/characters.h"

static const char hex_digits[16] = "0123456789abcdef";

/* What one step of a string takes at most: eight bytes, one as \u00xx, and the quotes. */
#define STEP_ROOM 32

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t v)
{
	static const uint64_t powers[] = {
		0,
		10,
		100,
		1000,
		10000,
		100000,
		1000000,
		10000000,
		100000000,
		1000000000,
		10000000000,
		100000000000,
		1000000000000,
		10000000000000,
		100000000000000,
		1000000000000000,
		10000000000000000,
		100000000000000000,
		1000000000000000000,
		10000000000000000000u,
	};
	/* 1233 / 4096 is close to log10(2): at most one too few */
	unsigned n = (64 - (unsigned)__builtin_clzll(v | 1)) * 1233 >> 12;

	return n + (v >= powers[n]);
}

uint8_t *json_digits(uint8_t *p, uint64_t v)
{
	uint8_t *end = p + (v ? count_digits(v) : 1), *at = end;

	for (; v >= 100; v /= 100)
		memcpy(at -= 2, pairs + 2 * (v % 100), 2);
	if (at - p == 2)
		memcpy(p, pairs + 2 * v, 2);
	else
		*p = (uint8_t)('0' + v);
	return end;
}

uint8_t *json_nano(uint8_t *p, uint32_t v)
{
	for (unsigned at = 7; at < 8; at -= 2, v /= 100)
		memcpy(p + at, pairs + (size_t)2 * (v % 100), 2);
	*p = (uint8_t)('0' + v);
	return p + 9;
}

uint8_t *json_signed_digits(uint8_t *p, int64_t v)
{
	if (v < 0)
		*p++ = '-';
	return json_digits(p, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void json_uint(struct writer *writer, uint64_t v)
{
	writer_used(writer, json_digits(writer_room(writer, JSON_NUMBER), v));
}

void json_int(struct writer *writer, int64_t v)
{
	writer_used(writer, json_signed_digits(writer_room(writer, JSON_NUMBER), v));
}

/* The eight hex digits of @v. */
static inline void put_hex32(uint8_t *p, uint32_t v)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t digits = v, letters;

	digits = (digits | digits << 16) & 0x0000ffff0000ffff;
	digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
	digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
	letters = (digits + 0x76 * ones) >> 7 & ones; /* 10 and more reach 0x80 */
	digits = htobe64(digits + '0' * ones + letters * ('a' - '0' - 10));
	memcpy(p, &digits, sizeof(digits));
}

uint8_t *json_address_digits(uint8_t *p, uint64_t v)
{
	unsigned size = (67 - (unsigned)__builtin_clzll(v | 1)) / 4;

	memcpy(p, "\"0x", 3);
	v <<= 64 - 4 * size; /* the first digit comes first */
	put_hex32(p + 3, (uint32_t)(v >> 32));
	if (size > 8)
		put_hex32(p + 11, (uint32_t)v);
	p[3 + size] = '"';
	return p + 4 + size;
}

void json_hex(struct writer *writer, const uint8_t *data, size_t size)
{
	size_t i = 0;

	writer_put(writer, "\"", 1);
	for (; i + 4 <= size; i += 4) {
		uint8_t *p = writer_room(writer, 8);
		uint32_t v;

		memcpy(&v, data + i, 4);
		put_hex32(p, be32toh(v));
		writer_used(writer, p + 8);
	}
	for (; i < size; i++) {
		uint8_t *p = writer_room(writer, 2);

		p[0] = (uint8_t)hex_digits[data[i] >> 4];
		p[1] = (uint8_t)hex_digits[data[i] & 15];
		writer_used(writer, p + 2);
	}
	writer_put(writer, "\"", 1);
}

void json_base64(struct writer *writer, const uint8_t *data, size_t size)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";

	writer_put(writer, "\"", 1);
	for (size_t i = 0; i < size; i += 3) {
		uint8_t *p = writer_room(writer, 4);
		size_t left = size - i;
		uint32_t v = (uint32_t)data[i] << 16;

		v |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
		v |= left > 2 ? data[i + 2] : 0;
		p[0] = (uint8_t)letters[v >> 18];
		p[1] = (uint8_t)letters[v >> 12 & 63];
		p[2] = left > 1 ? (uint8_t)letters[v >> 6 & 63] : '=';
		p[3] = left > 2 ? (uint8_t)letters[v & 63] : '=';
		writer_used(writer, p + 4);
	}
	writer_put(writer, "\"", 1);
}

size_t json_utf8(const uint8_t *p, size_t size)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (size < n)
		return 0;
	low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : low;
	high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : high;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static uint8_t *put_escape(uint8_t *out, uint8_t c)
{
	static const char names[] = "btn\0fr"; /* 8 to 13; 11 has none */

	*out++ = '\\';
	if (c == '"' || c == '\\') {
		*out++ = c;
	} else if (c >= 8 && c <= 13 && c != 11) {
		*out++ = (uint8_t)names[c - 8];
	} else {
		memcpy(out, "u00", 3);
		out[3] = (uint8_t)hex_digits[c >> 4];
		out[4] = (uint8_t)hex_digits[c & 15];
		out += 5;
	}
	return out;
}

/* The code point of the valid sequence of @n bytes at @p. */
static uint32_t code_of(const uint8_t *p, size_t n)
{
	uint32_t code = p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

static uint8_t *put_unit(uint8_t *out, uint32_t unit)
{
	*out++ = '\\';
	*out++ = 'u';
	for (unsigned shift = 16; shift;)
		*out++ = (uint8_t)hex_digits[unit >> (shift -= 4) & 15];
	return out;
}

/* By what JSON has for it: UTF-16. */
static uint8_t *put_code(uint8_t *out, uint32_t code)
{
	if (code < 0x10000)
		return put_unit(out, code);
	code -= 0x10000;
	return put_unit(put_unit(out, 0xd800 | code >> 10), 0xdc00 | (code & 0x3ff));
}

/* One character from *pp on. */
static uint8_t *put_char(uint8_t *out, const uint8_t **pp, size_t size)
{
	const uint8_t *p = *pp;
	size_t n = 1;

	if (p[0] < 0x20 || p[0] == '"' || p[0] == '\\' || p[0] == 0x7f) {
		out = put_escape(out, p[0]);
	} else if (p[0] < 0x80) {
		*out++ = p[0];
	} else if (!(n = json_utf8(p, size))) {
		memcpy(out, "\\ufffd", 6);
		out += 6;
		n = 1;
	} else if (character_is_unsafe(code_of(p, n))) {
		out = put_code(out, code_of(p, n));
	} else {
		memcpy(out, p, n);
		out += n;
	}
	*pp = p + n;
	return out;
}

/* How many of the eight bytes, from the first on, need no look: they are in 0x20..0x7e, and
 * neither " nor \. */
static inline unsigned count_plain(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x80 * ones;
	uint64_t quote = v ^ ('"' * ones), slash = v ^ ('\\' * ones), del = v ^ (0x7f * ones);
	uint64_t special;

	special = (v - 0x20 * ones) | v;    /* below 0x20, or above 0x7f */
	special |= (quote - ones) & ~quote; /* has a zero byte: it was there */
	special |= (slash - ones) & ~slash;
	special |= (del - ones) & ~del;
	special &= highs; /* of these the lowest is right; what it borrowed may make others */
	return special ? (unsigned)__builtin_ctzll(special) / 8 : 8;
}

/* The @n bytes at @p, less than eight, and blanks behind them. */
static inline uint64_t load_rest(const uint8_t *p, size_t n)
{
	uint64_t v = 0x2020202020202020u << 8 * n, low = 0, high = 0;

	/* two loads that may overlap */
	if (n >= 4) {
		memcpy(&low, p, 4);
		memcpy(&high, p + n - 4, 4);
		return v | le64toh(low) | le64toh(high) << 8 * (n - 4);
	}
	if (n >= 2) {
		memcpy(&low, p, 2);
		memcpy(&high, p + n - 2, 2);
		return v | le64toh(low) | le64toh(high) << 8 * (n - 2);
	}
	return n ? v | *p : v;
}

/* Eight bytes, or the last ones; at least one. */
static inline uint8_t *put_step(uint8_t *out, const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp;
	size_t left = (size_t)(end - p), n;
	uint64_t v;

	if (left >= 8) {
		memcpy(&v, p, 8);
		v = le64toh(v);
		left = 8;
	} else {
		v = load_rest(p, left);
	}
	n = count_plain(v);
	v = htole64(v);
	memcpy(out, &v, 8);
	if (n >= left) {
		*pp = p + left;
		return out + left;
	}
	*pp = p + n;
	return put_char(out + n, pp, (size_t)(end - *pp));
}

void json_string(struct writer *writer, const char *s, size_t size)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + size;
	uint8_t *out = writer_room(writer, STEP_ROOM);

	*out++ = '"';
	while (p < end) {
		out = put_step(out, &p, end);
		writer_used(writer, out);
		out = writer_room(writer, STEP_ROOM);
	}
	*out++ = '"';
	writer_used(writer, out);
}
