/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/check.h"

#include <stdio.h>
#include <string.h>

#include "consumer/base/json.h"
#include "consumer/kinds/bpf-object-check.h"

static const char *const sides[SERIES_SIDES] = {"receive", "send"};

static void put_ratio(struct writer *writer, double v)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.6g", v);
	json_member(writer, ",", "fullest_ratio");
	writer_string(writer, text);
}

static void put_side(struct writer *writer, const uint64_t *totals, double fullest,
		     enum series_side side)
{
	json_member(writer, ",", sides[side]);
	json_member_uint(writer, "{", "samples", totals[SERIES_SAMPLES + side]);
	if (fullest >= 0)
		put_ratio(writer, fullest);
	json_member(writer, ",", "by_fill");
	for (unsigned i = 0; i < SERIES_FILLS; i++) {
		writer_string(writer, i ? "," : "[");
		json_uint(writer, totals[SERIES_BY_FILL + side * SERIES_FILLS + i]);
	}
	writer_string(writer, "]}");
}

static void put_totals(struct writer *writer, const uint64_t *totals, const double *fullest,
		       bool queues)
{
	json_member_uint(writer, ",", "count", totals[SERIES_COUNT]);
	if (!queues) {
		json_member_uint(writer, ",", "limited", totals[SERIES_LIMITED]);
		return;
	}
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		put_side(writer, totals, fullest[side], side);
}

static void put_series(struct writer *writer, const struct series *series)
{
	const char *text = series->text, *before = "{";

	for (unsigned i = 0; i < SERIES_OTHERS; i++, text += strlen(text) + 1) {
		if (!*text)
			continue;
		json_member(writer, before, series_fields[i]);
		json_string(writer, text, strlen(text));
		before = ",";
	}
	/* a row of no container still is an object */
	json_member(writer, before, "overflow");
	writer_string(writer, "false");
	if (*text) {
		json_member(writer, ",", series_fields[SERIES_OTHERS]);
		writer_string(writer, "true");
	}
	put_totals(writer, series->totals, series->fullest, series->queues);
	writer_string(writer, "}");
}

static void put_stats(struct writer *writer, const struct ledger *ledger, unsigned kind,
		      const struct cursor *cursor)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const char *before = "";
	bool queues = false;

	for (size_t i = 0; i < ledger->series.n; i++) {
		const struct series *one = ledger->series.all[i];

		queues |= one->kind == kind && one->queues;
		if (one->kind != kind || !cursor_is_new(cursor, one->changed))
			continue;
		writer_string(writer, before);
		put_series(writer, one);
		before = ",";
	}
	if (!of->overflow_rows || !cursor_is_new(cursor, of->overflow_changed))
		return;
	writer_string(writer, before);
	json_member(writer, "{", "overflow");
	writer_string(writer, "true");
	put_totals(writer, of->overflow, of->overflow_fullest, queues);
	writer_string(writer, "}");
}

/* As the check is called that has the rows of the kind. */
static const char *check_name(const char *kind)
{
	if (!strcmp(kind, "tcp_queue"))
		return "tcp_queue_length";
	return strcmp(kind, LEDGER_OBJECTS) ? kind : "ebpf";
}

static void put_attached(struct writer *writer, const struct ledger_kind *kind, bool living)
{
	json_member(writer, ",", check_name(kind->name));
	json_member(writer, "{", "attached");
	writer_string(writer, living && *kind->tier ? "true" : "false");
}

static void put_check(struct writer *writer, const struct ledger *ledger, unsigned kind,
		      const struct cursor *cursor, bool living)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const uint64_t *sums = of->sums;

	put_attached(writer, of, living);
	json_member_uint(writer, ",", "seen", sums[LEDGER_SEEN]);
	json_member_uint(writer, ",", "limited", sums[LEDGER_LIMITED]);
	json_member_uint(writer, ",", "lost",
			 ledger_lost(of, RINGSIDE__V1__LOST__REASON__RING_FULL).count +
				 ledger_lost(of, RINGSIDE__V1__LOST__REASON__SINK).count);
	if (of->missed_known)
		json_member_uint(writer, ",", "missed_runs", sums[LEDGER_MISSED_RUNS]);
	json_member(writer, ",", "stats");
	writer_string(writer, "[");
	put_stats(writer, ledger, kind, cursor);
	writer_string(writer, "]}");
}

void check_write(struct writer *writer, const struct ledger *ledger, const struct cursor *cursor,
		 uint64_t now_nano)
{
	const bool living = ledger_lives(ledger, now_nano);
	char text[CURSOR_SIZE];

	cursor_format(ledger, now_nano, text);
	json_member(writer, "{", "cursor");
	json_string(writer, text, strlen(text));
	json_member(writer, ",", "whole"); /* not: only what changed */
	writer_string(writer, cursor->n ? "false" : "true");
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		const char *kind = ledger->kinds[k].name;

		if (!strcmp(kind, LEDGER_OBJECTS)) {
			put_attached(writer, &ledger->kinds[k], living);
			check_objects(writer, ledger_objects(ledger, now_nano), cursor);
			writer_string(writer, "}");
		} else if (strcmp(kind, "any") != 0) {
			put_check(writer, ledger, k, cursor, living);
		}
	}
	writer_string(writer, "}\n");
}
