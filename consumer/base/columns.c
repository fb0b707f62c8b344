/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/columns.h"

#define TEXT_SIZE 4096
#define CELL_MAX 128 /* bytes of a cell's text */

void columns_pad(struct line *line, const char *from, size_t width)
{
	size_t used = line_width(from, (size_t)(line->p - from));

	if (used < width)
		line_pad(line, width - used);
}

void columns_line(struct writer *writer, struct line *line)
{
	size_t size = line_end(line);

	writer_put(writer, line->start, size);
	writer_string(writer, "\n");
	*line = line_make(line->start, COLUMNS_LINE);
}

void columns_title(struct writer *writer, struct line *line, const char *title)
{
	columns_line(writer, line);
	line_text(line, title);
}

void columns_cell(struct line *line, const char *text, size_t width, const char *color)
{
	const char *start;
	size_t used;

	line_text(line, color ? color : "");
	start = line->p;
	line_safe(line, text, CELL_MAX);
	used = line_width(start, (size_t)(line->p - start));
	line_text(line, color ? COLUMNS_PLAIN : "");
	line_pad(line, used < width ? width - used : 1);
}

void columns_heading(struct writer *writer, const char *text, bool color)
{
	writer_string(writer, color ? "\n" COLUMNS_BOLD : "\n");
	writer_string(writer, text);
	writer_string(writer, color ? COLUMNS_PLAIN "\n" : "\n");
}

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

void columns_wrap(struct writer *writer, const char *first, size_t indent, const char *text)
{
	const size_t room = indent < COLUMNS_WIDTH - 8 ? COLUMNS_WIDTH - indent : 8;
	char safe[TEXT_SIZE], blank[COLUMNS_WIDTH];
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

void columns_row(struct writer *writer, const char *name, size_t width, const char *text)
{
	char first[256];
	struct line line = line_make(first, sizeof(first));

	columns_cell(&line, name, width, NULL);
	(void)line_end(&line);
	columns_wrap(writer, first, width, text);
}
