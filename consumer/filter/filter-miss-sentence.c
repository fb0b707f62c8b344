/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence for who asked for something that no event has. What it says of "none" is true of all
 * events it counts; where some were not looked at, it says of how many it speaks. */
#include <string.h>
#include <strings.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/filter/filter-miss.h"
#include "proto/base/count.h"
#include "proto/base/options.h"
#include "proto/base/util.h"

#define NAMES_TOLD 5u
#define ID_TOLD 12u /* digits, of the 64 that random ones of containers have */

static void put_names(struct line *line, const struct filter_seen *seen)
{
	for (unsigned i = 0; i < seen->n && i < NAMES_TOLD; i++) {
		const bool cut = seen->ids && strlen(seen->names[i]) == 64;

		line_text(line, i ? ", " : "");
		line_safe(line, seen->names[i], cut ? ID_TOLD : FILTER_NAME_SIZE);
	}
	if (seen->n > NAMES_TOLD) {
		line_text(line, " and ");
		line_count(line, seen->n - NAMES_TOLD);
		line_text(line, seen->more ? " or more others" : " more");
	}
}

const char *filter_find_meant(const struct filter_seen *seen, const char *word, bool parts)
{
	const char *names[FILTER_NAMES_MAX + 1] = {NULL}, *near;

	for (unsigned i = 0; i < seen->n; i++) {
		names[i] = seen->names[i];
		if (!strcasecmp(names[i], word))
			return names[i];
	}
	near = option_nearest(word, names);
	return near || !parts || !strchr(word, '/') ? near
						    : option_nearest(strrchr(word, '/') + 1, names);
}

bool filter_begins_names(const struct filter_seen *seen, const char *word)
{
	const char *part = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
	const size_t n = strlen(part), whole = strlen(word);

	for (unsigned i = 0; n && i < seen->n; i++)
		if ((!strncmp(seen->names[i], part, n) && seen->names[i][n] == '-') ||
		    (!strncmp(seen->names[i], word, whole) && seen->names[i][whole] == '-'))
			return true;
	return false;
}

/* "the pod web, db"; of what is left out and more: "!web", too. */
static void put_values(struct line *line, const struct filter_term *term, size_t row)
{
	const bool mixed = term->positive && term->positive < term->n;

	line_text(line, "the ");
	line_text(line, filter_options[row].name);
	for (size_t i = 0; i < term->n && i < NAMES_TOLD; i++) {
		line_text(line, i ? ", " : " ");
		line_text(line, mixed && term->values[i].negated ? "not " : "");
		line_safe(line, term->values[i].text, FILTER_NAME_SIZE);
	}
	line_text(line, term->n > NAMES_TOLD ? ", ..." : "");
}

/* "none has the namespace shopp: did you mean shop?" */
static void put_row(struct line *line, const struct filter_term *term,
		    const struct filter_seen *seen, size_t row)
{
	const char *word = term->positive ? term->values[0].text : "", *meant;
	const bool parts = filter_row_has_parts((unsigned)row);

	line_text(line, term->positive ? "none has " : "all have ");
	put_values(line, term, row);
	if (!term->positive)
		return;
	if (seen->ids) {
		line_text(line, ": ");
		line_text(line, filter_rows[row].unnamed);
		line_text(line, ": ");
		put_names(line, seen);
		return;
	}
	meant = term->positive == term->n ? filter_find_meant(seen, word, parts) : NULL;
	if (row == ROW_POD && term->n == 1 && filter_begins_names(seen, word)) {
		line_text(line, ": did you mean '");
		line_safe(line, word, FILTER_NAME_SIZE);
		line_text(line, "-*'?");
	} else if (meant) {
		line_text(line, ": did you mean ");
		line_safe(line, meant, FILTER_NAME_SIZE);
		line_text(line, "?");
	} else if (seen->n) {
		line_text(line, "; there are ");
		put_names(line, seen);
	}
	if (parts && filter_is_short_id(word))
		line_text(line, " (of an id, say its first 6 digits or more)");
}

static void put_kinds(struct line *line, uint64_t kinds)
{
	const char *before = "; they are ";

	for (unsigned i = 0; i < 64; i++) {
		const ProtobufCFieldDescriptor *field =
			kinds & UINT64_C(1) << i ? protobuf_c_message_descriptor_get_field(
							   &ringside__v1__record__descriptor, i)
						 : NULL;

		if (!field)
			continue;
		line_text(line, before);
		line_text(line, field->name);
		before = ", ";
	}
}

static void put_span(struct line *line, const struct filter_misses *misses)
{
	struct time_stamp stamp;

	time_stamp_init(&stamp, TIME_ISO, false, 0);
	line_text(line, "; they are from ");
	time_stamp_put(&stamp, line, &misses->first, NULL);
	line_text(line, " to ");
	time_stamp_put(&stamp, line, &misses->last, NULL);
}

/* The year of a date that was given without one. */
static void put_taken(struct line *line, const struct filter *filter)
{
	if (filter->took_year[0]) {
		line_text(line, "; --since was taken for ");
		line_safe(line, filter->since_text, FILTER_TIME_TEXT);
	}
	if (filter->took_year[1]) {
		line_text(line, "; --until was taken for ");
		line_safe(line, filter->until_text, FILTER_TIME_TEXT);
	}
}

/* What is asked for is of a time that none of them is of. */
static void put_time(struct line *line, const struct filter *filter)
{
	if (filter_is_to_come(filter)) {
		line_text(line, ": ");
		filter_put_to_come(filter, line);
		return;
	}
	put_taken(line, filter);
	if (filter->misses->timed)
		put_span(line, filter->misses);
}

static bool kinds_fit(const struct filter *filter)
{
	for (unsigned i = 0; i < 64; i++)
		if (filter->misses->kinds & UINT64_C(1) << i && filter_kind_wanted(filter, i))
			return true;
	return false;
}

static bool asks_for(const struct filter *filter, size_t row)
{
	if (row == ROW_KIND)
		return filter->kinds.wanted || filter->kinds.negated;
	return row == ROW_SINCE ? filter->timed : filter->terms[row].n > 0;
}

/* How many things are asked for. */
static unsigned count_asked(const struct filter *filter)
{
	unsigned n = (filter->n_boots > 0) + (filter->misses->pattern != NULL);

	for (size_t i = 0; i < ROW_COUNT; i++)
		n += asks_for(filter, i);
	return n;
}

/* "1 is of the kind, 200 have the pod db-0" */
static void put_each(struct line *line, const struct filter *filter)
{
	const struct filter_misses *misses = filter->misses;
	const char *between = "";

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const uint64_t n = misses->rows[i].fits;

		if (!asks_for(filter, i))
			continue;
		line_text(line, between);
		line_count(line, n);
		between = ", ";
		if (i == ROW_KIND || i == ROW_SINCE) {
			line_text(line, n == 1 ? " is of " : " are of ");
			line_text(line, i == ROW_KIND ? "the kind" : "the time");
			continue;
		}
		line_text(line, filter->terms[i].positive ? n == 1 ? " has " : " have "
				: n == 1                  ? " has not "
							  : " have not ");
		put_values(line, &filter->terms[i], i);
	}
	if (filter->n_boots) {
		line_text(line, between);
		line_count(line, misses->of_boot);
		line_text(line, misses->of_boot == 1 ? " is of the boot" : " are of the boot");
	}
}

/* Of rows from @first to @last, all that none of those that were looked at has, @before before the
 * first. False: each thing is what some have. */
static bool put_rows(struct line *line, const struct filter *filter,
		     const struct filter_misses *misses, size_t first, size_t last,
		     const char *before)
{
	bool any = false;

	for (size_t i = first; i <= last; i++) {
		if (i == ROW_SINCE || !asks_for(filter, i) || misses->rows[i].fits)
			continue;
		line_text(line, any ? "; " : before);
		put_row(line, &filter->terms[i], &misses->rows[i], i);
		any = true;
	}
	return any;
}

static bool put_lacking(struct line *line, const struct filter *filter, const char *before)
{
	const struct filter_misses *misses = filter->misses;
	const bool no_boot = filter->n_boots && !misses->of_boot;

	if (no_boot) {
		line_text(line, before);
		line_text(line, "none is of the boot");
	}
	return put_rows(line, filter, misses, ROW_KIND + 1, ROW_COUNT - 1,
			no_boot ? "; " : before) ||
	       no_boot;
}

/* What of all that is asked for no event has, or that none has all: who mends one thing is not to
 * learn of the next one then. */
static void put_reason(struct line *line, const struct filter *filter)
{
	const struct filter_misses *misses = filter->misses;
	const unsigned asked = count_asked(filter);
	/* of one thing that is asked for, none of them has it, or it would have matched */
	const bool whole = misses->looked_at == misses->events || asked == 1;
	const bool late = filter->timed && !misses->may_be_in_time;
	const bool others = asks_for(filter, ROW_KIND) && !kinds_fit(filter);
	char part[64];

	if (late)
		put_time(line, filter);
	if (others)
		put_kinds(line, misses->kinds);
	if (!misses->looked_at)
		return;
	(void)snprintf(part, sizeof(part), "%s", late || others ? "; " : ": ");
	if (!whole)
		(void)snprintf(part + 2, sizeof(part) - 2, "of the %llu that were looked at ",
			       (unsigned long long)misses->looked_at);
	if (put_lacking(line, filter, part) || late || others)
		return;
	if (misses->passed) {
		line_text(line, asked == 1 ? ": none" : ": none of those that all else fits");
		line_text(line, " has what --grep looks for: ");
		line_safe(line, misses->pattern, FILTER_NAME_SIZE);
	} else if (asked > 1) {
		line_text(line, ": no event has all of them: ");
		line_text(line, whole ? "" : part + 2);
		put_each(line, filter);
	}
}

bool filter_miss_sentence(const struct filter *filter, char *buf, size_t size)
{
	const struct filter_misses *misses = filter->misses;
	struct line line = line_make(buf, size);

	if (!misses)
		return false;
	line_text(&line, "0 of ");
	line_text(&line, COUNTED(misses->events, "event"));
	line_text(&line, misses->events == 1 ? " matches" : " match");
	if (misses->events)
		put_reason(&line, filter);
	else if (filter->timed)
		put_time(&line, filter);
	(void)line_end(&line);
	return true;
}

bool filter_present_put(const struct filter *filter, const struct filter_misses *present,
			struct line *line)
{
	return put_rows(line, filter, present, ROW_UNIT, ROW_CGROUP,
			"of what is running here now, ");
}

bool filter_has_short_id(const struct filter *filter, char *buf, size_t size)
{
	static const enum filter_row rows[] = {ROW_CONTAINER, ROW_POD};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct filter_term *term = &filter->terms[rows[i]];

		for (size_t j = 0; j < term->n; j++) {
			if (!filter_is_short_id(term->values[j].text))
				continue;
			(void)snprintf(buf, size,
				       "--%s %s is taken for a name: of an id, say its first "
				       "%d digits or more",
				       filter_options[rows[i]].name, term->values[j].text,
				       FILTER_ID_MIN);
			return true;
		}
	}
	return false;
}
