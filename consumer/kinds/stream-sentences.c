/* SPDX-License-Identifier: Apache-2.0 */
/* What the stream says about itself. */
#include <time.h>

#include "consumer/kinds/sentence.h"
#include "consumer/read/lost-reasons.h"
#include "consumer/read/own-usage.h"
#include "consumer/text/phrases.h"

#define SECOND UINT64_C(1000000000)

static void put_probe(struct line *line, const Ringside__V1__Probe *probe)
{
	line_safe(line, probe->kind, TEXT_NAME_MAX);
	if (!probe->has_tier || !probe->tier) {
		line_text(line, " not attached");
		return;
	}
	line_text(line, " by ");
	text_enum(line, &ringside__v1__tier__descriptor, probe->tier, "TIER_");
}

static void put_header(struct line *line, const Ringside__V1__Header *header)
{
	const char *between = ": ";
	size_t blind_spots = 0;

	line_text(line, "host ");
	line_safe(line, text_has(header->host_name) ? header->host_name : "?", TEXT_NAME_MAX);
	if (text_has(header->kernel_release)) {
		line_text(line, ", Linux ");
		line_safe(line, header->kernel_release, TEXT_NAME_MAX);
	}
	if (text_has(header->architecture)) {
		line_text(line, " ");
		line_safe(line, header->architecture, TEXT_NAME_MAX);
	}
	for (size_t i = 0; i < header->n_probes; i++) {
		line_text(line, between);
		put_probe(line, header->probes[i]);
		between = ", ";
		blind_spots += header->probes[i]->n_blind_spots;
	}
	/* each is a sentence, which only who reads JSON wants among events */
	if (blind_spots) {
		line_text(line, "; ");
		line_count(line, blind_spots);
		line_text(line, blind_spots == 1 ? " blind spot (see -o json)"
						 : " blind spots (see -o json)");
	}
	if (text_has(header->excerpt)) {
		line_text(line, "; an excerpt (");
		line_safe(line, header->excerpt, TEXT_NAME_MAX);
		line_text(line, ")");
		if (text_has(header->excerpt_flaws)) {
			line_text(line, " of a recording that ");
			line_safe(line, header->excerpt_flaws, TEXT_NAME_MAX);
		}
	}
}

static void put_total(struct line *line, const char **between, uint64_t n, const char *what)
{
	line_text(line, *between);
	line_count(line, n);
	line_text(line, what);
	*between = ", ";
}

static void put_footer(struct line *line, const Ringside__V1__Footer *footer)
{
	uint64_t written = 0, limited = 0, lost = 0;
	const char *between = ": ";

	for (size_t i = 0; i < footer->n_totals; i++) {
		written += footer->totals[i]->written;
		limited += footer->totals[i]->limited;
		lost += footer->totals[i]->lost;
	}
	line_text(line, "stream closed");
	if (text_has(footer->reason)) {
		line_text(line, " (");
		line_safe(line, footer->reason, TEXT_NAME_MAX);
		line_text(line, ")");
	}
	/* what was not counted is not zero */
	if (!footer->n_totals) {
		line_text(line, ": its sums are not known");
		return;
	}
	put_total(line, &between, written, written == 1 ? " event written" : " events written");
	put_total(line, &between, limited, " limited");
	put_total(line, &between, lost, " lost");
	between = " (";
	for (size_t i = 0; i < footer->n_totals; i++) {
		line_text(line, between);
		line_safe(line, footer->totals[i]->kind, TEXT_NAME_MAX);
		line_text(line, " ");
		line_count(line, footer->totals[i]->written);
		between = ", ";
	}
	line_text(line, ")");
}

static void put_sums(struct line *line, const Ringside__V1__ProbeSums *sums)
{
	uint64_t seen = 0, limited = 0, dropped = 0;
	const char *between = " ";

	for (size_t i = 0; i < sums->n_cpus; i++) {
		seen += sums->cpus[i]->seen;
		limited += sums->cpus[i]->limited;
		dropped += sums->cpus[i]->dropped;
	}
	line_safe(line, sums->kind, TEXT_NAME_MAX);
	put_total(line, &between, seen, " seen");
	put_total(line, &between, limited, " limited");
	put_total(line, &between, dropped, " dropped");
	if (sums->has_missed_runs && sums->missed_runs)
		put_total(line, &between, sums->missed_runs,
			  sums->missed_runs == 1 ? " run missed" : " runs missed");
}

/* BPF objects are no sums, and many. */
static void put_rows(struct line *line, const Ringside__V1__Counters *counters, const char *between)
{
	size_t objects = 0, rows;

	for (size_t i = 0; i < counters->n_rows; i++)
		objects += counters->rows[i]->bpf_object != NULL;
	rows = counters->n_rows - objects;
	if (rows) {
		line_text(line, between);
		line_counted(line, rows, "row");
		line_text(line, counters->full ? "" : " changed");
		between = ", ";
	}
	if (objects) {
		line_text(line, between);
		line_counted(line, objects, "BPF object");
		line_text(line, counters->full ? "" : " changed");
	}
}

static void put_counters(struct line *line, const Ringside__V1__Counters *counters)
{
	const char *between = ": ";
	struct own_usage usage = {0};

	line_text(line, "counters");
	if (counters->parts > 1) {
		line_text(line, ", part ");
		line_count(line, counters->part);
		line_text(line, " of ");
		line_count(line, counters->parts);
	}
	for (size_t i = 0; i < counters->n_probes; i++) {
		line_text(line, between);
		put_sums(line, counters->probes[i]);
		between = "; ";
	}
	put_rows(line, counters, between);
	if (counters->cost) {
		own_usage_take(&usage, counters->cost, 0);
		line_text(line, "; the streamer: ");
		own_usage_text(line, &usage);
	}
}

/* "12 OOM kills", "1 seccomp denial", "3 tcp_queue events" */
static void put_events(struct line *line, bool known, uint64_t count, const char *name)
{
	const struct kind *kind = kind_find(name);
	bool one = known && count == 1;

	if (known)
		line_count(line, count);
	else
		line_text(line, "an unknown number of");
	line_put(line, " ", 1);
	if (kind && kind->body) {
		line_text(line, one ? kind->word : kind->words);
		return;
	}
	if (name) {
		line_safe(line, name, TEXT_NAME_MAX);
		line_put(line, " ", 1);
	}
	line_text(line, one ? "event" : "events");
}

/* Which file it was. */
static void put_deleted(struct line *line, const Ringside__V1__Lost *lost)
{
	if (!lost->has_file_index)
		return;
	line_text(line, " (file ");
	line_uint(line, lost->file_index);
	line_text(line, " of a stream)");
}

#define REASON(name) RINGSIDE__V1__LOST__REASON__##name

static void put_lost(struct line *line, const Ringside__V1__Lost *lost)
{
	static const char *const reasons[LOST_REASONS] = {
		[REASON(REASON_UNSPECIFIED)] = " lost, why is not known",
		[REASON(RING_FULL)] = " lost: the ring was full",
		[REASON(SINK)] = " lost: taken from the kernel, but the output could not take more",
		[REASON(NOT_ATTACHED)] = " not seen: nothing was attached then",
		[REASON(RETENTION)] = " deleted to keep within the space and age allowed",
		[REASON(DAMAGED)] = " lost: the recording is damaged here",
	};
	const unsigned reason = (unsigned)lost->reason;
	/* of `ringside forward`: any records, not events of a file */
	const bool unsent = lost->reason == REASON(RETENTION) && !lost->has_stream_id &&
			    !lost->kind && lost->count;

	if (unsent)
		line_counted(line, lost->count, "record");
	else
		put_events(line, lost->has_count, lost->count, lost->kind);
	line_text(line, reasons[reason < LOST_REASONS ? reason : 0]);
	if (lost->reason == REASON(RING_FULL) && lost->has_cpu) {
		line_text(line, " (CPU ");
		line_uint(line, lost->cpu);
		line_text(line, ")");
	}
	if (unsent)
		line_text(line, lost->count == 1 ? " before it could be forwarded"
						 : " before they could be forwarded");
	else if (lost->reason == REASON(RETENTION))
		put_deleted(line, lost);
}

void stream_advice(struct line *line, const Ringside__V1__Record *record)
{
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_LOST)
		return;
	if (record->lost->reason == REASON(RING_FULL))
		line_text(line, "start the streamer with a larger --ring-size, or a lower --rate");
	else if (record->lost->reason == REASON(SINK))
		line_text(line, "look at the disk's free space, or at who reads the pipe");
}

static void put_others(struct line *line, const struct kind *kind)
{
	line_text(line, " (of ");
	line_text(line, kind && kind->others ? kind->others : "others");
	line_text(line, ": more than its share of the table)");
}

static void put_limited(struct line *line, const Ringside__V1__Limited *limited)
{
	put_events(line, limited->has_count, limited->count, limited->kind);
	line_text(line, " held back by the rate limits");
	text_period(line, limited);
	if (limited->overflow)
		line_text(line, " (whose is not known: the tables were full)");
	else if (limited->others && limited->container)
		put_others(line, kind_find(limited->kind));
	else if (limited->others)
		line_text(line, " (of other containers: more than are kept apart)");
}

static void put_clock(struct line *line, const Ringside__V1__Clock *clock)
{
	time_t second = (time_t)(clock->time_unix_nano / SECOND);
	struct tm tm;
	char buf[32];

	line_text(line, clock->stepped ? "the clock was set: it is " : "it is ");
	if (!clock->has_time_unix_nano || !gmtime_r(&second, &tm) ||
	    !strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S UTC", &tm)) {
		line_text(line, "not known when");
	} else {
		line_text(line, buf);
	}
	line_text(line, ", ");
	line_uint(line, clock->boottime_nano / SECOND);
	line_text(line, ".");
	line_digits(line, clock->boottime_nano / 1000000 % 1000, 3);
	line_text(line, " s after boot");
}

void stream_sentence(struct line *line, const Ringside__V1__Record *record)
{
	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
		put_header(line, record->header);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		put_counters(line, record->counters);
		break;
	case RINGSIDE__V1__RECORD__BODY_LOST:
		put_lost(line, record->lost);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		put_footer(line, record->footer);
		break;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		put_limited(line, record->limited);
		break;
	case RINGSIDE__V1__RECORD__BODY_CLOCK:
		put_clock(line, record->clock);
		break;
	default:
		line_text(line, "a record this version does not know");
		break;
	}
}
