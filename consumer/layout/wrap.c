/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/layout/wrap.h"

#include <string.h>

#include "consumer/layout/char-width.h"

/* What stands before a blank belongs to what is behind it: "→ EPERM", "× 20". */
static bool is_bound(const char *s, size_t i)
{
	return (i >= 3 && !memcmp(s + i - 3, "→", 3)) || (i >= 2 && !memcmp(s + i - 2, "×", 2));
}

/* Bytes up to the first blank at or behind @from that is not in backquotes, nor bound. */
static size_t find_blank(const char *s, size_t from)
{
	bool quoted = false;
	size_t i = 0;

	for (; s[i]; i++) {
		if (s[i] == '`')
			quoted = !quoted;
		if (s[i] == ' ' && !quoted && i >= from && !is_bound(s, i))
			break;
	}
	return i;
}

size_t wrap_next(const char *s, size_t columns)
{
	size_t n = find_blank(s, 0), width = char_width(s, n);

	while (s[n]) {
		size_t next = find_blank(s, n + strspn(s + n, " "));

		width += char_width(s + n, next - n);
		if (width > columns)
			break;
		n = next;
	}
	return n;
}

size_t wrap_put(struct line *line, const char *text, size_t at, size_t indent, size_t columns)
{
	size_t lines = 0, size = strlen(text), n;

	if (!columns || at + char_width(text, size) <= columns) {
		line_put(line, text, size);
		return 0;
	}
	for (;;) {
		n = wrap_next(text, columns > at ? columns - at : 0);
		line_put(line, text, n);
		text += n + strspn(text + n, " ");
		if (!*text)
			return lines;
		line_put(line, "\n", 1);
		line_pad(line, indent);
		at = indent;
		lines++;
	}
}
