/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/layout/columns.h"

#include "consumer/layout/char-width.h"
#include "consumer/layout/wrap.h"

#define TEXT_SIZE 4096
#define CELL_MAX 128 /* bytes of a cell's text */

static void begin_row(struct columns *columns)
{
	columns->line = line_make(columns->row, sizeof(columns->row));
	columns->foreign = NULL;
	columns->escapes = 0;
}

void columns_init(struct columns *columns, struct writer *writer, bool color)
{
	columns->writer = writer;
	columns->color = color;
	begin_row(columns);
}

/* Bytes of the next line. */
static size_t next_line(const char *s, size_t room)
{
	size_t n = wrap_next(s, room);

	return char_width(s, n) > room ? char_fitting(s, n, room) : n;
}

static void write_text(const struct columns *columns)
{
	const size_t indent = columns->indent;
	const size_t room = indent < COLUMNS_WIDTH - 8 ? COLUMNS_WIDTH - indent : 8;
	char safe[TEXT_SIZE], blank[COLUMNS_WIDTH];
	struct line line = line_make(safe, sizeof(safe));
	struct line pad = line_make(blank, sizeof(blank));
	const char *s = safe;

	line_safe(&line, columns->foreign, TEXT_SIZE / 2);
	(void)line_end(&line);
	line_pad(&pad, indent);
	(void)line_end(&pad);
	do {
		size_t n = next_line(s, room);

		writer_string(columns->writer, s != safe ? blank : "");
		writer_put(columns->writer, s, n);
		writer_string(columns->writer, "\n");
		s += n;
		while (*s == ' ')
			s++;
	} while (*s);
}

void columns_end_row(struct columns *columns)
{
	size_t size = line_end(&columns->line);

	if (columns->foreign) {
		writer_put(columns->writer, columns->row,
			   (size_t)(columns->foreign - columns->row));
		write_text(columns);
	} else {
		writer_put(columns->writer, columns->row, size);
		writer_string(columns->writer, "\n");
	}
	begin_row(columns);
}

void columns_pad(struct columns *columns, size_t width)
{
	struct line *line = &columns->line;
	size_t used = char_width(line->start, (size_t)(line->p - line->start)) - columns->escapes;

	line_pad(line, used < width ? width - used : 0);
}

void columns_cell(struct columns *columns, const char *text, size_t width, const char *color)
{
	struct line *line = &columns->line;
	const char *start;
	size_t used;

	color = columns->color ? color : NULL;
	line_text(line, color ? color : "");
	start = line->p;
	line_safe(line, text, CELL_MAX);
	used = char_width(start, (size_t)(line->p - start));
	line_text(line, color ? COLUMNS_PLAIN : "");
	line_pad(line, used < width ? width - used : 1);
}

void columns_right(struct columns *columns, const char *text, size_t width)
{
	size_t used = char_width(text, strlen(text));

	line_pad(&columns->line, used < width ? width - used : 0);
	line_text(&columns->line, text);
}

void columns_count(struct columns *columns, uint64_t v, size_t width)
{
	char text[32];
	struct line line = line_make(text, sizeof(text));

	line_count(&line, v);
	(void)line_end(&line);
	columns_right(columns, text, width);
}

void columns_title(struct columns *columns, const char *title)
{
	columns_end_row(columns);
	line_text(&columns->line, columns->color ? COLUMNS_BOLD : "");
	line_text(&columns->line, title);
	line_text(&columns->line, columns->color ? COLUMNS_PLAIN : "");
	columns->escapes = columns->color ? strlen(COLUMNS_BOLD COLUMNS_PLAIN) : 0;
}

void columns_heading(struct columns *columns, const char *text)
{
	columns_title(columns, text);
	columns_end_row(columns);
}

void columns_begin_text(struct columns *columns, size_t indent)
{
	if (columns->line.p == columns->row)
		line_pad(&columns->line, indent);
	columns->foreign = columns->line.p;
	columns->indent = indent;
}

void columns_text(struct columns *columns, size_t indent, const char *text)
{
	columns_begin_text(columns, indent);
	line_text(&columns->line, text);
	columns_end_row(columns);
}

struct line *columns_begin_row(struct columns *columns, const char *name)
{
	columns_cell(columns, name, COLUMNS_NAME, NULL);
	columns_begin_text(columns, COLUMNS_NAME);
	return &columns->line;
}

void columns_row(struct columns *columns, const char *name, const char *text)
{
	line_text(columns_begin_row(columns, name), text);
	columns_end_row(columns);
}
