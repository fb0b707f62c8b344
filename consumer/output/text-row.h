/* SPDX-License-Identifier: Apache-2.0 */
/* Events in a row that say the same of the same: one line, and how many they were. The first is
 * shown at once; where a terminal can, its line is written anew when there are more, elsewhere one
 * more line stands for the rest, when something else comes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/text-line.h"
#include "consumer/text/phrases.h"

#define TEXT_ROW_HEAD (TEXT_MAX + 256)

/* All there is to it is to be zero. */
struct text_row {
	bool open;
	uint64_t count, held; /* events; and those that the limits held back */
	uint64_t shown;       /* of both, in the line that was written; 0: none was */
	size_t lines;         /* of the terminal, that it fills */
	uint64_t first, last; /* ns, of real time or since boot */
	uint32_t pid;
	bool has_pid; /* all have this one */
	size_t at;    /* columns of the head */
	size_t key_size, head_size;
	char name[TEXT_NAME_MAX * 4 + 8]; /* of the process */
	char key[TEXT_MAX];               /* what all have in common: whose, label */
	char head[TEXT_ROW_HEAD];         /* of the first one's line */
	char same[TEXT_MAX];              /* what happened */
};

/* An event, or a Limited of some. */
struct text_row_event {
	uint64_t nano, held; /* held: 0 of an event */
	struct line *head;   /* its line, up to what happened */
	const char *key;     /* in there: behind the time */
	size_t key_size;     /* without the blanks that fill the column */
	size_t at;           /* columns of the head */
	const char *name;    /* of the process; of a Limited "nginx[77] ", "nginx " or "" */
	uint32_t pid;
	bool has_pid;
	const char *same;
};

/* Whether the event belongs to the row, which has it then. */
bool text_row_add(struct text_row *row, const struct text_row_event *event);

/* The row that begins with this event. False: it is too long for one. */
bool text_row_begin(struct text_row *row, const struct text_row_event *event);

/* How it is shown. */
struct text_row_place {
	size_t columns, indent; /* as of wrap_put */
	size_t width;           /* of the terminal, 0: lines cannot be written anew */
};

/* Puts what is to be seen of it and was not yet. @ends: something else comes. */
void text_row_show(struct text_row *row, struct line *line, const struct text_row_place *place,
		   bool ends);
