/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/live-summary.h"

#include <string.h>

#include "consumer/read/body.h"
#include "consumer/text/phrases.h"

const char *live_summary_probes(const struct filter *filter, char buf[LIVE_SUMMARY_PROBES])
{
	struct line line = line_make(buf, LIVE_SUMMARY_PROBES);

	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		if (!filter_names_kind(filter, kinds[i]))
			continue;
		line_text(&line, line.p > line.start ? "," : "");
		line_text(&line, kinds[i]->name);
	}
	return line_end(&line) ? buf : NULL;
}

static bool is_attached(const Ringside__V1__Probe *probe)
{
	return probe->has_tier && probe->tier != RINGSIDE__V1__TIER__TIER_UNSPECIFIED;
}

/* "seccomp denials (tracepoint, costs every process ...)" */
static void put_probe(struct line *line, const Ringside__V1__Probe *probe)
{
	const struct kind *kind = kind_find(probe->kind);

	if (kind)
		line_text(line, kind->words);
	else
		line_safe(line, probe->kind, TEXT_NAME_MAX);
	if (!is_attached(probe))
		return;
	line_text(line, " (");
	line_text(line, body_tier(probe->tier));
	if (kind && kind->tax && probe->tier == RINGSIDE__V1__TIER__TIER_TRACEPOINT) {
		line_text(line, ", ");
		line_text(line, kind->tax);
	}
	line_text(line, ")");
}

/* All that are attached, or are not; @between: before the first. Returns whether there is one. */
static bool put_probes(struct line *line, const Ringside__V1__Header *header, bool attached,
		       const char *between)
{
	bool any = false;

	for (size_t i = 0; i < header->n_probes; i++) {
		if (is_attached(header->probes[i]) != attached)
			continue;
		line_text(line, any ? " and " : between);
		put_probe(line, header->probes[i]);
		any = true;
	}
	return any;
}

static struct live_watched *find_watched(struct live_summary *summary, const struct kind *kind)
{
	for (unsigned i = 0; kind && i < summary->n_watched; i++)
		if (summary->watched[i].kind == kind)
			return &summary->watched[i];
	return NULL;
}

static void watch(struct live_summary *summary, const struct filter *filter,
		  const Ringside__V1__Probe *probe)
{
	const struct kind *kind = kind_find(probe->kind);

	if (!kind || !is_attached(probe) || !filter_takes_kind(filter, kind) ||
	    find_watched(summary, kind))
		return;
	summary->watched[summary->n_watched++] = (struct live_watched){.kind = kind};
}

/* Which is said already. */
static bool is_only_kinds(const char *chosen)
{
	return !strncmp(chosen, "--kind ", 7) && !strstr(chosen + 7, " --");
}

void live_summary_begin(struct live_summary *summary, const struct filter *filter,
			const Ringside__V1__Header *header, const char *chosen, struct line *line)
{
	for (size_t i = 0; i < header->n_probes; i++)
		watch(summary, filter, header->probes[i]);
	(void)put_probes(line, header, true, "watching ");
	if (put_probes(line, header, false, ", but not "))
		line_text(line, " (`ringside doctor` says why)");
	if (*chosen && !is_only_kinds(chosen)) {
		line_text(line, ", for ");
		line_text(line, chosen);
	}
	line_text(line, "; Ctrl-C ends it");
}

bool live_summary_misses(struct live_summary *summary, const struct filter *filter,
			 struct line *line)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		if (!filter_names_kind(filter, kinds[i]) || find_watched(summary, kinds[i]))
			continue;
		line_text(line, "--kind asks for ");
		line_text(line, kinds[i]->words);
		line_text(line, ", which cannot be watched here: `ringside doctor` says why");
		return true;
	}
	return false;
}

static void see_lost(struct live_summary *summary, const Ringside__V1__Lost *lost)
{
	/* a pipe has no files that could have been deleted */
	if (lost->has_count)
		summary->lost += lost->count;
	else
		summary->lost_unknown = true;
}

static void see_missed(struct live_summary *summary, Ringside__V1__ProbeSums *const *sums, size_t n)
{
	struct live_watched *watched;

	for (size_t i = 0; i < n; i++) {
		watched = find_watched(summary, kind_find(sums[i]->kind));
		if (watched)
			watched->missed_runs = sums[i]->missed_runs;
	}
}

static void see_footer(struct live_summary *summary, const Ringside__V1__Footer *footer)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < footer->n_totals; i++)
		lost += footer->totals[i]->lost;
	summary->closed = true;
	summary->lost = lost > summary->lost ? lost : summary->lost;
	see_missed(summary, footer->probes, footer->n_probes);
}

void live_summary_see(struct live_summary *summary, const Ringside__V1__Record *record,
		      bool printed)
{
	struct live_watched *watched;

	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_LOST:
		see_lost(summary, record->lost);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		see_missed(summary, record->counters->probes, record->counters->n_probes);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		see_footer(summary, record->footer);
		break;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		summary->held += printed ? record->limited->count : 0;
		break;
	default:
		watched = find_watched(summary, kind_of(record));
		if (printed && body_is_event(record))
			++*(watched ? &watched->shown : &summary->others);
	}
}

static void put_counted(struct line *line, const char **between, uint64_t n, const char *one,
			const char *many)
{
	line_text(line, *between);
	line_count(line, n);
	line_text(line, " ");
	line_text(line, n == 1 ? one : many);
	*between = ", ";
}

static void put_lost(const struct live_summary *summary, struct line *line)
{
	uint64_t missed = 0;

	for (unsigned i = 0; i < summary->n_watched; i++)
		missed += summary->watched[i].missed_runs;
	line_text(line, "; ");
	if (summary->lost) {
		line_text(line, summary->lost_unknown ? "at least " : "");
		line_count(line, summary->lost);
	} else {
		line_text(line, summary->lost_unknown ? "an unknown number" : "nothing");
	}
	line_text(line, " lost");
	if (missed) {
		line_text(line, ", at most ");
		line_count(line, missed);
		line_text(line, " missed by the kernel");
	}
	if (!summary->closed)
		line_text(line, "; the streamer did not close its stream: what came last may be "
				"missing");
}

/* Of a kind without events, its rows. */
static uint64_t rows_of(const struct live_watched *watched, const uint64_t rows_shown[KINDS_COUNT])
{
	uint64_t n = 0;

	for (unsigned i = 0; i < KINDS_COUNT; i++)
		n += watched->kind == kinds[i] ? rows_shown[i] : 0;
	return n;
}

void live_summary_end(const struct live_summary *summary, const uint64_t rows_shown[KINDS_COUNT],
		      struct line *line)
{
	const char *between = "";

	for (unsigned i = 0; i < summary->n_watched; i++) {
		const struct live_watched *watched = &summary->watched[i];
		const uint64_t n = watched->shown + rows_of(watched, rows_shown);

		put_counted(line, &between, n, watched->kind->word, watched->kind->words);
	}
	if (summary->others || !*between)
		put_counted(line, &between, summary->others, "event", "events");
	line_text(line, " shown");
	if (summary->held) {
		line_text(line, " (");
		line_count(line, summary->held);
		line_text(line, " held back)");
	}
	put_lost(summary, line);
}
