/* SPDX-License-Identifier: Apache-2.0 */
/* Why nothing matched: what the events had instead. Looked at as long as nothing has, at most of so
 * many events and so many names, so that it costs nothing where a filter is right. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/filter/filter-internal.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"
#include "proto/base/options.h"
#include "proto/base/util.h"

#define EVENTS_MAX 65536u
#define NAMES_MAX 64u
#define NAMES_TOLD 5u
#define NAME_SIZE 128u

/* What events had of one row. */
struct seen {
	bool matched; /* one of them is what is asked for */
	bool more;    /* names that found no room */
	unsigned n, latest;
	char names[NAMES_MAX][NAME_SIZE];
};

struct filter_misses {
	const char *pattern; /* NULL: none */
	bool passed;         /* all else has let an event pass */
	uint64_t events, looked_at;
	uint64_t in_time; /* of those looked at */
	uint64_t kinds;   /* bits 1 << field number in Record.body, in time and of a right host */
	bool timed;
	uint64_t first, last; /* ns since 1970 */
	struct seen rows[ROW_COUNT];
};

int filter_note_misses(struct filter *filter, const char *pattern)
{
	if (filter_is_empty(filter) && !pattern)
		return 0;
	filter->misses = calloc(1, sizeof(*filter->misses));
	if (!filter->misses)
		return -ENOMEM;
	filter->misses->pattern = pattern;
	return 0;
}

static void note_name(struct seen *seen, const char *name)
{
	if (!text_has(name) || strlen(name) >= NAME_SIZE)
		return;
	if (seen->n && !strcmp(seen->names[seen->latest], name))
		return;
	for (seen->latest = 0; seen->latest < seen->n; seen->latest++)
		if (!strcmp(seen->names[seen->latest], name))
			return;
	if (seen->n < NAMES_MAX) {
		memcpy(seen->names[seen->n++], name, strlen(name) + 1);
		return;
	}
	seen->latest = 0;
	seen->more = true;
}

static void note_labels(struct seen *seen, const Ringside__V1__Header *header)
{
	char label[NAME_SIZE];

	for (size_t i = 0; header && i < header->n_labels; i++) {
		int n = snprintf(label, sizeof(label), "%s=%s", header->labels[i]->key,
				 header->labels[i]->value);

		if (n > 0 && (size_t)n < sizeof(label))
			note_name(seen, label);
	}
}

static void note_times(struct filter_misses *misses, uint64_t first, uint64_t last)
{
	if (!misses->timed || first < misses->first)
		misses->first = first;
	if (!misses->timed || last > misses->last)
		misses->last = last;
	misses->timed = true;
}

/* Whether the stream is one that is asked for. */
static bool note_stream(const struct filter *filter, const Ringside__V1__Header *header)
{
	struct seen *host = &filter->misses->rows[ROW_HOST];
	struct seen *label = &filter->misses->rows[ROW_LABEL];

	host->matched |= filter_hosts_match(&filter->terms[ROW_HOST], header);
	label->matched |= filter_match_labels(&filter->terms[ROW_LABEL], header);
	note_name(host, header ? header->host_name : NULL);
	note_labels(label, header);
	return filter_host_wanted(filter, header);
}

static void note_fields(const struct filter *filter, const Ringside__V1__Record *record)
{
	const struct filter_view view = filter_view_of(body_of(record));

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct filter_row_ops *row = &filter_rows[i];
		struct seen *seen = &filter->misses->rows[i];

		if (!row->match || !filter->terms[i].n || seen->matched)
			continue;
		seen->matched = filter_term_matches(&filter->terms[i], row->match, &view);
		if (!seen->matched && row->name)
			note_name(seen, row->name(&view));
	}
}

void filter_note_miss(const struct filter *filter, struct reader *reader,
		      struct reader_record *item)
{
	struct filter_misses *misses = filter->misses;

	if (!misses || !body_kind_is_event(item->peek.kind) ||
	    (item->peek.self_test && !filter->self_tests))
		return;
	misses->events++;
	if (item->peek.has_time)
		note_times(misses, item->peek.time_unix_nano, item->peek.time_unix_nano);
	if (misses->looked_at == EVENTS_MAX)
		return;
	misses->looked_at++;
	if (!filter_time_wanted(filter, &item->peek))
		return;
	misses->in_time++;
	if (!note_stream(filter, reader_header(reader)))
		return;
	misses->kinds |= UINT64_C(1) << item->peek.kind;
	if (!filter_kind_wanted(filter, item->peek.kind))
		return;
	if (filter->n_fields && !reader_unpack(reader, item))
		note_fields(filter, item->record);
	misses->passed |= misses->pattern && filter_record(filter, reader, item) == 1;
}

void filter_note_skipped(const struct filter *filter, const struct recording_index *index)
{
	struct filter_misses *misses = filter->misses;
	uint64_t events = 0;

	for (unsigned i = 0; misses && i < RECORD_BODIES; i++)
		events += body_kind_is_event(i) ? index->counts[i] : 0;
	if (!events)
		return;
	misses->events += events;
	if (index->has_time)
		note_times(misses, index->min_time, index->max_time);
}

static void put_names(struct line *line, const struct seen *seen)
{
	for (unsigned i = 0; i < seen->n && i < NAMES_TOLD; i++) {
		line_text(line, i ? ", " : "");
		line_safe(line, seen->names[i], NAME_SIZE);
	}
	if (seen->n > NAMES_TOLD) {
		line_text(line, " and ");
		line_count(line, seen->n - NAMES_TOLD);
		line_text(line, seen->more ? " or more others" : " more");
	}
}

/* The name that is probably meant, or NULL. */
static const char *find_meant(const struct seen *seen, const char *word)
{
	const char *names[NAMES_MAX + 1] = {NULL};

	for (unsigned i = 0; i < seen->n; i++) {
		names[i] = seen->names[i];
		if (!strcasecmp(names[i], word))
			return names[i];
	}
	return option_nearest(word, names);
}

/* "no namespace shopp: did you mean shop?" */
static void put_row(struct line *line, const struct filter_term *term, const struct seen *seen,
		    size_t row)
{
	const char *word = term->positive ? term->values[0].text : "", *meant;

	line_text(line, term->positive ? ": none has the " : ": all have the ");
	line_text(line, filter_options[row].name);
	line_text(line, " ");
	line_safe(line, term->values[0].text, NAME_SIZE);
	for (size_t i = 1; i < term->n && i < NAMES_TOLD; i++) {
		line_text(line, ", ");
		line_safe(line, term->values[i].text, NAME_SIZE);
	}
	if (!term->positive)
		return;
	meant = find_meant(seen, word);
	if (meant) {
		line_text(line, ": did you mean ");
		line_safe(line, meant, NAME_SIZE);
		line_text(line, "?");
	} else if (seen->n) {
		line_text(line, "; there are ");
		put_names(line, seen);
	}
	if ((row == ROW_CONTAINER || row == ROW_POD) && filter_is_short_id(word))
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

static bool kinds_fit(const struct filter *filter)
{
	for (unsigned i = 0; i < 64; i++)
		if (filter->misses->kinds & UINT64_C(1) << i && filter_kind_wanted(filter, i))
			return true;
	return false;
}

/* The first thing that no event has. */
static void put_reason(struct line *line, const struct filter *filter)
{
	const struct filter_misses *misses = filter->misses;

	if (!misses->in_time) {
		if (misses->timed)
			put_span(line, misses);
		return;
	}
	for (size_t i = 0; i < ROW_COUNT; i++) {
		bool asked =
			filter->terms[i].n && (i == ROW_HOST || i == ROW_LABEL || misses->kinds);

		if (i > ROW_LABEL && misses->kinds && !kinds_fit(filter)) {
			put_kinds(line, misses->kinds);
			return;
		}
		if (asked && !misses->rows[i].matched) {
			put_row(line, &filter->terms[i], &misses->rows[i], i);
			return;
		}
	}
	if (misses->pattern && misses->passed) {
		line_text(line, ": none has what --grep looks for: ");
		line_safe(line, misses->pattern, NAME_SIZE);
	} else if (filter->n_fields) {
		line_text(line, ": each filter matches some, but none matches all");
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
	(void)line_end(&line);
	return true;
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
