/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/secret-forms.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/util.h"

#define SEED_SIZE 58u /* of an nkey: S, what it is of, and 56 more of Base32 */
#define JWT_LEAST 32u

/* ---- escapes ---- */

/* The number that is written with @digits of base 16 or 10, at most @most of them. Returns how many
 * there are. */
static size_t read_number(const char *text, size_t size, unsigned base, size_t most, unsigned *ret)
{
	size_t n = 0;

	*ret = 0;
	for (; n < size && n < most; n++) {
		const int c = tolower((unsigned char)text[n]);

		if (base == 16 ? !isxdigit(c) : !isdigit(c))
			break;
		*ret = *ret * base + (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return n;
}

/* Returns the bytes of UTF-8; 0: there is no such character. */
static size_t put_code(unsigned code, char ret[SECRET_FORM_CHAR])
{
	static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
	const size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	if (code > 0x10ffff)
		return 0;
	ret[0] = (char)(leads[more] | code >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		ret[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
	return more + 1;
}

static bool read_unicode(const char *text, size_t size, unsigned *ret)
{
	return size >= 6 && text[0] == '\\' && text[1] == 'u' &&
	       read_number(text + 2, 4, 16, 4, ret) == 4;
}

static size_t next_backslashed(const char *text, size_t size, char ret[SECRET_FORM_CHAR],
			       size_t *ret_size)
{
	unsigned code, low;
	size_t n = 6;

	if (size > 1 && strchr("\"'\\/", text[1]) && text[1]) {
		*ret = text[1];
		*ret_size = 1;
		return 2;
	}
	if (!read_unicode(text, size, &code))
		return 0;
	if (code >> 10 == 0xd800 >> 10 && read_unicode(text + n, size - n, &low) &&
	    low >> 10 == 0xdc00 >> 10) {
		code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
		n *= 2;
	}
	*ret_size = put_code(code, ret);
	return n;
}

static size_t next_entity(const char *text, size_t size, char ret[SECRET_FORM_CHAR],
			  size_t *ret_size)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
	unsigned code, base = 10;
	size_t at = 2, n;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		n = strlen(names[i].name);
		if (size < n || memcmp(text, names[i].name, n) != 0)
			continue;
		*ret = names[i].c;
		*ret_size = 1;
		return n;
	}
	if (size < 4 || text[1] != '#')
		return 0;
	if (text[at] == 'x' || text[at] == 'X') {
		base = 16;
		at++;
	}
	n = read_number(text + at, size - at, base, 7, &code);
	at += n;
	*ret_size = put_code(code, ret);
	return n && *ret_size && at < size && text[at] == ';' ? at + 1 : 0;
}

static size_t next_percent(const char *text, size_t size, char *ret)
{
	unsigned code;

	if (read_number(text + 1, size - 1, 16, 2, &code) != 2)
		return 0;
	*ret = (char)code;
	return 3;
}

size_t secret_form_next(const char *text, size_t size, enum secret_form form,
			char ret[SECRET_FORM_CHAR], size_t *ret_size)
{
	size_t n = 0;

	*ret_size = 1;
	if (form == SECRET_URL && *text == '%')
		n = next_percent(text, size, ret);
	else if (form == SECRET_QUOTED && *text == '\\')
		n = next_backslashed(text, size, ret, ret_size);
	else if (form == SECRET_QUOTED && *text == '&')
		n = next_entity(text, size, ret, ret_size);
	if (n)
		return n;
	*ret = *text;
	*ret_size = 1;
	return 1;
}

/* ---- Base64 ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit_of(char c)
{
	const char *at = strchr(digits, c == '-' ? '+' : c == '_' ? '/' : c);

	return c && at ? (int)(at - digits) : -1;
}

bool secret_form_base64(const char *text, size_t size, char *ret)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (size_t i = 0; i < size; i++) {
		const int digit = digit_of(text[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		*ret = (char)(bits >> n_bits);
		if ((unsigned char)*ret < ' ' || *ret == 0x7f)
			return false;
		ret++;
	}
	*ret = '\0';
	return size >= 4;
}

size_t secret_form_in_base64(const char *text, size_t size, unsigned before, char *ret)
{
	uint32_t bits = 0;
	unsigned n_bits = 8 * before, foreign = n_bits;
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | (uint8_t)text[i];
		for (n_bits += 8; n_bits >= 6; foreign -= foreign < 6 ? foreign : 6) {
			n_bits -= 6;
			if (!foreign)
				ret[n++] = digits[bits >> n_bits & 0x3f];
		}
	}
	return n;
}

/* ---- Latin-1 ---- */

size_t secret_form_from_latin1(const char *text, size_t size, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += put_code((uint8_t)text[i], ret + n);
	return n;
}

size_t secret_form_to_latin1(const char *text, size_t size, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		const uint8_t c = (uint8_t)text[i];

		if (c < 0x80) {
			ret[n++] = text[i];
			continue;
		}
		if ((c != 0xc2 && c != 0xc3) || ++i == size || ((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		ret[n++] = (char)(c << 6 | ((uint8_t)text[i] & 0x3f));
	}
	return n;
}

/* ---- what is one by its form ---- */

static size_t count_base64(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && (isalnum((unsigned char)text[n]) || text[n] == '-' || text[n] == '_'))
		n++;
	return n;
}

/* Three parts with points between them, the first a JSON object: {" is eyJ. */
static size_t jwt_size(const char *text, size_t size)
{
	size_t n = 0;

	if (size < JWT_LEAST || memcmp(text, "eyJ", 3) != 0)
		return 0;
	for (unsigned part = 0; part < 3; part++) {
		n += count_base64(text + n, size - n);
		if (part < 2 && n < size && text[n] == '.')
			n++;
	}
	return n >= JWT_LEAST ? n : 0;
}

static size_t seed_size(const char *text, size_t size)
{
	if (size < SEED_SIZE || text[0] != 'S' || !strchr("UANCOX", text[1]))
		return 0;
	for (size_t i = 2; i < SEED_SIZE; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", text[i]))
			return 0;
	return SEED_SIZE;
}

size_t secret_form_known(const char *text, size_t size)
{
	const size_t n = jwt_size(text, size);

	return n ? n : seed_size(text, size);
}

const char *secret_form_find(const char *text, size_t size, size_t *ret_size)
{
	for (size_t i = 0; i < size; i++) {
		*ret_size = secret_form_known(text + i, size - i);
		if (*ret_size)
			return text + i;
	}
	return NULL;
}
