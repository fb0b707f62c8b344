/* SPDX-License-Identifier: Apache-2.0 */
/* One line a record: time, label, whose it is, what happened; and what to change under it. */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/kinds/likely-caller.h"
#include "consumer/kinds/sentence.h"
#include "consumer/layout/char-width.h"
#include "consumer/layout/wrap.h"
#include "consumer/output/output.h"
#include "consumer/output/short-names.h"
#include "consumer/read/message-cache.h"
#include "proto/base/util.h"

#define WIDTH_MAX 40 /* a longer name moves its own line only; on a terminal there is none */
#define WIDTH_LEAST 16
#define LABEL_WIDTH 5
/* Broken lines go on under the message where so many columns are left for that, else under what
 * stands behind the label; on a narrower terminal they are not broken. */
#define MESSAGE_LEAST 45
#define TERMINAL_LEAST 60
#define LINE_SIZE (4 * TEXT_MAX + 1024) /* whose, culprit, message, advice: never cut */

struct state {
	struct culprits culprits;
	struct short_names names;
	size_t width; /* of the column "whose" so far: it only grows */
	struct time_stamp stamp;
	char line[LINE_SIZE];
};

static int text_open(struct output *output)
{
	struct state *state = output->state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	time_stamp_init(&state->stamp, output->time, output->utc, output->year);
	return 0;
}

/* The stream's own records are for who asks for them. */
static bool prints_kind(const struct output *output, unsigned kind)
{
	switch (kind) {
	case RINGSIDE__V1__RECORD__BODY__NOT_SET:
		return false;
	case RINGSIDE__V1__RECORD__BODY_HEADER:
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		return output->verbose || output->every;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
	case RINGSIDE__V1__RECORD__BODY_CLOCK:
		return output->every;
	default:
		return true;
	}
}

static void put_time(struct state *state, struct line *line, const Ringside__V1__Record *record)
{
	time_stamp_put(&state->stamp, line,
		       record->has_time_unix_nano ? &record->time_unix_nano : NULL,
		       record->has_boottime_nano ? &record->boottime_nano : NULL);
	line_put(line, " ", 1);
}

static void put_label(const struct output *output, struct line *line,
		      const Ringside__V1__Record *record)
{
	const struct tone *tone = text_tone(record);

	line_text(line, output->color ? tone->color : "");
	line_text(line, tone->label);
	/* the information about the stream stays dim to the end of the line */
	if (output->color && tone != &tone_info)
		line_text(line, "\033[0m");
	line_pad(line, LABEL_WIDTH - strlen(tone->label));
}

/* Columns of the terminal that lines are to keep to; 0: they are not. */
static size_t columns_of(const struct output *output)
{
	return output->columns < TERMINAL_LEAST ? 0 : output->columns;
}

/* Columns that a name has at most. */
static size_t name_room(const struct output *output)
{
	const size_t third = columns_of(output) * 3 / 10;

	if (!third)
		return SIZE_MAX;
	return third > WIDTH_MAX ? WIDTH_MAX : third < WIDTH_LEAST ? WIDTH_LEAST : third;
}

/* Whose it is. Returns the columns it takes. */
static size_t put_who(struct output *output, struct line *line, const Ringside__V1__Record *record)
{
	struct message_cache_note *note = message_cache_note(output->cache, text_whose(record));
	struct state *state = output->state;
	const char *start = line->p;
	char who[TEXT_MAX];
	size_t size, width;

	if (note && note->owner == state) {
		line_put(line, (const char *)note->text, note->size);
	} else {
		size = text_who(who, sizeof(who), record);
		if (columns_of(output))
			size = short_names_fit(&state->names, who, size, name_room(output));
		line_put(line, who, size);
		if (note)
			message_cache_note_keep(output->cache, note, state, who, size);
	}
	width = char_width(start, (size_t)(line->p - start));
	if (width > state->width)
		state->width = width < WIDTH_MAX ? width : WIDTH_MAX;
	start = line->p;
	line_pad(line, 2 + (state->width > width ? state->width - width : 0));
	return width + (size_t)(line->p - start);
}

/* @at: the column it begins in. */
static void put_message(struct output *output, struct line *line,
			const Ringside__V1__Record *record, size_t at)
{
	struct state *state = output->state;
	char text[TEXT_MAX + 2 * CULPRITS_NAME * 4];
	struct line message = line_make(text, sizeof(text));
	const size_t columns = columns_of(output), second = state->stamp.width + 1 + LABEL_WIDTH;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED)
		culprits_take(&state->culprits, record, &message);
	message.p += text_message(message.p, TEXT_MAX, record, output->header);
	(void)wrap_put(line, text, at, at + MESSAGE_LEAST <= columns ? at : second, columns);
	if (output->color && text_tone(record) == &tone_info)
		line_text(line, "\033[0m");
}

/* Advice under what has to be acted on, on a terminal; under all events for who asks. */
static void put_advice(const struct output *output, struct line *line,
		       const Ringside__V1__Record *record)
{
	const struct state *state = output->state;
	const size_t indent = state->stamp.width + 1;
	const struct kind *kind = kind_of(record);
	char advice[TEXT_MAX];

	if (!output->verbose && !(output->terminal && kind && kind->advised))
		return;
	if (!text_advice(advice, sizeof(advice), record))
		return;
	line_put(line, "\n", 1);
	line_pad(line, indent);
	line_text(line, output->color ? "\033[2m" : "");
	(void)wrap_put(line, advice, indent, indent, columns_of(output));
	line_text(line, output->color ? "\033[0m" : "");
}

static int text_put(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
		    size_t size)
{
	struct state *state = output->state;
	struct line line = line_make(state->line, sizeof(state->line) - 1);
	size_t at;

	(void)frame, (void)size;
	culprits_see(&state->culprits, record);
	if (!prints_kind(output, record->body_case))
		return 0;
	put_time(state, &line, record);
	at = (size_t)(line.p - line.start) + LABEL_WIDTH;
	put_label(output, &line, record);
	if (text_tone(record) != &tone_info)
		at += put_who(output, &line, record);
	put_message(output, &line, record, at);
	put_advice(output, &line, record);
	(void)line_end(&line);
	*line.p++ = '\n';
	writer_put(output->writer, line.start, (size_t)(line.p - line.start));
	return 0;
}

const struct output_ops output_text = {
	.name = "text",
	.help = "one line an event, for people",
	.open = text_open,
	.put = text_put,
	.close = free,
	.prints = prints_kind,
};
