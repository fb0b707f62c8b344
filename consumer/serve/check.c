/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/check.h"

#include <string.h>

#include "consumer/base/json-page.h"
#include "consumer/kinds/bpf-object-check.h"

static const char *const sides[SERIES_SIDES] = {"receive", "send"};

static void put_side(struct json_page *page, const uint64_t *totals, double fullest,
		     enum series_side side)
{
	json_begin_object(page, sides[side]);
	json_add_uint(page, "samples", totals[SERIES_SAMPLES + side]);
	if (fullest >= 0)
		json_add_double(page, "fullest_ratio", 6, fullest);
	json_add_uints(page, "by_fill", totals + SERIES_BY_FILL + side * SERIES_FILLS,
		       SERIES_FILLS);
	json_end_object(page);
}

static void put_totals(struct json_page *page, const uint64_t *totals, const double *fullest,
		       bool queues)
{
	json_add_uint(page, "count", totals[SERIES_COUNT]);
	if (!queues) {
		json_add_uint(page, "limited", totals[SERIES_LIMITED]);
		return;
	}
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		put_side(page, totals, fullest[side], side);
}

static void put_series(struct json_page *page, const struct series *series)
{
	const char *text = series->text;

	json_begin_object(page, NULL);
	for (unsigned i = 0; i < SERIES_OTHERS; i++, text += strlen(text) + 1)
		json_add_known_text(page, series_fields[i], text);
	json_add_bool(page, "overflow", false);
	if (*text)
		json_add_bool(page, series_fields[SERIES_OTHERS], true);
	put_totals(page, series->totals, series->fullest, series->queues);
	json_end_object(page);
}

static void put_stats(struct json_page *page, const struct ledger *ledger, unsigned kind,
		      const struct cursor *cursor)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	bool queues = false;

	for (size_t i = 0; i < ledger->series.n; i++) {
		const struct series *one = ledger->series.all[i];

		queues |= one->kind == kind && one->queues;
		if (one->kind == kind && cursor_is_new(cursor, one->changed))
			put_series(page, one);
	}
	if (!of->overflow_rows || !cursor_is_new(cursor, of->overflow_changed))
		return;
	json_begin_object(page, NULL);
	json_add_bool(page, "overflow", true);
	put_totals(page, of->overflow, of->overflow_fullest, queues);
	json_end_object(page);
}

/* As the check is called that has the rows of the kind. */
static const char *check_name(const char *kind)
{
	if (!strcmp(kind, "tcp_queue"))
		return "tcp_queue_length";
	return strcmp(kind, LEDGER_OBJECTS) ? kind : "ebpf";
}

static void begin_check(struct json_page *page, const struct ledger_kind *kind, bool living)
{
	json_begin_object(page, check_name(kind->name));
	json_add_bool(page, "attached", living && *kind->tier);
}

static void put_check(struct json_page *page, const struct ledger *ledger, unsigned kind,
		      const struct cursor *cursor, bool living)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const uint64_t *sums = of->sums;

	begin_check(page, of, living);
	json_add_uint(page, "seen", sums[LEDGER_SEEN]);
	json_add_uint(page, "limited", sums[LEDGER_LIMITED]);
	json_add_uint(page, "lost",
		      ledger_lost(of, RINGSIDE__V1__LOST__REASON__RING_FULL).count +
			      ledger_lost(of, RINGSIDE__V1__LOST__REASON__SINK).count);
	json_add_known_uint(page, "missed_runs", of->missed_known, sums[LEDGER_MISSED_RUNS]);
	json_begin_list(page, "stats");
	put_stats(page, ledger, kind, cursor);
	json_end_list(page);
	json_end_object(page);
}

void check_write(struct writer *writer, const struct ledger *ledger, const struct cursor *cursor,
		 uint64_t now_nano)
{
	const bool living = ledger_lives(ledger, now_nano);
	struct json_page page = json_begin_page(writer);
	char text[CURSOR_SIZE];

	cursor_format(ledger, now_nano, text);
	json_add_text(&page, "cursor", text);
	json_add_bool(&page, "whole", !cursor->n); /* not: only what changed */
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		const char *kind = ledger->kinds[k].name;

		if (!strcmp(kind, LEDGER_OBJECTS)) {
			begin_check(&page, &ledger->kinds[k], living);
			check_objects(&page, ledger_objects(ledger, now_nano), cursor);
			json_end_object(&page);
		} else if (strcmp(kind, "any") != 0) {
			put_check(&page, ledger, k, cursor, living);
		}
	}
	json_end_page(&page);
}
