/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a list that nothing has, where others of it have something: who wrote one of them wrong
 * would not learn of it. */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter-miss.h"
#include "consumer/read/body.h"

#define UNPACKED_MAX 65536u /* records that no filter needs unpacked */
#define TOLD 5u

/* Of names people chose. That none has a severity or an error is no mistake. */
static const enum filter_row named[] = {
	ROW_HOST,    ROW_UNIT,      ROW_USER_UNIT,    ROW_SLICE,  ROW_NAMESPACE, ROW_POD,
	ROW_POD_UID, ROW_CONTAINER, ROW_CONTAINER_ID, ROW_CGROUP, ROW_COMM,
};

/* A list's values; one with a comma is the list itself, which may be a name as well. */
static uint64_t list_values(const struct filter_term *term)
{
	uint64_t values = 0;

	for (size_t i = 0; i < term->n; i++)
		if (!term->values[i].negated && !strchr(term->values[i].text, ','))
			values |= UINT64_C(1) << i;
	return values & (values - 1) ? values : 0;
}

static void begin(const struct filter *filter, struct filter_misses *misses)
{
	misses->unmet_begun = true;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		misses->unmet[named[i]] = list_values(&filter->terms[named[i]]);
		misses->any_unmet |= misses->unmet[named[i]] != 0;
	}
}

static bool has_value(const struct filter_value *value, unsigned row,
		      const struct filter_view *view, const Ringside__V1__Header *header)
{
	return row == ROW_HOST ? filter_match_host(value, header)
			       : filter_rows[row].match(value, view);
}

/* What @view, or else the stream, has is met; its names are what the others may be meant for. */
static void meet(const struct filter *filter, const struct filter_view *view,
		 const Ringside__V1__Header *header)
{
	struct filter_misses *misses = filter->misses;

	misses->any_unmet = false;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		const unsigned row = named[i];
		const struct filter_term *term = &filter->terms[row];

		if (!misses->unmet[row])
			continue;
		for (size_t j = 0; j < term->n && misses->unmet[row]; j++) {
			const bool whole = strchr(term->values[j].text, ',') != NULL;

			if ((!whole && !(misses->unmet[row] & UINT64_C(1) << j)) ||
			    !has_value(&term->values[j], row, view, header))
				continue;
			misses->unmet[row] &= whole ? 0 : ~(UINT64_C(1) << j);
		}
		if (row == ROW_HOST)
			filter_note_name(&misses->rows[row], header ? header->host_name : NULL);
		else
			filter_note_names(&misses->rows[row], term, row, view);
		misses->any_unmet |= misses->unmet[row] != 0;
	}
}

static void meet_rows(const struct filter *filter, const Ringside__V1__Counters *counters,
		      const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < counters->n_rows; i++) {
		const struct filter_view view = filter_view_of(NULL, &counters->rows[i]->base);

		meet(filter, &view, header);
	}
}

static bool may_have_names(const struct filter *filter, const struct peek *peek)
{
	if (peek->self_test && !filter->self_tests)
		return false;
	return body_kind_is_event(peek->kind) || peek->kind == RINGSIDE__V1__RECORD__BODY_LIMITED ||
	       peek->kind == RINGSIDE__V1__RECORD__BODY_COUNTERS;
}

void filter_note_values(const struct filter *filter, struct reader *reader,
			struct reader_record *item)
{
	struct filter_misses *misses = filter->misses;
	const Ringside__V1__Header *header = reader_header(reader);
	struct filter_view view;

	if (misses && !misses->unmet_begun)
		begin(filter, misses);
	if (!misses || !misses->any_unmet || !may_have_names(filter, &item->peek))
		return;
	if (!item->record && misses->unpacked++ == UNPACKED_MAX) {
		misses->any_unmet = false;
		return;
	}
	if (reader_unpack(reader, item))
		return;
	if (item->record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS) {
		meet_rows(filter, item->record->counters, header);
		return;
	}
	view = filter_view_of(item->record, body_of(item->record));
	meet(filter, &view, header);
}

/* "no event has the pod db-O (did you mean db-0?)" */
static void put_unmet(struct line *line, const struct filter *filter, unsigned row, bool any)
{
	const struct filter_term *term = &filter->terms[row];
	const struct filter_misses *misses = filter->misses;
	unsigned n = 0;

	line_text(line, any ? "; no event has the " : "no event has the ");
	line_text(line, filter_options[row].name);
	for (size_t i = 0; i < term->n && n <= TOLD; i++) {
		const char *word = term->values[i].text, *meant;

		if (!(misses->unmet[row] & UINT64_C(1) << i))
			continue;
		line_text(line, n++ ? ", " : " ");
		if (n > TOLD) {
			line_text(line, "...");
			break;
		}
		line_safe(line, word, FILTER_NAME_SIZE);
		meant = misses->rows[row].ids ? NULL
					      : filter_find_meant(&misses->rows[row], word,
								  filter_row_has_parts(row));
		if (!meant)
			continue;
		line_text(line, " (did you mean ");
		line_safe(line, meant, FILTER_NAME_SIZE);
		line_text(line, "?)");
	}
}

bool filter_unmet_sentence(const struct filter *filter, char *buf, size_t size)
{
	const struct filter_misses *misses = filter->misses;
	struct line line = line_make(buf, size);
	bool any = false;

	if (!misses || !misses->any_unmet || misses->unmet_unread)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		const uint64_t unmet = misses->unmet[named[i]];

		/* that none has any of them is told elsewhere */
		if (!unmet || unmet == list_values(&filter->terms[named[i]]))
			continue;
		put_unmet(&line, filter, named[i], any);
		any = true;
	}
	(void)line_end(&line);
	return any;
}
