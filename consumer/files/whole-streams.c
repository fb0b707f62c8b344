/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/whole-streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/files/being-written.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"

#define LOST_ID 4        /* bytes of a stream's id that a Lost has */
#define RUNS_AT_HAND 64u /* files that are followed take turns */

void whole_streams_done(struct whole_streams *whole)
{
	free(whole->runs);
	free(whole->headless);
	*whole = (struct whole_streams){0};
}

static struct whole_run *add_run(struct whole_streams *whole)
{
	if (whole->n == WHOLE_RUNS || GROW(whole->runs, whole->n, &whole->room)) {
		whole->full = true;
		return NULL;
	}
	whole->runs[whole->n] = (struct whole_run){0};
	return &whole->runs[whole->n++];
}

static struct filter_moment moment_of(const struct peek *peek)
{
	return (struct filter_moment){peek->time_unix_nano, peek->boottime_nano};
}

/* The run that the record goes on with, or a new one. NULL: there is no room. */
static struct whole_run *find_run(struct whole_streams *whole, const uint8_t *id,
				  const struct peek *peek)
{
	struct whole_run *run;

	for (size_t i = whole->n; i && whole->n - i < RUNS_AT_HAND; i--) {
		run = &whole->runs[i - 1];
		if (!run->passed && run->next == peek->seq && !memcmp(run->id, id, WHOLE_ID))
			return run;
	}
	run = add_run(whole);
	if (!run)
		return NULL;
	memcpy(run->id, id, WHOLE_ID);
	run->first = peek->seq;
	run->from = moment_of(peek);
	run->wanted = whole->wanted;
	run->torn = whole->torn;
	return run;
}

/* Any stream may say what was deleted of another. */
static void take_deleted(struct whole_streams *whole, const Ringside__V1__Lost *lost)
{
	if (lost->reason != RINGSIDE__V1__LOST__REASON__RETENTION || !lost->has_file_index ||
	    lost->stream_id.len != LOST_ID)
		return;
	for (size_t i = 0; i < whole->n_headless; i++) {
		struct whole_headless *headless = &whole->headless[i];

		headless->told |= headless->index - 1 == lost->file_index &&
				  !memcmp(headless->id, lost->stream_id.data, LOST_ID);
	}
}

/* A repair's Lost has the number of the first that is missing, and stands for all. */
static void take_lost(struct whole_streams *whole, struct whole_run *run, struct reader *reader,
		      struct reader_record *item)
{
	if (reader_unpack(reader, item))
		return;
	take_deleted(whole, item->record->lost);
	if (!body_stands_in(item->record))
		return;
	run->open = !item->record->lost->count;
	run->next += run->open ? 0 : item->record->lost->count - 1;
}

/* How the stream ends here. */
static void take_footer(struct whole_run *run, struct reader *reader, struct reader_record *item)
{
	const char *reason = reader_unpack(reader, item) ? NULL : item->record->footer->reason;

	run->ended = true;
	run->rotated = reason && !strcmp(reason, RECORDING_ROTATED);
}

static void take_host(struct whole_run *run, const Ringside__V1__Header *header)
{
	run->locked = header->locked;
	if (header->host_name)
		(void)snprintf(run->host, sizeof(run->host), "%s", header->host_name);
}

void whole_streams_take(struct whole_streams *whole, struct reader *reader,
			struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	struct whole_run *run = whole->at ? &whole->runs[whole->at - 1] : NULL;

	if (!header || header->excerpt || header->stream_id.len != WHOLE_ID || !item->peek.seq) {
		whole->at = 0;
		return;
	}
	if (item->header)
		whole->wanted = filter_host_wanted(whole->filter, header);
	if (!run || item->header || item->peek.seq != run->next)
		run = find_run(whole, header->stream_id.data, &item->peek);
	whole->at = run ? (size_t)(run - whole->runs) + 1 : 0;
	whole->torn = false;
	if (!run)
		return;
	if (!*run->host || item->header)
		take_host(run, header);
	run->headed |= item->header && item->peek.seq == run->first;
	run->next = item->peek.seq + 1;
	run->to = moment_of(&item->peek);
	run->open = false;
	run->ended = run->rotated = false;
	if (item->peek.kind == RINGSIDE__V1__RECORD__BODY_FOOTER)
		take_footer(run, reader, item);
	if (item->peek.kind == RINGSIDE__V1__RECORD__BODY_LOST)
		take_lost(whole, run, reader, item);
}

/* Goes before those that were passed over last, if it ends where they begin. */
static void pass_run(struct whole_streams *whole, const struct whole_run *part)
{
	struct whole_run *run = whole->n ? &whole->runs[whole->n - 1] : NULL;

	if (run && run->passed && run->first == part->next &&
	    !memcmp(run->id, part->id, WHOLE_ID)) {
		run->first = part->first;
		run->from = part->from;
		return;
	}
	run = add_run(whole);
	if (run)
		*run = *part;
}

void whole_streams_pass(struct whole_streams *whole, const struct recording_index *index)
{
	const struct filter_moment from = {index->min_time, index->min_boottime};
	const struct filter_moment to = {index->max_time, index->max_boottime};
	struct whole_run run = {
		.first = index->first_seq,
		.next = index->last_seq + 1,
		.from = from,
		.to = to,
		.passed = true,
		.ended = index->counts[RINGSIDE__V1__RECORD__BODY_FOOTER],
	};
	uint64_t n = index->others;

	if (!index->has_stream_id || !index->has_seq)
		return;
	memcpy(run.id, index->stream_id, WHOLE_ID);
	for (unsigned i = 0; i < RECORD_BODIES; i++)
		n += index->counts[i];
	/* somewhere in it some are missing, for which no Lost may stand */
	if (n > 1 && n < run.next - run.first && !index->counts[RINGSIDE__V1__RECORD__BODY_LOST]) {
		run.first = index->last_seq;
		run.from = to;
		pass_run(whole, &run);
		run.next = index->first_seq + n - 1;
		run.first = index->first_seq;
		run.from = run.to = from;
		run.ended = false;
	}
	pass_run(whole, &run);
}

void whole_streams_pause(struct whole_streams *whole, const struct reader *reader, bool stopped)
{
	struct whole_run *run = whole->at ? &whole->runs[whole->at - 1] : NULL;

	if (!run)
		return;
	run->ended |= stopped;
	run->growing = !run->ended && being_written_check(reader_fd(reader)) == 1;
}

bool whole_streams_goes_on(const struct whole_streams *whole)
{
	const struct whole_run *run = whole->at ? &whole->runs[whole->at - 1] : NULL;

	return run && run->rotated && run->wanted &&
	       filter_span_wanted(whole->filter, run->to, FILTER_EVER);
}

void whole_streams_lacks_next(struct whole_streams *whole)
{
	if (whole->at)
		whole->runs[whole->at - 1].lacks_next = true;
}

void whole_streams_lacks_first(struct whole_streams *whole, const uint8_t id[WHOLE_ID],
			       uint32_t index)
{
	struct whole_headless *headless;

	if (GROW(whole->headless, whole->n_headless, &whole->headless_room)) {
		whole->full = true;
		return;
	}
	headless = &whole->headless[whole->n_headless++];
	*headless = (struct whole_headless){.index = index};
	memcpy(headless->id, id, sizeof(headless->id));
}

static int by_number(const void *a, const void *b)
{
	const struct whole_run *x = a, *y = b;
	int r = memcmp(x->id, y->id, WHOLE_ID);

	return r ? r : (x->first > y->first) - (x->first < y->first);
}

/* @first: the run that begins the stream, as far as it is there. */
static unsigned judge_begin(const struct whole_streams *whole, const struct whole_run *first)
{
	if (whole->ends_only || first->first <= 1 ||
	    !filter_span_wanted(whole->filter, (struct filter_moment){0}, first->from))
		return 0;
	for (size_t i = 0; i < whole->n_headless; i++)
		if (!whole->headless[i].told && !memcmp(whole->headless[i].id, first->id, WHOLE_ID))
			return WHOLE_NO_FIRST;
	return 0;
}

static unsigned judge_end(const struct whole_streams *whole, const struct whole_run *latest)
{
	if (latest->lacks_next)
		return WHOLE_NO_NEXT;
	if (latest->ended || !filter_span_wanted(whole->filter, latest->to, FILTER_EVER))
		return 0;
	return latest->growing ? WHOLE_GROWING : WHOLE_NO_END;
}

/* @run comes behind @latest, and not next. */
static void add_missing(struct whole_missing *missing, const struct whole_run *latest,
			const struct whole_run *run)
{
	if (!missing->places++) {
		missing->first = latest->next;
		missing->from = latest->to;
	}
	missing->last = run->first - 1;
	missing->to = run->from;
	missing->count += run->first - latest->next;
}

/* Whether records that are wanted are missing between the two, as far as a repair does not tell. */
static bool is_gap(const struct whole_streams *whole, const struct whole_run *latest,
		   const struct whole_run *run)
{
	return run->first > latest->next && !latest->open &&
	       filter_span_wanted(whole->filter, latest->to, run->from);
}

static void add_unclosed(struct whole_unclosed *unclosed, const struct whole_run *latest,
			 const char *host)
{
	if (unclosed->n++)
		return;
	unclosed->host = host;
	unclosed->end = latest->to;
}

/* @n runs of one stream. */
static unsigned judge_stream(struct whole_streams *whole, const struct whole_run *runs, size_t n,
			     struct whole_missing *missing)
{
	const struct whole_run *latest = runs;
	bool wanted = false, locked = false;
	unsigned found = 0, end;

	*missing = (struct whole_missing){.host = "", .id = runs->id};
	for (size_t i = 0; i < n; i++) {
		const struct whole_run *run = &runs[i];

		wanted |= run->wanted;
		locked |= run->locked;
		if (*run->host)
			missing->host = run->host;
		if (is_gap(whole, latest, run)) {
			found |= whole->ends_only ? 0 : WHOLE_GAPS;
			/* who skips to the last records of a file has its Header before them */
			if (!latest->cut && !run->torn && (!whole->ends_only || run->headed))
				add_missing(missing, latest, run);
		}
		/* of two that end alike one may know how */
		if (run->next > latest->next || (run->next == latest->next && !latest->ended))
			latest = run;
	}
	missing->places = wanted ? missing->places : 0;
	end = wanted ? judge_end(whole, latest) : 0;
	if (end == WHOLE_NO_END && locked && !latest->cut)
		add_unclosed(&whole->unclosed, latest, missing->host);
	missing->found = wanted ? found | end | judge_begin(whole, runs) : 0;
	return missing->found;
}

unsigned whole_streams_judge(struct whole_streams *whole, whole_tell_fn tell, void *data)
{
	struct whole_missing missing;
	unsigned found = whole->full ? WHOLE_GAPS : 0;
	size_t from = 0;

	whole->at = 0;
	whole->missing = whole->lacking = 0;
	whole->unclosed = (struct whole_unclosed){0};
	if (whole->n)
		qsort(whole->runs, whole->n, sizeof(*whole->runs), by_number);
	for (size_t i = 1; i <= whole->n; i++) {
		if (i < whole->n && !memcmp(whole->runs[i].id, whole->runs[from].id, WHOLE_ID))
			continue;
		found |= judge_stream(whole, whole->runs + from, i - from, &missing);
		if (missing.places) {
			whole->missing += missing.count;
			whole->lacking++;
		}
		if (tell && (missing.found || missing.places))
			tell(data, &missing);
		from = i;
	}
	return found;
}
