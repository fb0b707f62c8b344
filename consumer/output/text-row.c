/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/text-row.h"

#include <string.h>

#include "consumer/base/duration.h"
#include "consumer/layout/char-width.h"
#include "consumer/layout/wrap.h"

#define SECOND UINT64_C(1000000000)
/* Equal denials that are further apart are not one row: they would hide when each was. */
#define GAP_MOST (60 * SECOND)

/* A Limited names a process only if all that was shown of what it holds back was its own. */
static bool is_of_name(const struct text_row *row, const struct text_row_event *event)
{
	const size_t size = strlen(row->name);

	if (!event->held)
		return !strcmp(row->name, event->name);
	return !strncmp(row->name, event->name, size) &&
	       (event->name[size] == '[' || event->name[size] == ' ');
}

/* Records are nearly in the order of time; but for those that are printed in reverse. */
static bool is_near(const struct text_row *row, const struct text_row_event *event)
{
	if (event->nano < row->last)
		return row->last - event->nano <= SECOND;
	return event->nano - row->last <= GAP_MOST;
}

bool text_row_add(struct text_row *row, const struct text_row_event *event)
{
	if (!row->open || !is_near(row, event) || row->key_size != event->key_size ||
	    memcmp(row->key, event->key, event->key_size) != 0 ||
	    strcmp(row->same, event->same) != 0 || !is_of_name(row, event))
		return false;
	if (event->nano > row->last)
		row->last = event->nano;
	if (event->held) {
		row->held += event->held;
		return true;
	}
	row->count++;
	row->has_pid = row->has_pid && event->has_pid && row->pid == event->pid;
	return true;
}

bool text_row_begin(struct text_row *row, const struct text_row_event *event)
{
	const size_t head_size = (size_t)(event->head->p - event->head->start);

	row->open = !event->held && strlen(event->name) < sizeof(row->name) &&
		    event->key_size < sizeof(row->key) && head_size < sizeof(row->head) &&
		    strlen(event->same) < sizeof(row->same);
	if (!row->open)
		return false;
	row->count = 1;
	row->held = row->shown = 0;
	row->first = row->last = event->nano;
	row->pid = event->pid;
	row->has_pid = event->has_pid;
	row->at = event->at;
	row->key_size = event->key_size;
	row->head_size = head_size;
	memcpy(row->key, event->key, event->key_size);
	memcpy(row->head, event->head->start, head_size);
	strcpy(row->name, event->name);
	strcpy(row->same, event->same);
	return true;
}

static void put_seconds(struct line *line, const struct text_row *row)
{
	const uint64_t nano = row->last - row->first;
	const uint64_t seconds = nano <= SECOND ? 1 : (nano + SECOND / 2) / SECOND;
	char text[DURATION_SIZE];

	line_text(line, " in ");
	line_text(line, duration_text(seconds * SECOND, text));
}

/* "nginx[77] keyctl → EPERM  × 4,981 in 12 s (4,961 held back)"; behind some that were shown
 * before: "  × 19 more in 12 s". */
static void put_message(const struct text_row *row, struct line *line, uint64_t before)
{
	const uint64_t sum = row->count + row->held - before;

	line_text(line, row->name);
	if (row->has_pid) {
		line_put(line, "[", 1);
		line_uint(line, row->pid);
		line_put(line, "]", 1);
	}
	line_put(line, " ", 1);
	line_text(line, row->same);
	if (row->count + row->held == 1)
		return;
	line_text(line, "  × ");
	line_count(line, sum);
	line_text(line, before ? " more" : "");
	put_seconds(line, row);
	if (!row->held)
		return;
	line_text(line, " (");
	line_count(line, row->held);
	line_text(line, " held back)");
}

/* Of what stands in the columns from @at on. */
static size_t lines_of(const char *text, size_t at, size_t width)
{
	size_t lines = 0;

	for (;; at = 0) {
		const size_t size = strcspn(text, "\n");
		const size_t used = at + char_width(text, size);

		lines += used > width ? (used + width - 1) / width : 1;
		if (!text[size])
			return lines;
		text += size + 1;
	}
}

/* Up to where the row's line begins; and clear what is there. */
static void put_back(struct line *line, size_t lines)
{
	line_text(line, "\033[");
	line_uint(line, lines);
	line_text(line, "A\r\033[J");
}

void text_row_show(struct text_row *row, struct line *line, const struct text_row_place *place,
		   bool ends)
{
	const uint64_t sum = row->count + row->held;
	const bool anew = row->shown && place->width;
	char text[2 * TEXT_MAX], *start = line->p;
	struct line message = line_make(text, sizeof(text));

	if (row->open && row->shown < sum && (!row->shown || place->width || ends)) {
		put_message(row, &message, anew ? 0 : row->shown);
		(void)line_end(&message);
		if (anew)
			put_back(line, row->lines);
		line_put(line, row->head, row->head_size);
		start = line->p;
		(void)wrap_put(line, text, row->at, place->indent, place->columns);
		*line->p = '\0';
		row->lines = place->width ? lines_of(start, row->at, place->width) : 0;
		line_put(line, "\n", 1);
		row->shown = sum;
	}
	row->open = row->open && !ends;
}
