/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/verify-internal.h"

#include <string.h>

#include "proto/base/count.h"

/* False: there is none. */
static bool add_loss(struct findings *losses, uint64_t count, bool unknown, const char *kind,
		     unsigned reason)
{
	/* What a repair left out without knowing its kind are records. */
	bool records = reason == RINGSIDE__V1__LOST__REASON__DAMAGED && !*kind;
	const char *thing = records ? "record" : "event";
	const char *of = *kind ? " of " : "", *more = unknown ? "more than " : "";

	if (count)
		findings_add(losses, "%s%s%s%s lost (%s)", more, COUNTED(count, thing), of, kind,
			     lost_reasons[reason].text);
	else if (unknown)
		findings_add(losses, "an unknown number of %ss%s%s lost (%s)", thing, of, kind,
			     lost_reasons[reason].text);
	return count || unknown;
}

/* What is more than was told before. Sums of a damaged stream may fall. */
static uint64_t grow_told(uint64_t *told, uint64_t now)
{
	uint64_t more = now > *told ? now - *told : 0;

	*told += more;
	return more;
}

static uint64_t add_kind(struct recount_kind *kind, const struct finding_time *span,
			 struct findings *losses)
{
	uint64_t n = 0;

	for (unsigned reason = 0; reason < LOST_REASONS; reason++) {
		struct lost_count lost = recount_kind_lost(kind, reason);
		struct lost_count *told = &kind->told[reason];
		const uint64_t more = grow_told(&told->count, lost.count);
		struct finding_time *when = &kind->when[reason];

		/* of what only sums tell, it is not known better */
		if (!when->until)
			*when = *span;
		if (add_loss(losses, more, lost.unknown && !told->unknown, kind->name, reason))
			findings_when(losses, when->from, when->until);
		*when = (struct finding_time){0};
		told->unknown = lost.unknown;
		n += more;
	}
	return n;
}

uint64_t losses_add(struct recount *recount, const struct finding_time *span,
		    struct findings *losses)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < recount->n; i++)
		n += add_kind(&recount->kinds[i], span, losses);
	return n;
}

static uint64_t count_limited(const struct recount_kind *kind)
{
	uint64_t told = kind->limited + kind->limited_overflow;

	return told > kind->kernel.limited ? told : kind->kernel.limited;
}

uint64_t losses_limited(struct recount *recount)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < recount->n; i++)
		n += grow_told(&recount->kinds[i].limited_told, count_limited(&recount->kinds[i]));
	return n;
}

/* What an input has of each kind, so that inputs can be added up: sums run on through the files of
 * a stream, and an input may have several streams. */
static struct kind_total now_of(const struct recount_kind *kind)
{
	struct kind_total now = {
		.written = kind->read,
		.limited = kind->kernel.limited,
		.dropped = kind->kernel.dropped,
		.lost_in_sink = kind->lost_in_sink,
		.missed_runs = kind->missed_runs,
		.missed_known = kind->missed_known,
	};

	for (unsigned i = 0; i < LOST_REASONS; i++)
		now.lost[i] = recount_kind_lost(kind, i);
	return now;
}

static struct kind_total *get_total(struct verify_report *report, const char *name)
{
	struct kind_total *total = report->kinds;

	while (total < report->kinds + report->n_kinds && strcmp(total->name, name) != 0)
		total++;
	if (total == report->kinds + RECOUNT_KINDS)
		return total - 1;
	if (total == report->kinds + report->n_kinds) {
		*total = (struct kind_total){.missed_known = true};
		memcpy(total->name, name, sizeof(total->name));
		report->n_kinds++;
	}
	return total;
}

/* Sums of a damaged stream may fall. */
static void add_growth(uint64_t *total, uint64_t before, uint64_t now)
{
	*total += now > before ? now - before : 0;
}

static void add_total(struct kind_total *total, struct recount_kind *kind)
{
	const struct kind_total now = now_of(kind), *before = &kind->added;

	add_growth(&total->written, before->written, now.written);
	add_growth(&total->limited, before->limited, now.limited);
	add_growth(&total->dropped, before->dropped, now.dropped);
	add_growth(&total->lost_in_sink, before->lost_in_sink, now.lost_in_sink);
	add_growth(&total->missed_runs, before->missed_runs, now.missed_runs);
	total->missed_known &= now.missed_known;
	for (unsigned i = 0; i < LOST_REASONS; i++) {
		add_growth(&total->lost[i].count, before->lost[i].count, now.lost[i].count);
		total->lost[i].unknown |= now.lost[i].unknown && !before->lost[i].unknown;
	}
	kind->added = now;
}

void losses_add_kinds(struct verify *verify)
{
	struct recount *recount = &verify->recount;

	for (unsigned i = 0; i < recount->n; i++)
		add_total(get_total(&verify->report, recount->kinds[i].name), &recount->kinds[i]);
}

static void skip_totals(struct recount *recount)
{
	for (unsigned i = 0; i < recount->n; i++) {
		struct recount_kind *kind = &recount->kinds[i];
		struct kind_total before = now_of(kind);

		/* what its own records tell is this input's */
		before.written = kind->added.written;
		for (unsigned j = 0; j < LOST_REASONS; j++) {
			before.lost[j].count -= kind->lost[j].count;
			before.lost[j].unknown = false;
		}
		kind->added = before;
	}
}

void losses_skip(struct recount *recount)
{
	for (unsigned i = 0; i < recount->n; i++) {
		struct recount_kind *kind = &recount->kinds[i];

		for (unsigned reason = 0; reason < LOST_REASONS; reason++)
			(void)grow_told(&kind->told[reason].count,
					recount_kind_lost(kind, reason).count -
						kind->lost[reason].count);
	}
	(void)losses_limited(recount);
	skip_totals(recount);
}

static void doubt_last(const struct recount_kind *kind, bool last, struct findings *doubts)
{
	if (!kind->stated)
		findings_add(doubts, "there are no sums of %s", kind->name);
	else if (kind->missed_known && kind->missed_runs)
		findings_add(doubts, "%s of %s may have been missed (missed_runs)",
			     COUNTED(kind->missed_runs, "run"), kind->name);
	if (last && kind->stated && kind->kernel.in_flight)
		findings_add(doubts, "%s of %s had not ended (in flight)",
			     COUNTED(kind->kernel.in_flight, "run"), kind->name);
}

/* Said once if it is so for all. */
static void doubt_uncounted(const struct recount *recount, struct findings *doubts)
{
	unsigned attached = 0, uncounted = 0;

	for (unsigned i = 0; i < recount->n; i++) {
		const struct recount_kind *kind = &recount->kinds[i];

		attached += kind->attached && kind->stated;
		uncounted += kind->attached && kind->stated && !kind->missed_known;
	}
	if (uncounted && uncounted == attached) {
		findings_add(doubts, "missed_runs is not counted by this kernel");
		return;
	}
	for (unsigned i = 0; i < recount->n; i++) {
		const struct recount_kind *kind = &recount->kinds[i];

		if (kind->attached && kind->stated && !kind->missed_known)
			findings_add(doubts, "missed_runs of %s is not counted by this kernel",
				     kind->name);
	}
}

void losses_doubt(const struct recount *recount, bool last, struct findings *doubts)
{
	for (unsigned i = 0; i < recount->n; i++) {
		if (recount->kinds[i].attached)
			doubt_last(&recount->kinds[i], last, doubts);
	}
	doubt_uncounted(recount, doubts);
}
