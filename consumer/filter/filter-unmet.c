/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a list that nothing has, where others of it have something, and those that are to be
 * left out, of which there is nothing: who wrote one of them wrong would not learn of it. Of words
 * that are checked when they are read, as those of system calls are, it is news all the same. */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter-miss.h"
#include "consumer/read/body.h"

#define UNPACKED_MAX 65536u /* records that no filter needs unpacked */
#define NAMED_MAX 65536u    /* records whose names are noted */
#define TOLD 5u

/* A severity is a step of a scale: who asks for the upper ones does not ask if there are any. */
static bool is_told(unsigned row)
{
	return row != ROW_SEVERITY &&
	       (filter_rows[row].match || row == ROW_HOST || row == ROW_LABEL);
}

/* A value that nobody knows is refused: what is asked for is not misspelt. */
static bool is_checked(unsigned row)
{
	return row >= ROW_SYSCALL && row <= ROW_SEVERITY;
}

/* Another reading of what is asked for: the list itself, which may be a name as well, or what
 * stands for one of its values. */
static bool is_reading(const struct filter_value *value)
{
	return value->reading_of || (!value->negated && strchr(value->text, ','));
}

static uint64_t values_of(const struct filter_term *term, bool negated)
{
	uint64_t values = 0;

	for (size_t i = 0; i < term->n; i++)
		if (term->values[i].negated == negated && !is_reading(&term->values[i]))
			values |= UINT64_C(1) << i;
	return values;
}

/* Of one value alone it is told elsewhere. */
static uint64_t list_values(const struct filter_term *term)
{
	const uint64_t values = values_of(term, false);

	return values & (values - 1) ? values : 0;
}

static void begin(const struct filter *filter, struct filter_misses *misses)
{
	misses->unmet_begun = true;
	for (unsigned row = 0; row < ROW_COUNT; row++) {
		const struct filter_term *term = &filter->terms[row];

		if (!is_told(row))
			continue;
		misses->unmet[row] = list_values(term) | values_of(term, true);
		misses->any_unmet |= misses->unmet[row] != 0;
	}
}

/* A container alone has nothing of an event. */
static bool may_tell(const struct filter_view *view, unsigned row)
{
	return view && (view->body || (row >= ROW_UNIT && row <= ROW_CGROUP));
}

static bool has_value(const struct filter_value *value, unsigned row,
		      const struct filter_view *view, const Ringside__V1__Header *header)
{
	if (row == ROW_HOST)
		return filter_match_host(value, header);
	if (row == ROW_LABEL)
		return filter_match_label(value, header);
	return may_tell(view, row) && filter_rows[row].match(value, view);
}

/* The bits of what is met with the value @i. */
static uint64_t met_by(const struct filter_term *term, size_t i)
{
	const struct filter_value *value = &term->values[i];

	if (value->reading_of)
		return UINT64_C(1) << (value->reading_of - 1);
	return is_reading(value) ? values_of(term, false) : UINT64_C(1) << i;
}

static void meet_row(struct filter_misses *misses, const struct filter_term *term, unsigned row,
		     const struct filter_view *view, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < term->n && misses->unmet[row]; i++) {
		const uint64_t met = met_by(term, i);

		if (misses->unmet[row] & met && has_value(&term->values[i], row, view, header))
			misses->unmet[row] &= ~met;
	}
}

/* What the values may be meant for. */
static void note_row(struct filter_misses *misses, const struct filter_term *term, unsigned row,
		     const struct filter_view *view, const Ringside__V1__Header *header)
{
	if (row == ROW_HOST)
		filter_note_name(&misses->rows[row], header ? header->host_name : NULL);
	else if (row == ROW_LABEL)
		filter_note_labels(&misses->rows[row], header);
	else if (may_tell(view, row) && filter_rows[row].name && !is_checked(row))
		filter_note_names(&misses->rows[row], term, row, view);
}

/* What @view, or else the stream, has is met. @view: NULL: of the stream alone. */
static void meet(const struct filter *filter, struct filter_misses *misses,
		 const struct filter_view *view, const Ringside__V1__Header *header)
{
	const bool names = misses->named < NAMED_MAX;

	misses->any_unmet = false;
	misses->named += names;
	for (unsigned row = 0; row < ROW_COUNT; row++) {
		const struct filter_term *term = &filter->terms[row];

		if (!misses->unmet[row])
			continue;
		meet_row(misses, term, row, view, header);
		if (names)
			note_row(misses, term, row, view, header);
		misses->any_unmet |= misses->unmet[row] != 0;
	}
}

static void meet_rows(const struct filter *filter, const Ringside__V1__Counters *counters,
		      const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < counters->n_rows; i++) {
		const struct filter_view view = filter_view_of(NULL, &counters->rows[i]->base);

		meet(filter, filter->misses, &view, header);
	}
}

static bool may_have_names(const struct filter *filter, const struct peek *peek)
{
	if (peek->self_test && !filter->self_tests)
		return false;
	return body_kind_is_event(peek->kind) || peek->kind == RINGSIDE__V1__RECORD__BODY_LIMITED ||
	       peek->kind == RINGSIDE__V1__RECORD__BODY_COUNTERS;
}

static void meet_record(const struct filter *filter, struct reader *reader,
			struct reader_record *item)
{
	struct filter_misses *misses = filter->misses;
	const Ringside__V1__Header *header = reader_header(reader);
	struct filter_view view;

	if (!item->record && misses->unpacked++ >= UNPACKED_MAX) {
		misses->unmet_unread = true; /* which all else that is asked for leaves out */
		return;
	}
	if (reader_unpack(reader, item))
		return;
	if (item->record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS) {
		meet_rows(filter, item->record->counters, header);
		return;
	}
	misses->unmet_of_events = true;
	view = filter_view_of(item->record, body_of(item->record));
	meet(filter, misses, &view, header);
}

void filter_unmet_note(const struct filter *filter, struct filter_misses *misses,
		       const struct filter_view *view)
{
	if (!misses->unmet_begun)
		begin(filter, misses);
	if (misses->any_unmet)
		meet(filter, misses, view, NULL);
}

void filter_note_values(const struct filter *filter, struct reader *reader,
			struct reader_record *item)
{
	struct filter_misses *misses = filter->misses;
	const unsigned kind = item->peek.kind;

	if (!misses)
		return;
	if (!misses->unmet_begun)
		begin(filter, misses);
	if (misses->any_unmet && item->header)
		meet(filter, misses, NULL, reader_header(reader));
	if (!may_have_names(filter, &item->peek))
		return;
	if (body_kind_is_event(kind))
		misses->kinds |= UINT64_C(1) << kind;
	if (misses->any_unmet)
		meet_record(filter, reader, item);
}

static void put_meant(struct line *line, const struct filter_seen *seen, unsigned row,
		      const char *word)
{
	const char *meant;

	if (seen->ids || is_checked(row))
		return;
	if (row == ROW_POD && filter_begins_names(seen, word)) {
		line_text(line, " (did you mean '");
		line_safe(line, word, FILTER_NAME_SIZE);
		line_text(line, "-*'?)");
		return;
	}
	meant = filter_find_meant(seen, word, filter_row_has_parts(row));
	if (!meant)
		return;
	line_text(line, " (did you mean ");
	line_safe(line, meant, FILTER_NAME_SIZE);
	line_text(line, "?)");
}

/* "no event has the pod db-O (did you mean db-0?)"; "no event is left out by --pod '!x'" */
static void put_unmet(struct line *line, const struct filter *filter,
		      const struct filter_misses *misses, unsigned row, uint64_t values,
		      const char *begin, bool negated)
{
	const struct filter_term *term = &filter->terms[row];
	unsigned n = 0;

	line_text(line, begin);
	line_text(line, filter_options[row].name);
	for (size_t i = 0; i < term->n && n <= TOLD; i++) {
		const char *word = term->values[i].text;

		if (!(values & UINT64_C(1) << i))
			continue;
		line_text(line, n++ ? ", " : " ");
		if (n > TOLD) {
			line_text(line, "...");
			break;
		}
		line_text(line, negated ? "'!" : "");
		line_safe(line, word, FILTER_NAME_SIZE);
		line_text(line, negated ? "'" : "");
		put_meant(line, &misses->rows[row], row, word);
	}
}

bool filter_unmet_put_rows(const struct filter *filter, const struct filter_misses *misses,
			   unsigned first, unsigned last, struct line *line, const char *before)
{
	bool any = false;

	for (unsigned row = first; row <= last; row++) {
		const uint64_t values = list_values(&filter->terms[row]);
		const uint64_t unmet = misses->unmet[row] & values;

		/* that none has any of them is told elsewhere */
		if (!unmet || unmet == values)
			continue;
		line_text(line, any ? "; " : before);
		put_unmet(line, filter, misses, row, unmet, "none has the ", false);
		any = true;
	}
	return any;
}

static void put_kinds(struct line *line, uint64_t kinds, const char *before)
{
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

static uint64_t events_of(uint64_t kinds)
{
	uint64_t events = 0;

	for (unsigned i = 0; i < 64; i++)
		if (kinds & UINT64_C(1) << i && body_kind_is_event(i))
			events |= UINT64_C(1) << i;
	return events;
}

/* Which there are is known of what was not read, too. */
static bool put_unmet_kinds(struct line *line, const struct filter *filter)
{
	const uint64_t kinds = filter->misses->kinds, wanted = events_of(filter->kinds.wanted),
		       negated = events_of(filter->kinds.negated) & ~kinds;
	const uint64_t lacking = wanted & kinds ? wanted & ~kinds : 0;

	if (!kinds || (!lacking && !negated))
		return false;
	if (lacking)
		put_kinds(line, lacking, "no event is of the kind ");
	if (negated)
		put_kinds(line, negated,
			  lacking ? "; no event is left out by --kind !"
				  : "no event is left out by --kind !");
	return true;
}

static const char *before_unmet(const struct filter_misses *misses, bool any)
{
	if (!misses->unmet_unread)
		return any ? "; " : "";
	return any ? "; of what else fits, " : "of what else fits, ";
}

bool filter_unmet_sentence(const struct filter *filter, bool part, char *buf, size_t size)
{
	const struct filter_misses *misses = filter->misses;
	struct line line = line_make(buf, size);
	bool any;

	if (!misses)
		return false;
	any = !part && put_unmet_kinds(&line, filter);
	for (unsigned row = 0; misses->unmet_of_events && row < ROW_COUNT; row++) {
		const struct filter_term *term = &filter->terms[row];
		const uint64_t listed = misses->unmet[row] & list_values(term);
		const uint64_t negated = part ? 0 : misses->unmet[row] & values_of(term, true);

		/* that none has any of them is told elsewhere */
		if (listed && listed != list_values(term) && !(part && is_checked(row))) {
			line_text(&line, before_unmet(misses, any));
			put_unmet(&line, filter, misses, row, listed, "no event has the ", false);
			any = true;
		}
		if (negated) {
			line_text(&line, before_unmet(misses, any));
			put_unmet(&line, filter, misses, row, negated, "no event is left out by --",
				  true);
			any = true;
		}
	}
	(void)line_end(&line);
	return any;
}
