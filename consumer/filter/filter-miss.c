/* SPDX-License-Identifier: Apache-2.0 */
/* Why nothing matched: how many events fit each thing that is asked for, by itself, and what names
 * they have. Looked at as long as nothing has matched, and at most so many events and so many
 * names, so that it costs nothing where a filter is right. */
#include "consumer/filter/filter-miss.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/read/body.h"

#define EVENTS_MAX 65536u

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

uint64_t filter_misses(const struct filter *filter)
{
	return filter->misses ? filter->misses->events : 0;
}

void filter_forget_misses(struct filter *filter)
{
	free(filter->misses);
	filter->misses = NULL;
}

void filter_note_name(struct filter_seen *seen, const char *name)
{
	if (!text_has(name) || strlen(name) >= FILTER_NAME_SIZE)
		return;
	if (seen->n && !strcmp(seen->names[seen->latest], name))
		return;
	for (seen->latest = 0; seen->latest < seen->n; seen->latest++)
		if (!strcmp(seen->names[seen->latest], name))
			return;
	if (seen->n < FILTER_NAMES_MAX) {
		memcpy(seen->names[seen->n++], name, strlen(name) + 1);
		return;
	}
	seen->latest = 0;
	seen->more = true;
}

/* Ids are of interest as long as there are no names. */
static void note_name_or_id(struct filter_seen *seen, const struct filter_row_ops *ops,
			    const struct filter_view *view)
{
	const char *name = ops->name(view);

	if (text_has(name) && seen->ids) {
		seen->ids = seen->more = false;
		seen->n = 0;
	}
	if (!text_has(name) && ops->id && (seen->ids || !seen->n)) {
		name = ops->id(view);
		seen->ids |= text_has(name);
	}
	filter_note_name(seen, name);
}

static unsigned count_slashes(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += *s == '/';
	return n;
}

/* With @slashes, as the values have it. */
static void note_parts(struct filter_seen *seen, const Ringside__V1__Container *c, unsigned row,
		       unsigned slashes)
{
	char pod[2 * FILTER_NAME_SIZE], name[4 * FILTER_NAME_SIZE];
	const bool full = slashes == 2, named = text_has(c->container_name);

	(void)snprintf(pod, sizeof(pod), "%s/%s", c->namespace_name, c->pod_name);
	(void)snprintf(name, sizeof(name), "%s/%s", full ? pod : c->pod_name,
		       named ? c->container_name : "");
	if (seen->ids) {
		seen->ids = seen->more = false;
		seen->n = 0;
	}
	if (!full)
		filter_note_name(seen, pod);
	if (named && (full || row == ROW_CONTAINER))
		filter_note_name(seen, name);
}

void filter_note_names(struct filter_seen *seen, const struct filter_term *term, unsigned row,
		       const struct filter_view *view)
{
	const Ringside__V1__Container *c = view->container;
	const bool in_pod = filter_row_has_parts(row) && c && text_has(c->namespace_name) &&
			    text_has(c->pod_name);
	unsigned forms = 0;

	for (size_t i = 0; i < term->n; i++) {
		const unsigned slashes = in_pod ? count_slashes(term->values[i].text) : 0;

		forms |= 1u << (slashes <= 2 ? slashes : 0);
	}
	if (forms & 1)
		note_name_or_id(seen, &filter_rows[row], view);
	for (unsigned slashes = 1; slashes <= 2; slashes++)
		if (forms & 1u << slashes)
			note_parts(seen, c, row, slashes);
}

void filter_note_labels(struct filter_seen *seen, const Ringside__V1__Header *header)
{
	char label[FILTER_NAME_SIZE];

	for (size_t i = 0; header && i < header->n_labels; i++) {
		int n = snprintf(label, sizeof(label), "%s=%s", header->labels[i]->key,
				 header->labels[i]->value);

		if (n > 0 && (size_t)n < sizeof(label))
			filter_note_name(seen, label);
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

/* What is asked of the stream. */
static void note_stream(const struct filter *filter, const Ringside__V1__Header *header)
{
	struct filter_misses *misses = filter->misses;
	struct filter_seen *host = &misses->rows[ROW_HOST], *label = &misses->rows[ROW_LABEL];

	host->fits += filter_hosts_match(&filter->terms[ROW_HOST], header);
	label->fits += filter_match_labels(&filter->terms[ROW_LABEL], header);
	misses->of_boot += filter_match_boot(filter, header);
	filter_note_name(host, header ? header->host_name : NULL);
	filter_note_labels(label, header);
}

static bool is_of_container(unsigned row)
{
	return row >= ROW_UNIT && row <= ROW_CGROUP;
}

/* Without a record, of a container alone. */
static void note_view(const struct filter *filter, struct filter_misses *misses,
		      const struct filter_view *of)
{
	const struct filter_view view = *of;

	for (unsigned i = 0; i < filter->n_fields; i++) {
		const unsigned row = filter->fields[i];
		const struct filter_row_ops *ops = &filter_rows[row];
		struct filter_seen *seen = &misses->rows[row];

		if (!view.record && !is_of_container(row))
			continue;
		if (filter_term_matches(&filter->terms[row], ops->match, &view))
			seen->fits++;
		else if (!seen->fits && ops->name)
			filter_note_names(seen, &filter->terms[row], row, &view);
	}
}

static void note_fields(const struct filter *filter, const Ringside__V1__Record *record)
{
	const struct filter_view view = filter_view_of(record, body_of(record));

	note_view(filter, filter->misses, &view);
}

struct filter_misses *filter_present_new(const struct filter *filter)
{
	bool any = false;

	for (unsigned i = 0; i < filter->n_fields; i++)
		any |= is_of_container(filter->fields[i]) &&
		       filter->terms[filter->fields[i]].positive;
	return any ? calloc(1, sizeof(struct filter_misses)) : NULL;
}

void filter_present_free(struct filter_misses **present)
{
	free(*present);
}

void filter_present_note(const struct filter *filter, struct filter_misses *present,
			 const Ringside__V1__Container *container)
{
	note_view(filter, present, &(struct filter_view){.container = container});
}

void filter_note_miss(const struct filter *filter, struct reader *reader,
		      struct reader_record *item)
{
	struct filter_misses *misses = filter->misses;
	const unsigned kind = item->peek.kind;

	if (!misses || !body_kind_is_event(kind) || (item->peek.self_test && !filter->self_tests))
		return;
	misses->events++;
	misses->kinds |= UINT64_C(1) << kind;
	misses->may_be_in_time |= filter_time_wanted(filter, &item->peek);
	if (item->peek.has_time)
		note_times(misses, item->peek.time_unix_nano, item->peek.time_unix_nano);
	if (misses->looked_at == EVENTS_MAX)
		return;
	misses->looked_at++;
	misses->rows[ROW_SINCE].fits += filter_time_wanted(filter, &item->peek);
	misses->rows[ROW_KIND].fits += filter_kind_wanted(filter, kind);
	note_stream(filter, reader_header(reader));
	if (filter->n_fields && !reader_unpack(reader, item))
		note_fields(filter, item->record);
	misses->passed += misses->pattern && filter_record(filter, reader, item) == 1;
}

bool filter_takes_for_names(const struct filter *filter, const struct recording_index *index)
{
	struct filter_misses *misses = filter->misses;

	if (!misses || !filter->n_fields || misses->frames == FILTER_FRAMES_MAX)
		return false;
	for (unsigned i = 0; i < RECORD_BODIES; i++) {
		if (!body_kind_is_event(i) || !index->counts[i])
			continue;
		misses->frames++;
		return true;
	}
	return false;
}

void filter_note_skipped(const struct filter *filter, const struct recording_index *index)
{
	struct filter_misses *misses = filter->misses;
	uint64_t events = 0;

	for (unsigned i = 0; misses && i < RECORD_BODIES; i++) {
		if (!body_kind_is_event(i) || !index->counts[i])
			continue;
		events += index->counts[i];
		misses->kinds |= UINT64_C(1) << i;
	}
	if (!events)
		return;
	misses->events += events;
	misses->unmet_unread = true;
	misses->may_be_in_time |= filter_index_in_time(filter, index);
	if (index->has_time)
		note_times(misses, index->min_time, index->max_time);
}
