/* SPDX-License-Identifier: Apache-2.0 */
/* A record against all that is asked for: as far as can be told without unpacking it, then whole.
 */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter-internal.h"
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define UNPACK 2 /* of match_peek: ask filter_match */

static bool has_bit(uint64_t mask, unsigned kind)
{
	return mask & UINT64_C(1) << (kind & 63);
}

/* Lost and Limited may stand for a kind that is wanted. */
static bool stands_for_others(const struct filter *filter, unsigned kind)
{
	return (kind == RINGSIDE__V1__RECORD__BODY_LOST ||
		kind == RINGSIDE__V1__RECORD__BODY_LIMITED) &&
	       !has_bit(filter->kinds.negated, kind);
}

/* These say what kind they stand for; without, they may stand for any. */
static bool kind_wanted(const struct filter *filter, const Ringside__V1__Record *record,
			const ProtobufCMessage *body)
{
	const char *of;

	if (!stands_for_others(filter, record->body_case))
		return filter_kind_wanted(filter, record->body_case);
	of = body_string(body, "kind");
	return has_bit(filter->kinds.wanted, record->body_case) || !of ||
	       filter_kind_wanted(filter, body_kind(of, strlen(of)));
}

/* Of what happened from @first to @last. */
static bool range_wants(const struct time_range *range, bool known, uint64_t first, uint64_t last)
{
	return !range->given || (known && last >= range->since && first <= range->until);
}

bool filter_time_wanted(const struct filter *filter, const struct peek *peek)
{
	return !filter->timed || (range_wants(&filter->time, peek->has_time, peek->time_unix_nano,
					      peek->time_unix_nano) &&
				  range_wants(&filter->boot, peek->has_boottime,
					      peek->boottime_nano, peek->boottime_nano));
}

static bool time_wanted(const struct filter *filter, const Ringside__V1__Record *record)
{
	const struct peek peek = {
		.has_time = record->has_time_unix_nano,
		.time_unix_nano = record->time_unix_nano,
		.has_boottime = record->has_boottime_nano,
		.boottime_nano = record->boottime_nano,
	};

	return filter_time_wanted(filter, &peek);
}

bool filter_hosts_match(const struct filter_term *hosts, const Ringside__V1__Header *header)
{
	bool wanted = !hosts->positive;

	for (size_t i = 0; i < hosts->n; i++) {
		if (!filter_match_host(&hosts->values[i], header))
			continue;
		if (hosts->values[i].negated)
			return false;
		wanted = true;
	}
	return wanted;
}

bool filter_wants_host(const struct filter *filter, const char *name)
{
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;

	header.host_name = (char *)(uintptr_t)name;
	return filter_hosts_match(&filter->terms[ROW_HOST], &header);
}

size_t filter_host_names(const struct filter *filter, const char **names, size_t max)
{
	const struct filter_term *hosts = &filter->terms[ROW_HOST];

	for (size_t i = 0; i < hosts->n; i++) {
		if (i == max || hosts->values[i].negated || strpbrk(hosts->values[i].text, "*?[\\"))
			return 0;
		names[i] = hosts->values[i].text;
	}
	return hosts->n;
}

bool filter_host_wanted(const struct filter *filter, const Ringside__V1__Header *header)
{
	return !filter->streams || (filter_hosts_match(&filter->terms[ROW_HOST], header) &&
				    filter_match_labels(&filter->terms[ROW_LABEL], header) &&
				    filter_match_boot(filter, header));
}

bool filter_term_matches(const struct filter_term *term, filter_match_fn *match,
			 const struct filter_view *view)
{
	bool wanted = !term->positive;

	for (size_t i = 0; i < term->n; i++) {
		const struct filter_value *value = &term->values[i];

		if ((wanted && !value->negated) || !match(value, view))
			continue;
		if (value->negated)
			return false;
		wanted = true;
	}
	return wanted;
}

struct filter_view filter_view_of(const Ringside__V1__Record *record, const ProtobufCMessage *body)
{
	return (struct filter_view){
		.record = record,
		.body = body,
		.process = (const Ringside__V1__Process *)
			body_message(body, &ringside__v1__process__descriptor),
		.container = (const Ringside__V1__Container *)
			body_message(body, &ringside__v1__container__descriptor),
	};
}

static bool fields_match(const struct filter *filter, const Ringside__V1__Record *record,
			 const ProtobufCMessage *body)
{
	const struct filter_view view = filter_view_of(record, body);

	for (unsigned i = 0; i < filter->n_fields; i++) {
		unsigned row = filter->fields[i];

		if (!filter_term_matches(&filter->terms[row], filter_rows[row].match, &view))
			return false;
	}
	return true;
}

/* Of Lost records, which are asked for nothing else that events have. */
static bool severity_wanted(const struct filter *filter, const Ringside__V1__Record *record)
{
	const struct filter_view view = {.record = record};

	return filter_term_matches(&filter->terms[ROW_SEVERITY], filter_match_severity, &view);
}

bool filter_match(const struct filter *filter, const Ringside__V1__Record *record,
		  const Ringside__V1__Header *latest)
{
	bool header = record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER;
	const ProtobufCMessage *body = body_of(record);

	if (!kind_wanted(filter, record, body))
		return false;
	if (!filter_host_wanted(filter, header ? record->header : latest))
		return false;
	if (header)
		return true;
	if (record->self_test && !filter->self_tests)
		return false;
	if (!time_wanted(filter, record))
		return false;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LOST)
		return severity_wanted(filter, record);
	return !filter->n_fields || fields_match(filter, record, body);
}

bool filter_touches_loss(const struct filter *filter, const Ringside__V1__Record *record,
			 const Ringside__V1__Header *latest)
{
	const Ringside__V1__Lost *lost = record->lost;
	const uint64_t boot = record->boottime_nano, nano = record->time_unix_nano;
	const uint64_t after = lost->has_after_boottime_nano && lost->after_boottime_nano < boot
				       ? lost->after_boottime_nano
				       : boot;

	if (text_has(lost->kind) &&
	    !filter_kind_wanted(filter, body_kind(lost->kind, strlen(lost->kind))))
		return false;
	return filter_host_wanted(filter, latest) &&
	       range_wants(&filter->time, record->has_time_unix_nano, nano - (boot - after),
			   nano) &&
	       range_wants(&filter->boot, record->has_boottime_nano, after, boot);
}

bool filter_span_wanted(const struct filter *filter, struct filter_moment from,
			struct filter_moment to)
{
	const uint64_t time = to.time ? to.time : UINT64_MAX;
	const uint64_t boottime = to.boottime ? to.boottime : UINT64_MAX;

	return range_wants(&filter->time, true, from.time, max_u64(time, from.time)) &&
	       range_wants(&filter->boot, true, from.boottime, max_u64(boottime, from.boottime));
}

bool filter_row(const struct filter *filter, const Ringside__V1__Record *record,
		const Ringside__V1__CounterRow *row, const Ringside__V1__Header *latest)
{
	const struct kind *kind = kind_find(row->kind);

	return kind && filter_takes_kind(filter, kind) && filter_host_wanted(filter, latest) &&
	       time_wanted(filter, record) &&
	       (!filter->n_fields || fields_match(filter, NULL, &row->base));
}

/* filter_match as far as can be told without unpacking: 0 no, 1 yes, UNPACK ask filter_match. Of a
 * Header, too, only filter_match can tell. */
static int match_peek(const struct filter *filter, const struct peek *peek,
		      const Ringside__V1__Header *latest)
{
	if (peek->kind == RINGSIDE__V1__RECORD__BODY_HEADER)
		return UNPACK;
	if (!filter_kind_wanted(filter, peek->kind) && !stands_for_others(filter, peek->kind))
		return 0;
	if (peek->self_test && !filter->self_tests)
		return 0;
	if ((filter->streams && !filter_host_wanted(filter, latest)) ||
	    (filter->timed && !filter_time_wanted(filter, peek)))
		return 0;
	if (filter->n_fields || ((filter->kinds.wanted || filter->kinds.negated) &&
				 stands_for_others(filter, peek->kind)))
		return UNPACK;
	return 1;
}

int filter_record(const struct filter *filter, struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	int r = match_peek(filter, &item->peek, header);

	if (r != UNPACK)
		return r;
	r = reader_unpack(reader, item);
	return r ? r : filter_match(filter, item->record, header);
}

bool filter_index_in_time(const struct filter *filter, const struct recording_index *index)
{
	return range_wants(&filter->time, index->has_time, index->min_time, index->max_time) &&
	       range_wants(&filter->boot, index->has_boottime, index->min_boottime,
			   index->max_boottime);
}

bool filter_may_match(const struct filter *filter, const struct recording_index *index)
{
	bool any = false;

	for (unsigned i = 0; !any && i < RECORD_BODIES; i++)
		any = index->counts[i] &&
		      (filter_kind_wanted(filter, i) || stands_for_others(filter, i));
	if ((filter->kinds.wanted || filter->kinds.negated) && !any)
		return false;
	return filter_index_in_time(filter, index);
}

bool filter_is_empty(const struct filter *filter)
{
	bool empty = !filter_selects(filter) && !filter->n_boots;

	for (size_t i = 0; i < ROW_COUNT; i++)
		empty &= !filter->terms[i].n;
	return empty;
}

bool filter_selects(const struct filter *filter)
{
	return filter->timed || filter->kinds.wanted || filter->kinds.negated;
}
