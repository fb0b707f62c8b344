/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/base/columns.h"
#include "consumer/base/text-line.h"
#include "consumer/doctor/doctor-internal.h"
#include "proto/base/util.h"

#define TEXT_SIZE 2048
#define TIER_WIDTH 12 /* "tracepoint" */
#define STATE_WIDTH 9 /* "refused" */
#define TABLE_INDENT (DOCTOR_NAME + TIER_WIDTH + STATE_WIDTH)

/* Lines of one row of the table: the name, tier and state stand only in the first. */
struct rows {
	const struct doctor_page *report;
	char first[256];
};

static void put_line(struct rows *rows, const char *text)
{
	struct line line = line_make(rows->first, sizeof(rows->first));

	columns_wrap(rows->report->writer, rows->first, TABLE_INDENT, text);
	line_pad(&line, TABLE_INDENT);
	(void)line_end(&line);
}

static void put_added(struct line *line, const struct syscall_cost *cost)
{
	const bool seen = cost->median > cost->noise || cost->median < -cost->noise;

	if (seen) {
		line_text(line, cost->median > 0 ? "+" : "");
		line_int(line, cost->median);
		line_text(line, " ns (±");
	} else {
		line_text(line, "none (±");
	}
	line_int(line, cost->noise);
	line_text(line, seen ? ")" : " ns)");
}

static void put_measured(struct rows *rows, const Ringside__V1__Probe *probe, int tier)
{
	static const char *const names[SYSCALL_COST_KINDS] = {
		[SYSCALL_COST_PLAIN] = "measured now, a call: without a filter ",
		[SYSCALL_COST_ALLOWED] = ", with one ",
		[SYSCALL_COST_DENIED] = ", denied ",
	};
	char buf[TEXT_SIZE];
	struct line line = line_make(buf, sizeof(buf));
	struct syscall_cost cost;

	for (int kind = 0; kind < SYSCALL_COST_KINDS; kind++) {
		if (!diagnosis_cost(rows->report->diagnosis, probe, tier, kind, &cost))
			return;
		line_text(&line, names[kind]);
		put_added(&line, &cost);
	}
	(void)line_end(&line);
	put_line(rows, buf);
}

static void put_hooks(struct rows *rows, const Ringside__V1__Probe *probe)
{
	char buf[TEXT_SIZE];
	struct line line = line_make(buf, sizeof(buf));

	for (size_t i = 0; i < probe->n_hooks; i++) {
		line_text(&line, i ? ", " : "on ");
		line_text(&line, probe->hooks[i]);
	}
	line_text(&line, probe->self_tested ? "; an event made on purpose arrived" : "");
	(void)line_end(&line);
	if (probe->n_hooks)
		put_line(rows, buf);
}

static void put_tier(const struct doctor_page *report, const Ringside__V1__Probe *probe, int tier,
		     const char *name)
{
	struct rows rows = {.report = report};
	struct line line = line_make(rows.first, sizeof(rows.first));
	struct offer offer;

	diagnosis_offer(report->diagnosis, probe, tier, &offer);
	columns_cell(&line, name, DOCTOR_NAME, NULL);
	columns_cell(&line, diagnosis_tier(tier), TIER_WIDTH, NULL);
	columns_cell(&line, offer.state == OFFER_CHOSEN ? "CHOSEN" : diagnosis_state(offer.state),
		     STATE_WIDTH,
		     report->color && offer.state == OFFER_CHOSEN ? COLUMNS_GREEN : NULL);
	(void)line_end(&line);
	for (size_t i = 0; i < offer.n_reasons && !offer.probe; i++)
		put_line(&rows, offer.reasons[i]);
	if (!offer.probe) {
		if (!offer.n_reasons)
			put_line(&rows, "no streamer could try it");
		return;
	}
	if (offer.needs_leave)
		put_line(&rows, "only with --allow-syscall-tax");
	put_line(&rows, text_has(offer.probe->cost) ? offer.probe->cost : "-");
	put_measured(&rows, probe, tier);
	if (offer.state == OFFER_CHOSEN)
		put_hooks(&rows, probe);
}

void doctor_table(const struct doctor_page *report)
{
	const Ringside__V1__Header *header = report->diagnosis->header;

	columns_heading(report->writer,
			"PROBE           TIER        HERE     WHAT IT COSTS, OR WHY NOT",
			report->color);
	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];

		const char *name = text_has(probe->kind) ? probe->kind : "?";

		for (int tier = diagnosis_next_tier(probe, 0); tier;
		     tier = diagnosis_next_tier(probe, tier)) {
			put_tier(report, probe, tier, name);
			name = "";
		}
	}
}

static void put_blind(const struct doctor_page *report, const Ringside__V1__Probe *probe, int tier,
		      const char **name)
{
	char first[256];
	struct offer offer;

	diagnosis_offer(report->diagnosis, probe, tier, &offer);
	for (size_t i = 0; offer.probe && i < offer.probe->n_blind_spots; i++) {
		struct line line = line_make(first, sizeof(first));

		columns_cell(&line, *name, DOCTOR_NAME, NULL);
		columns_cell(&line, i ? "" : diagnosis_tier(tier), TIER_WIDTH, NULL);
		line_text(&line, "- ");
		(void)line_end(&line);
		columns_wrap(report->writer, first, DOCTOR_NAME + TIER_WIDTH + 2,
			     offer.probe->blind_spots[i]);
		*name = "";
	}
}

void doctor_blind_spots(const struct doctor_page *report)
{
	const Ringside__V1__Header *header = report->diagnosis->header;

	columns_heading(report->writer, "PROBE           TIER        CANNOT SEE, OR MAY MISS",
			report->color);
	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];
		const char *name = text_has(probe->kind) ? probe->kind : "?";

		for (int tier = diagnosis_next_tier(probe, 0); tier;
		     tier = diagnosis_next_tier(probe, tier))
			put_blind(report, probe, tier, &name);
	}
	for (size_t i = 0; i < header->n_notes; i++)
		columns_row(report->writer, i ? "" : "all", DOCTOR_NAME, header->notes[i]);
}
