/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/doctor/doctor.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define TIER_WIDTH 12 /* "tracepoint" */
#define STATE_WIDTH 9 /* "refused" */
#define TABLE_INDENT (COLUMNS_NAME + TIER_WIDTH + STATE_WIDTH)

static void put_added(struct line *line, const struct syscall_cost *cost)
{
	const bool seen = cost->median > cost->noise || cost->median < -cost->noise;

	if (seen) {
		line_text(line, cost->median > 0 ? "+" : "");
		line_change(line, cost->median);
		line_text(line, " ns (±");
	} else {
		line_text(line, "none (±");
	}
	line_change(line, cost->noise);
	line_text(line, seen ? ")" : " ns)");
}

static void put_measured(struct columns *columns, const struct diagnosis *diagnosis,
			 const Ringside__V1__Probe *probe, int tier)
{
	static const char *const names[SYSCALL_COST_KINDS] = {
		[SYSCALL_COST_PLAIN] = "measured now, a call: without a filter ",
		[SYSCALL_COST_ALLOWED] = ", with one ",
		[SYSCALL_COST_DENIED] = ", denied ",
	};
	struct syscall_cost costs[SYSCALL_COST_KINDS];

	if (!diagnosis_cost(diagnosis, probe, tier, costs))
		return;
	columns_begin_text(columns, TABLE_INDENT);
	for (int kind = 0; kind < SYSCALL_COST_KINDS; kind++) {
		line_text(&columns->line, names[kind]);
		put_added(&columns->line, &costs[kind]);
	}
	columns_end_row(columns);
}

static void put_hooks(struct columns *columns, const Ringside__V1__Probe *probe)
{
	if (!probe->n_hooks)
		return;
	columns_begin_text(columns, TABLE_INDENT);
	for (size_t i = 0; i < probe->n_hooks; i++) {
		line_text(&columns->line, i ? ", " : "on ");
		line_text(&columns->line, probe->hooks[i]);
	}
	if (probe->self_tested)
		line_text(&columns->line, "; an event made on purpose arrived");
	columns_end_row(columns);
}

/* The name, tier and state stand only in the first of its lines. */
static void put_tier(struct columns *columns, const struct diagnosis *diagnosis,
		     const Ringside__V1__Probe *probe, int tier, const char **name)
{
	struct offer offer;

	diagnosis_offer(diagnosis, probe, tier, &offer);
	columns_cell(columns, *name, COLUMNS_NAME, NULL);
	columns_cell(columns, body_tier(tier), TIER_WIDTH, NULL);
	columns_cell(columns, offer.state == OFFER_CHOSEN ? "CHOSEN" : diagnosis_state(offer.state),
		     STATE_WIDTH, offer.state == OFFER_CHOSEN ? COLUMNS_GREEN : NULL);
	*name = "";
	for (size_t i = 0; i < offer.n_reasons && !offer.probe; i++)
		columns_text(columns, TABLE_INDENT, offer.reasons[i]);
	if (!offer.probe) {
		if (!offer.n_reasons)
			columns_text(columns, TABLE_INDENT, "no streamer could try it");
		return;
	}
	if (offer.needs_leave)
		columns_text(columns, TABLE_INDENT, "only with --allow-syscall-tax");
	columns_text(columns, TABLE_INDENT, text_has(offer.probe->cost) ? offer.probe->cost : "-");
	put_measured(columns, diagnosis, probe, tier);
	if (offer.state == OFFER_CHOSEN)
		put_hooks(columns, probe);
}

static void put_blind(struct columns *columns, const struct diagnosis *diagnosis,
		      const Ringside__V1__Probe *probe, int tier, const char **name)
{
	struct offer offer;

	diagnosis_offer(diagnosis, probe, tier, &offer);
	for (size_t i = 0; offer.probe && i < offer.probe->n_blind_spots; i++) {
		columns_cell(columns, *name, COLUMNS_NAME, NULL);
		columns_cell(columns, i ? "" : body_tier(tier), TIER_WIDTH, NULL);
		line_text(&columns->line, "- ");
		columns_text(columns, COLUMNS_NAME + TIER_WIDTH + 2, offer.probe->blind_spots[i]);
		*name = "";
	}
}

/* @name: of the probe, or "" once it stands there. */
typedef void (*put_tier_fn)(struct columns *columns, const struct diagnosis *diagnosis,
			    const Ringside__V1__Probe *probe, int tier, const char **name);

static void put_tiers(struct columns *columns, const struct diagnosis *diagnosis,
		      const char *heading, put_tier_fn put)
{
	const Ringside__V1__Header *header = diagnosis->header;

	columns_heading(columns, heading);
	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];
		const char *name = text_has(probe->kind) ? probe->kind : "?";

		for (int tier = diagnosis_next_tier(probe, 0); tier;
		     tier = diagnosis_next_tier(probe, tier))
			put(columns, diagnosis, probe, tier, &name);
	}
}

void doctor_table(struct columns *columns, const struct diagnosis *diagnosis)
{
	const Ringside__V1__Header *header = diagnosis->header;

	put_tiers(columns, diagnosis,
		  "PROBE           TIER        HERE     WHAT IT COSTS, OR WHY NOT", put_tier);
	put_tiers(columns, diagnosis, "PROBE           TIER        CANNOT SEE, OR MAY MISS",
		  put_blind);
	for (size_t i = 0; i < header->n_notes; i++)
		columns_row(columns, i ? "" : "all", header->notes[i]);
}
