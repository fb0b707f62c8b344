/* SPDX-License-Identifier: Apache-2.0 */
#include "wrap.h"

#include "line.h"

#define TEXT_SIZE 4096

/* Bytes of @s that fill at most @room columns, at a character's border. */
static size_t fitting(const char *s, size_t room)
{
	size_t n = 0;

	for (size_t columns = 0; s[n]; columns++) {
		if (columns == room)
			return n;
		for (n++; ((unsigned char)s[n] & 0xc0) == 0x80;)
			n++;
	}
	return n;
}

/* Bytes of the next line. */
static size_t next(const char *s, size_t room)
{
	size_t n = fitting(s, room), word = n;

	if (!s[n])
		return n;
	while (word && s[word] != ' ')
		word--;
	return word ? word : n;
}

void wrap(struct writer *writer, const char *first, size_t indent, const char *text)
{
	const size_t room = indent < WRAP_WIDTH - 8 ? WRAP_WIDTH - indent : 8;
	char safe[TEXT_SIZE], blank[WRAP_WIDTH];
	struct line line = line_make(safe, sizeof(safe));
	struct line pad = line_make(blank, sizeof(blank));
	const char *s = safe;

	line_safe(&line, text, TEXT_SIZE / 2);
	(void)line_end(&line);
	line_pad(&pad, indent);
	(void)line_end(&pad);
	writer_string(writer, first);
	do {
		size_t n = next(s, room);

		if (s != safe)
			writer_string(writer, blank);
		writer_put(writer, s, n);
		writer_string(writer, "\n");
		s += n;
		while (*s == ' ')
			s++;
	} while (*s);
}
