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

static size_t next_backslashed(const char *text, size_t size, char *ret)
{
	unsigned code;

	if (size > 1 && strchr("\"'\\/", text[1]) && text[1]) {
		*ret = text[1];
		return 2;
	}
	if (size < 2 || text[1] != 'u' || read_number(text + 2, size - 2, 16, 4, &code) != 4 ||
	    code > 0x7f)
		return 0;
	*ret = (char)code;
	return 6;
}

static size_t next_entity(const char *text, size_t size, char *ret)
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
		return n;
	}
	if (size < 4 || text[1] != '#')
		return 0;
	if (text[at] == 'x' || text[at] == 'X') {
		base = 16;
		at++;
	}
	n = read_number(text + at, size - at, base, 6, &code);
	at += n;
	if (!n || at >= size || text[at] != ';' || code > 0x7f)
		return 0;
	*ret = (char)code;
	return at + 1;
}

static size_t next_percent(const char *text, size_t size, char *ret)
{
	unsigned code;

	if (read_number(text + 1, size - 1, 16, 2, &code) != 2)
		return 0;
	*ret = (char)code;
	return 3;
}

size_t secret_form_next(const char *text, size_t size, enum secret_form form, char *ret)
{
	size_t n = 0;

	if (form == SECRET_URL && *text == '%')
		n = next_percent(text, size, ret);
	else if (form == SECRET_QUOTED && *text == '\\')
		n = next_backslashed(text, size, ret);
	else if (form == SECRET_QUOTED && *text == '&')
		n = next_entity(text, size, ret);
	if (n)
		return n;
	*ret = *text;
	return 1;
}

/* ---- Base64 ---- */

static int digit_of(char c)
{
	static const char all[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = strchr(all, c == '-' ? '+' : c == '_' ? '/' : c);

	return c && at ? (int)(at - all) : -1;
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
