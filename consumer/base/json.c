/* SPDX-License-Identifier: Apache-2.0 */
/* Strings are copied eight bytes at a time, up to the first byte that is special. */
#include "consumer/base/json.h"

#include <endian.h>
#include <time.h>

#include "proto/base/utf8.h"

/* What one step of a string takes at most: eight bytes, one as two \uxxxx and the four
 * digits behind it, and the quotes. */
#define STEP_ROOM 32
#define BYTE_ROOM 6 /* and what a byte does: \u001f */
#define SOME 1024   /* bytes of a string for which there is room at once */

#define NANO 1000000000u

#define HEX_STEP 64u /* bytes */

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
	writer_put(writer, "\"", 1);
	for (size_t n; size; data += n, size -= n) {
		uint8_t *p = writer_room(writer, 2 * HEX_STEP + 8);
		size_t i = 0;

		n = size < HEX_STEP ? size : HEX_STEP;
		for (; i + 4 <= n; i += 4) {
			uint32_t v;

			memcpy(&v, data + i, 4);
			put_hex32(p + 2 * i, be32toh(v));
		}
		for (; i < n; i++)
			put_hex32(p + 2 * i, (uint32_t)data[i] << 24);
		writer_used(writer, p + 2 * n);
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

/* The four digits behind it are written over. */
static uint8_t *put_unit(uint8_t *out, uint32_t unit)
{
	memcpy(out, "\\u", 2);
	put_hex32(out + 2, unit << 16);
	return out + 6;
}

/* By what JSON has for it: UTF-16. */
static uint8_t *put_code(uint8_t *out, uint32_t code)
{
	if (code < 0x10000)
		return put_unit(out, code);
	code -= 0x10000;
	return put_unit(put_unit(out, 0xd800 | code >> 10), 0xdc00 | (code & 0x3ff));
}

static uint8_t *put_ascii(uint8_t *out, uint8_t c)
{
	static const char names[] = "btn\0fr"; /* 8 to 13; 11 has none */
	bool named = c >= 8 && c <= 13 && c != 11;

	if (!named && (c < 0x20 || c == 0x7f))
		return put_unit(out, c);
	if (named || c == '"' || c == '\\')
		*out++ = '\\';
	*out++ = named ? (uint8_t)names[c - 8] : c;
	return out;
}

/* One character from *pp on. */
static uint8_t *put_char(uint8_t *out, const uint8_t **pp, size_t size)
{
	const uint8_t *p = *pp;
	uint32_t code;
	size_t n = utf8_decode(p, size, &code);

	*pp += n ? n : 1;
	if (!n)
		return put_unit(out, 0xfffd);
	if (n == 1)
		return put_ascii(out, *p);
	if (utf8_is_unsafe(code))
		return put_code(out, code);
	return (uint8_t *)mempcpy(out, p, n);
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

void json_chars(struct writer *writer, const char *s, size_t size)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + size, *stop;
	uint8_t *out = writer->buf + writer->size;

	while (p < end) {
		writer_used(writer, out);
		out = writer_room(writer, SOME * BYTE_ROOM + STEP_ROOM);
		stop = (size_t)(end - p) < SOME ? end : p + SOME;
		while (p < stop)
			out = put_step(out, &p, end);
	}
	writer_used(writer, out);
}

void json_string(struct writer *writer, const char *s, size_t size)
{
	writer_put(writer, "\"", 1);
	json_chars(writer, s, size);
	writer_put(writer, "\"", 1);
}

uint8_t *json_time(uint8_t *p, uint64_t nano)
{
	time_t second = (time_t)(nano / NANO); /* up to the year 2554 */
	struct tm tm;

	(void)gmtime_r(&second, &tm);
	p += strftime((char *)p, JSON_TIME, "%Y-%m-%dT%H:%M:%S.", &tm);
	p = json_nano(p, (uint32_t)(nano % NANO));
	*p++ = 'Z';
	return p;
}

uint8_t *json_seconds_digits(uint8_t *p, uint64_t nano)
{
	p = json_digits(p, nano / NANO);
	*p++ = '.';
	return json_nano(p, (uint32_t)(nano % NANO));
}
