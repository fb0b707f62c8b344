/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/text-line.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/count.h"
#include "proto/base/secret-forms.h"
#include "proto/base/utf8.h"
#include "proto/base/util.h"

#define CUT_MARK "…"

struct line line_make(char *buf, size_t size)
{
	return (struct line){.start = buf, .p = buf, .end = buf + size - sizeof(CUT_MARK)};
}

size_t line_end(struct line *line)
{
	if (line->cut) {
		memcpy(line->p, CUT_MARK, sizeof(CUT_MARK) - 1);
		line->p += sizeof(CUT_MARK) - 1;
		/* the mark has room once */
		line->cut = false;
		line->end = line->p;
	}
	*line->p = '\0';
	return (size_t)(line->p - line->start);
}

void line_put_cut(struct line *line, const char *s)
{
	size_t room = (size_t)(line->end - line->p);

	if (line->cut)
		return;
	line->cut = true;
	/* never half a character */
	while (room && ((unsigned char)s[room] & 0xc0) == 0x80)
		room--;
	memcpy(line->p, s, room);
	line->p += room;
}

void line_hex(struct line *line, uint64_t v, unsigned digits)
{
	while (digits--)
		line_put(line, &"0123456789abcdef"[v >> 4 * digits & 0xf], 1);
}

static void put_escape(struct line *line, char letter, uint32_t code, unsigned digits)
{
	line_put(line, (const char[]){'\\', letter}, 2);
	line_hex(line, code, digits);
}

void line_escape(struct line *line, char c)
{
	put_escape(line, 'x', (unsigned char)c, 2);
}

void line_unit(struct line *line, const char *s, size_t size, bool begins)
{
	for (size_t i = 0; i < size; i++)
		if (strchr(LINE_UNIT_CHARS, s[i]) && (s[i] != '.' || i || !begins))
			line_put(line, s + i, 1);
		else
			line_escape(line, s[i]);
}

/* Whether what begins at @s, behind a backslash, would be read together with it: another escape
 * or backslash, or one of the escapes below, of a character we would write so. */
static bool continues_escape(const unsigned char *s)
{
	static const char hex[] = "0123456789abcdef";
	const size_t digits = *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 0;
	uint32_t code = 0;

	if (*s == '\\' || (*s && (!utf8_decode(s, SIZE_MAX, &code) || utf8_is_unsafe(code))))
		return true;
	code = 0;
	for (size_t i = 1; i <= digits; i++) {
		const char *digit = s[i] ? strchr(hex, s[i]) : NULL;

		if (!digit)
			return false;
		code = code << 4 | (uint32_t)(digit - hex);
	}
	return digits == 2 ? code < 0x20 || code >= 0x7f : digits && utf8_is_unsafe(code);
}

static void put_special(struct line *line, const unsigned char *s, size_t size, uint32_t code)
{
	if (*s == '\\')
		line_put(line, "\\\\", 2);
	else if (!size || code < 0x80)
		line_escape(line, (char)*s);
	else if (code < 0x10000)
		put_escape(line, 'u', code, 4);
	else
		put_escape(line, 'U', code, 8);
}

/* @doubles: every backslash. */
static inline void put_foreign(struct line *line, const char *s, size_t max, bool doubles)
{
	const unsigned char *p = (const unsigned char *)(s ? s : ""), *plain = p;
	const unsigned char *last = p + max;

	while (*p && p < last) {
		uint32_t code = 0;
		size_t size;

		if (*p >= 0x20 && *p < 0x7f && *p != '\\') {
			p++;
			continue;
		}
		size = utf8_decode(p, SIZE_MAX, &code);
		if (*p == '\\' ? !doubles && !continues_escape(p + 1)
			       : size && !utf8_is_unsafe(code)) {
			p += size;
			continue;
		}
		line_put(line, (const char *)plain, (size_t)(p - plain));
		put_special(line, p, size, code);
		p += size ? size : 1;
		plain = p;
	}
	line_put(line, (const char *)plain, (size_t)(p - plain));
	if (*p)
		line_text(line, CUT_MARK);
}

void line_safe(struct line *line, const char *s, size_t max)
{
	put_foreign(line, s, max, false);
}

void line_name(struct line *line, const char *s, size_t max)
{
	put_foreign(line, s, max, true);
}

/* A URL with stars in place of what stands before its host's '@', or is a key by its form, in @buf;
 * else @name itself. */
static const char *hide_user(const char *name, char buf[LINE_FILE])
{
	const char *scheme = strstr(name, "://"), *user = scheme ? scheme + strlen("://") : NULL;
	const char *at = user ? memrchr(user, '@', strcspn(user, "/?#")) : NULL;
	size_t size = at ? (size_t)(at - user) : 0;

	if (!at && user)
		user = secret_form_find(user, strlen(user), &size);
	if (!user || (!at && !size))
		return name;
	(void)snprintf(buf, LINE_FILE, "%.*s***%s", (int)(user - name), name, user + size);
	return buf;
}

const char *line_file(const char *name, char buf[LINE_FILE])
{
	struct line line = line_make(buf, LINE_FILE);
	char shown[LINE_FILE];

	line_safe(&line, hide_user(name, shown), LINE_FILE);
	(void)line_end(&line);
	return buf;
}

void line_uint(struct line *line, uint64_t v)
{
	char buf[20], *p = buf + sizeof(buf);

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	line_put(line, p, (size_t)(buf + sizeof(buf) - p));
}

void line_int(struct line *line, int64_t v)
{
	if (v < 0)
		line_put(line, "-", 1);
	line_uint(line, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void line_count(struct line *line, uint64_t v)
{
	char buf[COUNT_SIZE];
	const char *text = count_text(buf, v);

	line_put(line, text, (size_t)(buf + COUNT_SIZE - 1 - text));
}

void line_change(struct line *line, int64_t v)
{
	if (v < 0)
		line_put(line, "-", 1);
	line_count(line, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void line_counted(struct line *line, uint64_t v, const char *thing)
{
	char buf[COUNTED_SIZE];

	line_text(line, count_things(buf, v, thing));
}

void line_digits(struct line *line, uint64_t v, unsigned digits)
{
	char buf[20];

	for (unsigned i = digits; i--; v /= 10)
		buf[i] = (char)('0' + v % 10);
	line_put(line, buf, digits);
}

static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};

static unsigned unit_of(uint64_t bytes)
{
	return bytes ? (unsigned)(63 - __builtin_clzll(bytes)) / 10 : 0;
}

void line_bytes(struct line *line, uint64_t bytes)
{
	unsigned unit = unit_of(bytes);
	uint64_t whole, tenths, rest;

	if (!unit) {
		line_uint(line, bytes);
		line_text(line, units[0]);
		return;
	}
	/* in 1/1024 of the unit: 10 * rest cannot overflow */
	rest = bytes >> 10 * (unit - 1);
	tenths = (rest * 10 + 512) >> 10;
	whole = tenths < 100 ? tenths / 10 : (rest + 512) >> 10;
	if (whole >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		whole = 1;
		tenths = 10;
		unit++;
	}
	line_uint(line, whole);
	if (tenths < 100 && tenths % 10) {
		line_put(line, ".", 1);
		line_uint(line, tenths % 10);
	}
	line_text(line, units[unit]);
}

void line_limit(struct line *line, uint64_t bytes)
{
	unsigned unit = unit_of(bytes);
	uint64_t size = UINT64_C(1) << 10 * unit;

	/* 2 GiB and 1.5 GiB are exact; 17.5 GiB would not be printed so */
	bool exact = bytes % size == 0 || (bytes / size < 10 && bytes % size * 10 % size == 0);

	if (unit < 2 || exact || bytes % (size >> 10) || bytes / (size >> 10) >= 100000) {
		line_bytes(line, bytes);
		return;
	}
	line_uint(line, bytes / (size >> 10));
	line_text(line, units[unit - 1]);
}

void line_pad(struct line *line, size_t spaces)
{
	static const char blank[] = "                                ";

	while (spaces) {
		size_t n = spaces < sizeof(blank) - 1 ? spaces : sizeof(blank) - 1;

		line_put(line, blank, n);
		spaces -= n;
	}
}
