/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/shell-word.h"

#include <string.h>

static bool is_printable(const char *word)
{
	for (; *word; word++)
		if (*word < ' ' || *word > '~')
			return false;
	return true;
}

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_@%+:,./-";

	return *word && !word[strspn(word, plain)];
}

/* $'…', byte by byte: what \u00e9 is depends on the shell's locale. */
static void put_escaped(struct line *line, const char *word)
{
	line_text(line, "$'");
	for (; *word; word++) {
		if (*word < ' ' || *word > '~') {
			line_escape(line, *word);
			continue;
		}
		if (*word == '\\' || *word == '\'')
			line_put(line, "\\", 1);
		line_put(line, word, 1);
	}
	line_put(line, "'", 1);
}

void shell_word(struct line *line, const char *word)
{
	if (!is_printable(word)) {
		put_escaped(line, word);
		return;
	}
	if (is_plain(word)) {
		line_put(line, word, strlen(word));
		return;
	}
	line_put(line, "'", 1);
	for (; *word; word++) {
		if (*word == '\'')
			line_text(line, "'\\''");
		else
			line_put(line, word, 1);
	}
	line_put(line, "'", 1);
}
