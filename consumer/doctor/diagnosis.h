/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine offers to each probe, from what streamers said that attached there: one as it
 * would by itself, and others that had to take a certain tier. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/doctor/syscall-cost.h"
#include "proto/ringside.pb-c.h"

/* Tiers that are ways to the same hooks, one better than the other; index: enum Tier, 0 is none. Of
 * a later one (iterators, or what only a newer version knows) there is nothing to choose from. */
#define DIAGNOSIS_TIERS 4
#define DIAGNOSIS_REASONS 4

struct diagnosis {
	const Ringside__V1__Header *header; /* of the streamer's own choice; borrowed, as all */
	const Ringside__V1__Header
		*tried[DIAGNOSIS_TIERS];                  /* of this tier alone; NULL: not tried */
	struct syscall_cost_sample before, after;         /* nothing of ours was attached */
	struct syscall_cost_sample with[DIAGNOSIS_TIERS]; /* denials were seen through this */
};

enum offer_state {
	OFFER_UNTRIED,
	OFFER_REFUSED,
	OFFER_OFFERED, /* works; another was chosen, or it needs permission */
	OFFER_CHOSEN,
};

struct offer {
	enum offer_state state;
	bool needs_leave;                       /* only with --allow-syscall-tax */
	const Ringside__V1__Probe *probe;       /* OFFERED and CHOSEN: hooks, blind spots, cost */
	const char *reasons[DIAGNOSIS_REASONS]; /* REFUSED: of the kernel */
	size_t n_reasons;
};

/* The one thing to do. */
struct remedy {
	char command[256]; /* empty: there is none */
	char text[512];    /* what it brings, or why there is none */
};

/* Its hooks make calls longer, so that it is worth measuring. */
bool diagnosis_is_taxing(const Ringside__V1__Probe *probe);

/* All probes that were asked for are attached. */
bool diagnosis_works(const struct diagnosis *diagnosis);

/* The tier of this probe to tell about after @tier (0: the first), best first; 0: that was the
 * last. Of a probe that has no hooks to choose from it is the only one. */
int diagnosis_next_tier(const Ringside__V1__Probe *probe, int tier);

/* The header leaves open whether this tier works for a probe: try it. */
bool diagnosis_wants(const struct diagnosis *diagnosis, int tier);

void diagnosis_offer(const struct diagnosis *diagnosis, const Ringside__V1__Probe *probe, int tier,
		     struct offer *ret);

/* What @tier, through which denials are seen, adds to a call. False: it was not measured. */
bool diagnosis_cost(const struct diagnosis *diagnosis, const Ringside__V1__Probe *probe, int tier,
		    struct syscall_cost ret[SYSCALL_COST_KINDS]);

void diagnosis_remedy(const struct diagnosis *diagnosis, struct remedy *ret);

const char *diagnosis_state(enum offer_state state); /* "refused" */

/* Whether a probe (NULL: none) is attached at all. */
bool diagnosis_is_attached(const Ringside__V1__Probe *probe);

/* Whether a probe is attached through this tier. */
bool diagnosis_attached(const Ringside__V1__Probe *probe, int tier);
