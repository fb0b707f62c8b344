/* SPDX-License-Identifier: Apache-2.0 */
/* Builds one line of text in a bounded buffer: no allocation, no printf, safe for a terminal.
 * What does not fit is cut and the cut is marked; nothing ever fails. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* There and not empty. */
static inline bool text_has(const char *s)
{
	return s && *s;
}

/* Both there and the same. */
static inline bool text_equal(const char *a, const char *b)
{
	return text_has(a) && text_has(b) && strcmp(a, b) == 0;
}

struct line {
	char *start;
	char *p;   /* next byte to write */
	char *end; /* room for the mark of a cut and the NUL is behind it */
	bool cut;
};

/* @size: at least LINE_MIN. */
#define LINE_MIN 8
struct line line_make(char *buf, size_t size);

/* Ends the text with a NUL. Returns its bytes without it. */
size_t line_end(struct line *line);

/* Of @s, which is longer than the room, what fits. */
void line_put_cut(struct line *line, const char *s);

static inline void line_put(struct line *line, const char *s, size_t size)
{
	if (__builtin_expect(line->cut || size > (size_t)(line->end - line->p), 0)) {
		line_put_cut(line, s);
		return;
	}
	memcpy(line->p, s, size);
	line->p += size;
}

/* Our own words: not looked at. */
static inline void line_text(struct line *line, const char *s)
{
	line_put(line, s, strlen(s));
}

/* Foreign text: control characters, invalid UTF-8 and characters that reorder or hide others
 * are written as escapes. A backslash is doubled where it would look like the beginning of one, so
 * that no two texts print alike; elsewhere it stays, because systemd's names are full of them
 * ("dev-disk-by\x2duuid") and shall be usable as they stand. At most @max bytes of @s, at a
 * character's border; NULL is "". */
void line_safe(struct line *line, const char *s, size_t max);

/* The same of a name that a process has given itself: every backslash is doubled. */
void line_name(struct line *line, const char *s, size_t max);

void line_hex(struct line *line, uint64_t v, unsigned digits); /* 00ff */
void line_escape(struct line *line, char c);                   /* \xff */

/* As systemd has the path or the name @s in that of a unit: the beginning of it, or not. */
#define LINE_UNIT_CHARS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_."
void line_unit(struct line *line, const char *s, size_t size, bool begins);

/* The name of a file as line_safe has it; of a URL without the user and the password that may stand
 * before its host. Returns @buf. */
#define LINE_FILE 1024
const char *line_file(const char *name, char buf[LINE_FILE]);

void line_uint(struct line *line, uint64_t v);                       /* 1234 */
void line_int(struct line *line, int64_t v);                         /* -1 */
void line_count(struct line *line, uint64_t v);                      /* 48,201 */
void line_change(struct line *line, int64_t v);                      /* -1,234 */
void line_counted(struct line *line, uint64_t v, const char *thing); /* 1 event, 48,201 events */
void line_digits(struct line *line, uint64_t v, unsigned digits);    /* 007 */

/* "470 MiB", "1.5 GiB": two digits or more are enough. */
void line_bytes(struct line *line, uint64_t bytes);
/* As line_bytes, but exact where three words allow it: "1100 MiB" and not "1.1 GiB". */
void line_limit(struct line *line, uint64_t bytes);

void line_pad(struct line *line, size_t spaces);
