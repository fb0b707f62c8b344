/* SPDX-License-Identifier: Apache-2.0 */
/* libinih has room for INI_MAX_LINE bytes of a line, as it was built (200), and takes the rest for
 * another line. But it has values that go on in indented lines, and calls back for each of these: a
 * longer value is handed over in such pieces, and put together again. What it would take for a
 * comment or for indentation inside a value is masked by control characters, which no line may
 * have. A line of the file is never indented for it: people indent, and do not mean to go on. */
#include "streamer/config/ini.h"

#include <errno.h>
#include <ini.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/utf8.h"
#include "proto/base/util.h"

/* Longer names there are none. A piece of libinih's line has room for it. */
#define NAME_LENGTH_MAX 100u
#define MIN_ROOM (NAME_LENGTH_MAX + 16)
#define BOM "\xef\xbb\xbf"
#define BLANKS " \t"

static const char plain[] = "; #\t", masks[] = "\1\2\3\4";

struct ini {
	const struct ini_events *events;
	void *data;
	const char *at, *end; /* what has not been read */
	unsigned line;
	bool pending;     /* a key was handed to libinih, and did not come back whole */
	const char *rest; /* of its value, masked; has not been handed over */
	size_t n_rest;    /* the whole value's bytes */
	char key[NAME_LENGTH_MAX + 1];
	char value[INI_LINE_MAX + 1]; /* as it came back */
	size_t n_value;
	char text[INI_LINE_MAX + 1]; /* of the line */
};

static void replace(char *s, const char *from, const char *to)
{
	for (const char *found; *s; s++) {
		found = strchr(from, *s);
		if (found)
			*s = to[found - from];
	}
}

/* The end of the blanks at its end is cut off. Returns where it begins behind those at its begin.
 */
static char *trim(char *s)
{
	size_t n = strlen(s);

	while (n && strchr(BLANKS, s[n - 1]))
		n--;
	s[n] = '\0';
	return s + strspn(s, BLANKS);
}

/* What @text is that no line may be, or NULL. */
static const char *find_fault(const char *text, size_t size)
{
	uint32_t code;

	if (size > INI_LINE_MAX)
		return "the line is longer than 8192 bytes";
	for (size_t i = 0, n; i < size; i += n) {
		n = utf8_decode((const uint8_t *)text + i, size - i, &code);
		if (!n)
			return "the line is not UTF-8";
		if ((code < ' ' && code != '\t') || code == 0x7f)
			return "the line holds a control character";
	}
	return NULL;
}

static void tell(struct ini *ini, const char *sentence)
{
	ini->events->problem(ini->data, ini->line, sentence);
}

/* To ini->text. False: there is none; *ret_ok: it is one. */
static bool take_line(struct ini *ini, bool *ret_ok)
{
	const char *end, *fault;
	size_t n;

	if (ini->at == ini->end)
		return false;
	end = memchr(ini->at, '\n', (size_t)(ini->end - ini->at));
	n = (size_t)((end ? end : ini->end) - ini->at);
	ini->line++;
	if (n && ini->at[n - 1] == '\r') /* of who writes files on another system */
		n--;
	fault = find_fault(ini->at, n);
	if (!fault) {
		memcpy(ini->text, ini->at, n);
		ini->text[n] = '\0';
	} else {
		tell(ini, fault);
	}
	*ret_ok = !fault;
	ini->at = end ? end + 1 : ini->end;
	return true;
}

static bool take_section(struct ini *ini, char *text)
{
	size_t n = strlen(text);

	if (text[n - 1] != ']') {
		tell(ini, "a section is [NAME], on a line of its own");
		return false;
	}
	text[n - 1] = '\0';
	ini->events->section(ini->data, ini->line, text + 1);
	return true;
}

static bool take_key(struct ini *ini, char *text)
{
	char *value = strpbrk(text, "=:"), *key;

	if (!value) {
		tell(ini, "the line is neither KEY = VALUE nor [SECTION] nor a comment (#)");
		return false;
	}
	*value++ = '\0';
	key = trim(text);
	value = trim(value);
	if (!*key || strlen(key) > NAME_LENGTH_MAX || strpbrk(key, ";#")) {
		tell(ini, "the line has no name in front of its =");
		return false;
	}
	if (strlen(value) > INI_VALUE_MAX) {
		tell(ini, "the value is longer than 8000 bytes");
		return false;
	}
	(void)strcpy(ini->key, key);
	replace(value, plain, masks);
	ini->rest = value;
	ini->n_rest = strlen(value);
	ini->pending = true;
	ini->n_value = 0;
	return true;
}

/* What libinih is to read next. */
static char *hand_over(char *buf, int size, struct ini *ini, const char *before)
{
	const size_t room = (size_t)size - 1 - strlen(before) - 1;
	const size_t n = strnlen(ini->rest, room);

	(void)snprintf(buf, (size_t)size, "%s%.*s\n", before, (int)n, ini->rest);
	ini->rest += n;
	return buf;
}

static void miss_value(struct ini *ini)
{
	if (ini->pending)
		tell(ini, "the line is longer than this libinih can take");
	ini->pending = false;
	ini->rest = NULL;
}

/* As fgets(). */
static char *read_line(char *buf, int size, void *stream)
{
	struct ini *ini = stream;
	char name[NAME_LENGTH_MAX + 2], *text;
	bool ok;

	if (ini->rest && *ini->rest)
		return hand_over(buf, size, ini, " ");
	miss_value(ini);
	if ((size_t)size < MIN_ROOM || !take_line(ini, &ok))
		return NULL;
	text = ok ? trim(ini->text) : NULL;
	if (!text || !*text || strchr("#;", *text))
		return strcpy(buf, "\n");
	if (*text == '[') /* which one it is it need not know: it forgets the key before it */
		return strcpy(buf, take_section(ini, text) ? "[section]\n" : "\n");
	if (!take_key(ini, text))
		return strcpy(buf, "\n");
	(void)snprintf(name, sizeof(name), "%s=", ini->key);
	return hand_over(buf, size, ini, name);
}

/* From its first character to its last, as systemd has it: "a" "b" is not, and stays what it is. */
static bool is_quoted(const char *value)
{
	const char *p = value;

	if (*p++ != '"')
		return false;
	for (; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p == '"' && !p[1];
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c | 0x20) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* What stands behind a backslash, or '\0': nothing that may. *@p: its last character. */
static char take_escape(const char **p)
{
	static const char letters[] = "ntr\"\\", meant[] = "\n\t\r\"\\";
	const char *found = strchr(letters, **p);
	int high, low;

	if (**p && found)
		return meant[found - letters];
	if (**p != 'x')
		return '\0';
	high = hex_digit((*p)[1]);
	low = high < 0 ? -1 : hex_digit((*p)[2]);
	*p += 2;
	return low < 0 ? '\0' : (char)(high << 4 | low);
}

static bool unquote(char *value)
{
	char *to = value;

	for (const char *p = value + 1; *p && *p != '"'; p++) {
		char c = *p;

		if (c == '\\') {
			p++;
			c = take_escape(&p);
			if (!c)
				return false;
		}
		*to++ = c;
	}
	*to = '\0';
	return true;
}

/* A piece of a value. */
static int take_piece(void *user, const char *section, const char *name, const char *value)
{
	struct ini *ini = user;
	const size_t n = strlen(value);

	if (!ini->pending || ini->n_value + n > INI_LINE_MAX)
		return 1;
	memcpy(ini->value + ini->n_value, value, n + 1);
	ini->n_value += n;
	if (ini->n_value < ini->n_rest)
		return 1;
	ini->pending = false;
	replace(ini->value, masks, plain);
	if (is_quoted(ini->value) && !unquote(ini->value)) {
		tell(ini, "in a value in quotes, \\ is followed by \", \\, n, t, r or xHH");
		return 1;
	}
	ini->events->key(ini->data, ini->line, ini->key, ini->value);
	return 1;
}

int ini_read(const char *text, size_t size, const struct ini_events *events, void *data)
{
	_cleanup_free_ struct ini *ini = calloc(1, sizeof(*ini));
	const bool marked = size >= strlen(BOM) && !memcmp(text, BOM, strlen(BOM));

	if (!ini)
		return -ENOMEM;
	ini->events = events;
	ini->data = data;
	ini->at = text + (marked ? strlen(BOM) : 0);
	ini->end = text + size;
	if (ini_parse_stream(read_line, ini, take_piece, ini) == -2)
		return -ENOMEM;
	if (ini->at != ini->end)
		tell(ini, "this libinih has no room for lines as long as these are");
	return 0;
}

/* Whether a file has it as it is. */
static bool is_plain(const char *value)
{
	const size_t n = strlen(value);

	return !find_fault(value, n) && !is_quoted(value) &&
	       (!n || (!strchr(BLANKS, value[0]) && !strchr(BLANKS, value[n - 1])));
}

/* Nothing becomes longer than a file may have had it, which can hold all of it again. What is no
 * UTF-8 goes byte by byte. */
static size_t put_quoted(const char *value, char *to)
{
	const size_t n = strlen(value);
	char *p = to;
	uint32_t code;

	*p++ = '"';
	for (size_t i = 0, used; i < n; i += used) {
		used = utf8_decode((const uint8_t *)value + i, n - i, &code);
		if (used == 1 && strchr("\n\r", value[i])) {
			p += sprintf(p, "\\%c", value[i] == '\n' ? 'n' : 'r');
			continue;
		}
		if (!used || (code < ' ' && code != '\t') || code == 0x7f) {
			p += sprintf(p, "\\x%02x", (unsigned char)value[i]);
			used = 1;
			continue;
		}
		if (used == 1 && strchr("\"\\", value[i]))
			*p++ = '\\';
		memcpy(p, value + i, used);
		p += used;
	}
	*p++ = '"';
	*p = '\0';
	return (size_t)(p - to);
}

char *ini_value(const char *value)
{
	const size_t n = strlen(value);
	char *text;

	if (n <= INI_VALUE_MAX && is_plain(value))
		return strdup(value);
	if (n > INI_VALUE_MAX)
		return NULL;
	text = malloc(4 * n + 3);
	if (text && put_quoted(value, text) > INI_VALUE_MAX) {
		free(text);
		return NULL;
	}
	return text;
}
