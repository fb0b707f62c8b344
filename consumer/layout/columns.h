/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns: a row at hand that cells are put in, headings, and what is broken into lines of
 * 80 characters. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "consumer/base/text-line.h"

#define COLUMNS_WIDTH 80
#define COLUMNS_NAME 16  /* of a name in the first column */
#define COLUMNS_ROW 2048 /* bytes: a row of a chart has 3 of them a column */

#define COLUMNS_BOLD "\x1b[1m"
#define COLUMNS_RED "\x1b[1;31m"
#define COLUMNS_GREEN "\x1b[32m"
#define COLUMNS_PLAIN "\x1b[0m"

struct columns {
	struct writer *writer; /* borrowed */
	bool color;
	struct line line; /* the row at hand; anybody may add to it */
	/* --- */
	const char *foreign; /* what is broken into lines, or NULL */
	size_t indent;       /* of these lines */
	size_t escapes;      /* bytes in the row that are colour, and fill no column */
	char row[COLUMNS_ROW];
};

/* It points into itself: not to be copied. */
void columns_init(struct columns *columns, struct writer *writer, bool color);

/* Writes the row and its end, and begins the next one. */
void columns_end_row(struct columns *columns);

/* Fills the row up to @width columns. */
void columns_pad(struct columns *columns, size_t width);

/* Foreign @text, filled with blanks up to @width columns; what is longer has one behind it.
 * @color: NULL, or what it has where there are colours. */
void columns_cell(struct columns *columns, const char *text, size_t width, const char *color);

/* At the right of @width columns. */
void columns_right(struct columns *columns, const char *text, size_t width);
void columns_count(struct columns *columns, uint64_t v, size_t width);

/* After an empty line: @title, in bold, behind which others may follow; and the titles of columns.
 */
void columns_title(struct columns *columns, const char *title);
void columns_heading(struct columns *columns, const char *text);

/* What comes to the row from here on is foreign text, written as line_safe does and broken at
 * blanks: what does not fit goes to lines of its own under the first, behind @indent columns, as
 * many as the cells before it fill; where there are none, it is indented, too. A word longer than
 * the room is broken where it has to be. */
void columns_begin_text(struct columns *columns, size_t indent);
void columns_text(struct columns *columns, size_t indent, const char *text); /* a row's end, too */

/* A row of a name, and the text that comes then. */
struct line *columns_begin_row(struct columns *columns, const char *name);
void columns_row(struct columns *columns, const char *name, const char *text);
