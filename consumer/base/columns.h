/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns: cells, headings, and what is broken into lines of 80 characters. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "consumer/base/text-line.h"

#define COLUMNS_WIDTH 80

#define COLUMNS_BOLD "\x1b[1m"
#define COLUMNS_RED "\x1b[1;31m"
#define COLUMNS_GREEN "\x1b[32m"
#define COLUMNS_PLAIN "\x1b[0m"

/* Fills up to @width columns, counted from @from, which points into the line. */
void columns_pad(struct line *line, const char *from, size_t width);

#define COLUMNS_LINE 2048 /* bytes: a row of a chart has 3 of them a column */

/* Writes the line, of COLUMNS_LINE bytes, and its end, and begins it anew. */
void columns_line(struct writer *writer, struct line *line);

/* After an empty line, @title; what stands behind it may follow. */
void columns_title(struct writer *writer, struct line *line, const char *title);

/* Foreign @text, filled with blanks up to @width columns; what is longer has one behind it.
 * @color may be NULL. */
void columns_cell(struct line *line, const char *text, size_t width, const char *color);

/* The titles of columns, after an empty line. */
void columns_heading(struct writer *writer, const char *text, bool color);

/* Writes @first, whose @indent columns (colours not counted) are filled by the caller, and @text
 * behind it, broken at blanks; what does not fit goes to lines of its own under the first. A word
 * longer than the room is broken where it has to be. @text is foreign and written as line_safe
 * does. */
void columns_wrap(struct writer *writer, const char *first, size_t indent, const char *text);

/* A name in a first column of @width, and a text behind it. */
void columns_row(struct writer *writer, const char *name, size_t width, const char *text);
