/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/verify-internal.h"

#include "proto/base/count.h"

static void add_loss(struct findings *losses, uint64_t count, bool unknown, const char *kind,
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
}

/* What is more than was told before. Sums of a damaged stream may fall. */
static uint64_t grow_told(uint64_t *told, uint64_t now)
{
	uint64_t more = now > *told ? now - *told : 0;

	*told += more;
	return more;
}

static uint64_t add_kind(struct recount_kind *kind, struct findings *losses)
{
	uint64_t n = 0;

	for (unsigned reason = 0; reason < LOST_REASONS; reason++) {
		struct lost_count lost = recount_kind_lost(kind, reason);
		struct lost_count *told = &kind->told[reason];
		const uint64_t more = grow_told(&told->count, lost.count);

		add_loss(losses, more, lost.unknown && !told->unknown, kind->name, reason);
		told->unknown = lost.unknown;
		n += more;
	}
	return n;
}

uint64_t losses_add(struct recount *recount, struct findings *losses)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < recount->n; i++)
		n += add_kind(&recount->kinds[i], losses);
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
