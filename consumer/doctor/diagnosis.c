/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/doctor/diagnosis.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define TAX "--allow-syscall-tax"

static const Ringside__V1__Probe *find_probe(const Ringside__V1__Header *header, const char *kind)
{
	for (size_t i = 0; header && i < header->n_probes; i++)
		if (text_equal(header->probes[i]->kind, kind))
			return header->probes[i];
	return NULL;
}

bool diagnosis_is_attached(const Ringside__V1__Probe *probe)
{
	return probe && probe->has_tier && probe->tier != RINGSIDE__V1__TIER__TIER_UNSPECIFIED;
}

bool diagnosis_attached(const Ringside__V1__Probe *probe, int tier)
{
	return diagnosis_is_attached(probe) && (int)probe->tier == tier;
}

bool diagnosis_is_taxing(const Ringside__V1__Probe *probe)
{
	const struct kind *kind = kind_find(probe->kind);

	return kind && kind->tax;
}

bool diagnosis_works(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->header->n_probes; i++)
		if (!diagnosis_is_attached(diagnosis->header->probes[i]))
			return false;
	return diagnosis->header->n_probes;
}

/* The tier beyond those there is a choice of that this probe has, or that was tried for it; 0:
 * none. */
static int only_tier(const Ringside__V1__Probe *probe)
{
	if (diagnosis_is_attached(probe) && (unsigned)probe->tier >= DIAGNOSIS_TIERS)
		return (int)probe->tier;
	for (size_t i = 0; i < probe->n_attempts; i++)
		if ((unsigned)probe->attempts[i]->tier >= DIAGNOSIS_TIERS)
			return (int)probe->attempts[i]->tier;
	return 0;
}

int diagnosis_next_tier(const Ringside__V1__Probe *probe, int tier)
{
	int only = only_tier(probe);

	if (only)
		return tier ? 0 : only;
	return tier + 1 < DIAGNOSIS_TIERS ? tier + 1 : 0;
}

static bool is_choice(int tier)
{
	return tier > 0 && tier < DIAGNOSIS_TIERS;
}

/* The streamer had no leave to try it. */
static bool is_untried(const Ringside__V1__Attempt *attempt)
{
	return !attempt->ok && text_has(attempt->error) && strstr(attempt->error, TAX);
}

static bool is_answered(const Ringside__V1__Probe *probe, int tier)
{
	if (diagnosis_attached(probe, tier) || only_tier(probe))
		return true;
	for (size_t i = 0; i < probe->n_attempts; i++)
		if ((int)probe->attempts[i]->tier == tier && !is_untried(probe->attempts[i]))
			return true;
	return false;
}

bool diagnosis_wants(const struct diagnosis *diagnosis, int tier)
{
	for (size_t i = 0; i < diagnosis->header->n_probes; i++)
		if (!is_answered(diagnosis->header->probes[i], tier))
			return true;
	return false;
}

static void add_reasons(struct offer *offer, const Ringside__V1__Probe *probe, int tier)
{
	for (size_t i = 0; probe && i < probe->n_attempts; i++) {
		const Ringside__V1__Attempt *attempt = probe->attempts[i];
		bool known = attempt->ok || (int)attempt->tier != tier || !text_has(attempt->error);

		if (!known && is_untried(attempt)) {
			offer->needs_leave = true;
			continue;
		}
		for (size_t j = 0; j < offer->n_reasons && !known; j++)
			known = text_equal(offer->reasons[j], attempt->error);
		if (!known && offer->n_reasons < DIAGNOSIS_REASONS)
			offer->reasons[offer->n_reasons++] = attempt->error;
	}
}

void diagnosis_offer(const struct diagnosis *diagnosis, const Ringside__V1__Probe *probe, int tier,
		     struct offer *ret)
{
	const Ringside__V1__Probe *alone =
		is_choice(tier) ? find_probe(diagnosis->tried[tier], probe->kind) : NULL;

	*ret = (struct offer){.state = OFFER_UNTRIED};
	add_reasons(ret, probe, tier);
	if (diagnosis_attached(probe, tier)) {
		ret->state = OFFER_CHOSEN;
		ret->probe = probe;
	} else if (ret->n_reasons) {
		ret->state = OFFER_REFUSED;
	} else if (diagnosis_attached(alone, tier)) {
		ret->state = OFFER_OFFERED;
		ret->probe = alone;
	} else if (alone) {
		add_reasons(ret, alone, tier);
		ret->state = OFFER_REFUSED;
	}
}

bool diagnosis_cost(const struct diagnosis *diagnosis, const Ringside__V1__Probe *probe, int tier,
		    struct syscall_cost ret[SYSCALL_COST_KINDS])
{
	const struct syscall_cost_sample *with = is_choice(tier) ? &diagnosis->with[tier] : NULL;

	if (!with || !diagnosis_is_taxing(probe) || !with->known || !diagnosis->before.known ||
	    !diagnosis->after.known)
		return false;
	for (int kind = 0; kind < SYSCALL_COST_KINDS; kind++)
		ret[kind] = syscall_cost_added(with, &diagnosis->before, &diagnosis->after, kind);
	return true;
}

/* What stands between backquotes in a reason is a command that helps. */
static bool quoted_command(const char *reason, char *buf, size_t size)
{
	const char *start = strchr(reason, '`'), *end = start ? strchr(start + 1, '`') : NULL;
	const size_t n = end ? (size_t)(end - start - 1) : 0;

	if (!n || n >= size)
		return false;
	memcpy(buf, start + 1, n);
	buf[n] = '\0';
	return true;
}

/* Something that stands in the way of a tier better than the one taken, and need not. */
static bool find_quoted(const struct diagnosis *diagnosis, const Ringside__V1__Probe *probe,
			struct remedy *ret)
{
	struct offer offer;

	for (int tier = diagnosis_next_tier(probe, 0); tier && !diagnosis_attached(probe, tier);
	     tier = diagnosis_next_tier(probe, tier)) {
		diagnosis_offer(diagnosis, probe, tier, &offer);
		for (size_t i = 0; i < offer.n_reasons; i++) {
			if (!quoted_command(offer.reasons[i], ret->command, sizeof(ret->command)))
				continue;
			(void)snprintf(ret->text, sizeof(ret->text), "%s can use %s then",
				       probe->kind, body_tier(tier));
			return true;
		}
	}
	return false;
}

/* Returns false if nothing can be done for this probe. */
static bool find_cure(const struct diagnosis *diagnosis, const Ringside__V1__Probe *probe,
		      struct remedy *ret)
{
	struct offer offer;

	if (find_quoted(diagnosis, probe, ret))
		return true;
	diagnosis_offer(diagnosis, probe, RINGSIDE__V1__TIER__TIER_TRACEPOINT, &offer);
	if (diagnosis_is_attached(probe) || offer.state != OFFER_OFFERED || !offer.needs_leave)
		return false;
	(void)snprintf(ret->command, sizeof(ret->command), "sudo ringside-streamer " TAX);
	(void)snprintf(ret->text, sizeof(ret->text),
		       "%s is seen then, at the cost above for every process. `ringside live` "
		       "permits it by itself",
		       probe->kind);
	return true;
}

void diagnosis_remedy(const struct diagnosis *diagnosis, struct remedy *ret)
{
	const Ringside__V1__Header *header = diagnosis->header;
	const char *hopeless = NULL;

	*ret = (struct remedy){0};
	/* what is not seen at all comes first */
	for (size_t i = 0; i < 2 * header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i % header->n_probes];

		if (!text_has(probe->kind) ||
		    diagnosis_is_attached(probe) != (i >= header->n_probes))
			continue;
		if (find_cure(diagnosis, probe, ret))
			return;
		if (!diagnosis_is_attached(probe))
			hopeless = probe->kind;
	}
	if (hopeless)
		(void)snprintf(ret->text, sizeof(ret->text),
			       "%s does not work on this kernel, for the reasons above: try a "
			       "newer kernel of your distribution",
			       hopeless);
	else
		(void)snprintf(ret->text, sizeof(ret->text),
			       "nothing: what this kernel offers is used");
}

const char *diagnosis_state(enum offer_state state)
{
	static const char *const names[] = {
		[OFFER_UNTRIED] = "untried",
		[OFFER_REFUSED] = "refused",
		[OFFER_OFFERED] = "offered",
		[OFFER_CHOSEN] = "chosen",
	};

	return names[state];
}
