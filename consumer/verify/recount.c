/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's sums move while the streamer reads them, so between two sets of Counters only
 * what stood still has to add up; after the probes are detached, at the Footer, everything has. */
#include "consumer/verify/recount.h"

#include <string.h>

#include "proto/base/count.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"

void recount_begin(struct recount *recount, bool whole)
{
	recount_done(recount);
	recount->based = recount->whole = whole;
}

void recount_done(struct recount *recount)
{
	for (unsigned i = 0; i < recount->n; i++)
		free(recount->kinds[i].cpus);
	*recount = (struct recount){0};
}

struct recount_kind *recount_find(struct recount *recount, const char *name)
{
	char clean[KIND_NAME];

	kind_clean(clean, name);
	for (unsigned i = 0; i < recount->n; i++) {
		if (!strcmp(recount->kinds[i].name, clean))
			return &recount->kinds[i];
	}
	return NULL;
}

/* Of more kinds than there are places, the last place stands for all. */
static struct recount_kind *get_kind(struct recount *recount, const char *name)
{
	struct recount_kind *kind = recount_find(recount, name);

	if (kind)
		return kind;
	if (recount->n == RECOUNT_KINDS)
		return &recount->kinds[RECOUNT_KINDS - 1];
	kind = &recount->kinds[recount->n++];
	*kind = (struct recount_kind){0};
	kind_clean(kind->name, name);
	return kind;
}

static int get_cpu(struct recount_kind *kind, uint32_t number, struct recount_cpu **ret)
{
	struct recount_cpu *cpus;
	unsigned n;

	if (number >= RECOUNT_CPUS)
		return -ERANGE;
	if (number >= kind->n_cpus) {
		n = number < 16 ? 16 : 2 * number;
		cpus = realloc(kind->cpus, n * sizeof(*cpus));
		if (!cpus)
			return -ENOMEM;
		memset(cpus + kind->n_cpus, 0, (n - kind->n_cpus) * sizeof(*cpus));
		kind->cpus = cpus;
		kind->n_cpus = n;
	}
	*ret = &kind->cpus[number];
	return 0;
}

const char *recount_name(struct recount *recount, const char *name)
{
	return get_kind(recount, name)->name;
}

/* Events of kinds that only a newer version knows cannot be counted here; others have none, but
 * rows. */
static bool is_countable(const char *kind)
{
	const ProtobufCFieldDescriptor *field;

	field = kind ? protobuf_c_message_descriptor_get_field_by_name(
			       &ringside__v1__record__descriptor, kind)
		     : NULL;
	return field && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

void recount_header(struct recount *recount, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];
		bool attached = probe->has_tier && probe->tier && is_countable(probe->kind);

		get_kind(recount, probe->kind)->attached |= attached;
	}
}

static void raise_to(uint64_t *v, uint64_t least)
{
	if (*v < least)
		*v = least;
}

int recount_event(struct recount *recount, const char *name, const Ringside__V1__CpuSums *sums,
		  struct findings *findings)
{
	struct recount_kind *kind = get_kind(recount, name);
	struct recount_cpu *cpu;
	int r;

	r = get_cpu(kind, sums->cpu, &cpu);
	if (r == -ERANGE) {
		findings_add(findings, "an event of %s names CPU %u", kind->name, sums->cpu);
		return 0;
	}
	if (r)
		return r;
	kind->read++;
	kind->written++;
	cpu->written++;
	raise_to(&cpu->carried_seen, sums->seen);
	raise_to(&cpu->carried_limited, sums->limited);
	raise_to(&cpu->carried_dropped, sums->dropped);
	return 0;
}

void recount_lost(struct recount *recount, const Ringside__V1__Lost *lost,
		  const struct finding_time *when)
{
	struct recount_kind *kind;
	struct finding_time *all;

	if (lost->has_count && !lost->count) /* a file without events was deleted */
		return;
	kind = get_kind(recount, lost->kind);
	lost_add(kind->lost, lost);
	all = &kind->when[(unsigned)lost->reason < LOST_REASONS ? (unsigned)lost->reason : 0];
	if (!all->from || (when->from && when->from < all->from))
		all->from = when->from;
	all->until = max_u64(all->until, when->until);
}

void recount_limited(struct recount *recount, const Ringside__V1__Limited *limited)
{
	struct recount_kind *kind = get_kind(recount, limited->kind);

	*(limited->overflow ? &kind->limited_overflow : &kind->limited) += limited->count;
}

static struct recount_sums sums_of(const Ringside__V1__CpuCounters *cpu)
{
	return (struct recount_sums){
		.seen = cpu->seen,
		.submitted = cpu->submitted,
		.limited = cpu->limited,
		.dropped = cpu->dropped,
		.in_flight = cpu->in_flight,
	};
}

static bool adds_up(const struct recount_sums *sums)
{
	return sums->seen == sums->submitted + sums->limited + sums->dropped + sums->in_flight;
}

/* One place of one comparison, for the sentences. */
struct spot {
	const char *where;
	const struct recount_kind *kind;
	uint32_t cpu;
	struct findings *findings;
};

static void compare_counts(const struct spot *spot, const char *what, uint64_t counted,
			   uint64_t stated)
{
	if (counted != stated)
		findings_add(spot->findings, "%s: %s of %s on CPU %u is %s, by the events it is %s",
			     spot->where, what, spot->kind->name, spot->cpu, COUNT(stated),
			     COUNT(counted));
}

static void compare_carried(const struct spot *spot, const struct recount_cpu *cpu,
			    const Ringside__V1__CpuCounters *stated)
{
	compare_counts(spot, "written", cpu->written, stated->written);
	compare_counts(spot, "carried_seen", cpu->carried_seen, stated->carried_seen);
	compare_counts(spot, "carried_limited", cpu->carried_limited, stated->carried_limited);
	compare_counts(spot, "carried_dropped", cpu->carried_dropped, stated->carried_dropped);
}

void recount_gap(struct recount *recount)
{
	recount->gap |= recount->based;
	recount->based = recount->whole = false;
}

static void adopt_carried(struct recount_kind *kind, struct recount_cpu *cpu,
			  const Ringside__V1__CpuCounters *stated)
{
	kind->written += stated->written - cpu->written;
	cpu->written = stated->written;
	cpu->carried_seen = stated->carried_seen;
	cpu->carried_limited = stated->carried_limited;
	cpu->carried_dropped = stated->carried_dropped;
}

static void compare_falling(const struct spot *spot, const char *what, uint64_t before,
			    uint64_t now)
{
	if (now < before)
		findings_add(spot->findings, "%s: %s of %s on CPU %u fell from %s to %s",
			     spot->where, what, spot->kind->name, spot->cpu, COUNT(before),
			     COUNT(now));
}

static void check_kernel(const struct spot *spot, struct recount_cpu *cpu,
			 const struct recount_sums *now, bool final)
{
	const struct recount_sums *before = &cpu->kernel;
	bool still = final || !memcmp(before, now, sizeof(*now));

	compare_falling(spot, "seen", before->seen, now->seen);
	compare_falling(spot, "submitted", before->submitted, now->submitted);
	compare_falling(spot, "limited", before->limited, now->limited);
	compare_falling(spot, "dropped", before->dropped, now->dropped);
	if (still && !adds_up(now))
		findings_add(spot->findings,
			     "%s: of %s on CPU %u, %s seen is not %s submitted + %s limited + "
			     "%s dropped + %s in flight",
			     spot->where, spot->kind->name, spot->cpu, COUNT(now->seen),
			     COUNT(now->submitted), COUNT(now->limited), COUNT(now->dropped),
			     COUNT(now->in_flight));
	if (final && (cpu->carried_seen > now->seen || cpu->carried_limited > now->limited ||
		      cpu->carried_dropped > now->dropped))
		findings_add(spot->findings,
			     "%s: an event of %s on CPU %u carries more than the kernel counted",
			     spot->where, spot->kind->name, spot->cpu);
	cpu->kernel = *now;
}

static void add_sums(struct recount_sums *to, const struct recount_sums *sums)
{
	to->seen += sums->seen;
	to->submitted += sums->submitted;
	to->limited += sums->limited;
	to->dropped += sums->dropped;
	to->in_flight += sums->in_flight;
}

/* A CPU that has events in the stream has to be in the list. */
static void find_unlisted(const struct spot *spot)
{
	for (unsigned i = 0; i < spot->kind->n_cpus; i++) {
		struct recount_cpu *cpu = &spot->kind->cpus[i];

		if (cpu->written && !cpu->listed)
			findings_add(
				spot->findings,
				"%s: CPU %u is not in the sums of %s, but has %s in the stream",
				spot->where, i, spot->kind->name, COUNTED(cpu->written, "event"));
		cpu->listed = false;
	}
}

static int check_probe(struct recount *recount, const Ringside__V1__ProbeSums *sums, bool final,
		       const char *where, struct findings *findings)
{
	struct recount_kind *kind = get_kind(recount, sums->kind);
	struct spot spot = {.where = where, .kind = kind, .findings = findings};
	int r;

	kind->kernel = (struct recount_sums){0};
	for (size_t i = 0; i < sums->n_cpus; i++) {
		const Ringside__V1__CpuCounters *stated = sums->cpus[i];
		struct recount_sums now = sums_of(stated);
		struct recount_cpu *cpu;

		spot.cpu = stated->cpu;
		r = get_cpu(kind, stated->cpu, &cpu);
		if (r == -ERANGE)
			findings_add(findings, "%s: names CPU %u", where, stated->cpu);
		if (r == -ENOMEM)
			return r;
		if (r)
			continue;
		cpu->listed = true;
		if (recount->based)
			compare_carried(&spot, cpu, stated);
		else if (recount->gap && stated->written > cpu->written)
			kind->missing += stated->written - cpu->written;
		adopt_carried(kind, cpu, stated);
		check_kernel(&spot, cpu, &now, final);
		add_sums(&kind->kernel, &now);
	}
	find_unlisted(&spot);
	kind->stated = true;
	kind->missed_known = sums->has_missed_runs;
	kind->missed_runs = sums->missed_runs;
	kind->overflow_limited = sums->overflow_limited;
	kind->lost_in_sink = sums->lost_in_sink;
	return 0;
}

int recount_set(struct recount *recount, Ringside__V1__ProbeSums *const *sums, size_t n, bool final,
		const char *where, struct findings *findings)
{
	int r;

	for (unsigned i = 0; i < recount->n; i++)
		recount->kinds[i].stated = false;
	for (size_t i = 0; i < n; i++) {
		if (!is_countable(sums[i]->kind))
			continue;
		r = check_probe(recount, sums[i], final, where, findings);
		if (r)
			return r;
	}
	for (unsigned i = 0; i < recount->n; i++) {
		const struct recount_kind *kind = &recount->kinds[i];

		if (!kind->stated && kind->written)
			findings_add(findings, "%s: has no sums of %s, but the stream has %s",
				     where, kind->name, COUNTED(kind->written, "event"));
	}
	recount->based = true;
	recount->gap = false;
	return 0;
}

struct lost_count recount_kind_lost(const struct recount_kind *kind, unsigned reason)
{
	struct lost_count lost = kind->lost[reason];

	if (reason == RINGSIDE__V1__LOST__REASON__RING_FULL)
		raise_to(&lost.count, kind->kernel.dropped);
	if (reason == RINGSIDE__V1__LOST__REASON__SINK)
		raise_to(&lost.count, kind->lost_in_sink);
	return lost;
}

static void compare_equal(const struct spot *spot, const char *a, uint64_t a_count, const char *b,
			  uint64_t b_count)
{
	if (a_count != b_count)
		findings_add(spot->findings, "%s: of %s, %s %s is not %s %s", spot->where,
			     spot->kind->name, COUNT(a_count), a, COUNT(b_count), b);
}

/* What held or what was lost is in records of its own, since the beginning of the stream. */
static void close_kind(const struct spot *spot, bool rotated)
{
	const struct recount_kind *kind = spot->kind;
	const struct lost_count *full = &kind->lost[RINGSIDE__V1__LOST__REASON__RING_FULL];
	uint64_t limited = kind->limited + kind->limited_overflow;

	if (!kind->limited_overflow && limited != kind->kernel.limited)
		limited += kind->overflow_limited; /* whose keys nobody knows */
	if (!kind->kernel.in_flight && !kind->left_behind && !rotated)
		compare_equal(spot, "submitted", kind->kernel.submitted,
			      "written or lost in the output", kind->written + kind->lost_in_sink);
	if (!full->unknown)
		compare_equal(spot, "dropped", kind->kernel.dropped, "in Lost records (ring full)",
			      full->count);
	compare_equal(spot, "limited", kind->kernel.limited, "in Limited records", limited);
}

/* With -c the stream ends at its last event, whatever is still in the ring. */
static void count_left_behind(struct recount_kind *kind, const char *reason, struct findings *notes)
{
	uint64_t taken = kind->written + kind->lost_in_sink;

	if (!reason || strcmp(reason, "-c") != 0 || kind->kernel.submitted <= taken)
		return;
	kind->left_behind = kind->kernel.submitted - taken;
	findings_add(notes, "%s of %s had happened when -c ended it",
		     COUNTED(kind->left_behind, "more event"), kind->name);
}

static void check_total(const struct spot *spot, const Ringside__V1__KindTotal *total)
{
	const struct recount_kind *kind = spot->kind;

	compare_equal(spot, "written by its total", total->written, "in the stream", kind->written);
	compare_equal(spot, "limited by its total", total->limited, "by the sums",
		      kind->kernel.limited);
	compare_equal(spot, "lost by its total", total->lost, "by the sums",
		      kind->kernel.dropped + kind->lost_in_sink);
}

int recount_footer(struct recount *recount, const Ringside__V1__Footer *footer, const char *where,
		   struct findings *findings, struct findings *notes)
{
	bool whole = recount->whole;
	bool rotated = footer->reason && !strcmp(footer->reason, RECORDING_ROTATED);
	struct spot spot = {.where = where, .findings = findings};
	int r;

	r = recount_set(recount, footer->probes, footer->n_probes, !rotated, where, findings);
	if (r)
		return r;
	for (unsigned i = 0; i < recount->n; i++) {
		spot.kind = &recount->kinds[i];
		count_left_behind(&recount->kinds[i], footer->reason, notes);
		if (whole && spot.kind->stated)
			close_kind(&spot, rotated);
	}
	for (size_t i = 0; i < footer->n_totals; i++) {
		spot.kind = recount_find(recount, footer->totals[i]->kind);
		if (spot.kind && spot.kind->stated)
			check_total(&spot, footer->totals[i]);
	}
	return 0;
}
