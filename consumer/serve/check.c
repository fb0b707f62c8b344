/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/check.h"

#include <string.h>

#include "consumer/base/json-page.h"
#include "consumer/kinds/kind.h"

static void put_totals(struct json_page *page, const struct kind *kind, const uint64_t *totals,
		       const double *fullest)
{
	json_add_uint(page, "count", totals[SERIES_COUNT]);
	if (kind && kind->check_totals)
		kind->check_totals(page, totals, fullest);
	else
		json_add_uint(page, "limited", totals[SERIES_LIMITED]);
}

static void put_series(struct json_page *page, const struct kind *kind, const struct series *series)
{
	const char *text = series->text;

	json_begin_object(page, NULL);
	for (unsigned i = 0; i < SERIES_OTHERS; i++, text += strlen(text) + 1)
		json_add_known_text(page, series_fields[i], text);
	json_add_bool(page, "overflow", false);
	if (*text)
		json_add_bool(page, series_fields[SERIES_OTHERS], true);
	put_totals(page, kind, series->totals, series->fullest);
	json_end_object(page);
}

static void put_stats(struct json_page *page, const struct ledger *ledger, unsigned kind,
		      const struct cursor *cursor)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct kind *known = kind_find(of->name);
	const struct series *series;
	size_t i = 0;

	while ((series = series_next(&ledger->series, kind, &i)))
		if (cursor_is_new(cursor, series->changed))
			put_series(page, known, series);
	if (!of->overflow_rows || !cursor_is_new(cursor, of->overflow_changed))
		return;
	json_begin_object(page, NULL);
	json_add_bool(page, "overflow", true);
	put_totals(page, known, of->overflow, of->overflow_fullest);
	json_end_object(page);
}

static void put_sums(struct json_page *page, const struct ledger *ledger, unsigned kind,
		     const struct cursor *cursor)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const uint64_t *sums = of->sums;

	json_add_uint(page, "seen", sums[LEDGER_SEEN]);
	json_add_uint(page, "limited", sums[LEDGER_LIMITED]);
	json_add_uint(page, "self_tests", of->self_tests[SERIES_COUNT]);
	json_add_uint(page, "lost",
		      ledger_lost(of, RINGSIDE__V1__LOST__REASON__RING_FULL).count +
			      ledger_lost(of, RINGSIDE__V1__LOST__REASON__SINK).count);
	json_add_known_uint(page, "missed_runs", of->missed_known, sums[LEDGER_MISSED_RUNS]);
	json_begin_list(page, "stats");
	put_stats(page, ledger, kind, cursor);
	json_end_list(page);
}

static void put_check(struct json_page *page, const struct ledger *ledger, unsigned kind,
		      const struct cursor *cursor, uint64_t now_nano)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct kind *known = kind_find(of->name);

	json_begin_object(page, of->name);
	json_add_bool(page, "attached", ledger_lives(ledger, now_nano) && *of->tier);
	if (known && known->check)
		known->check(page, ledger, cursor, now_nano);
	else
		put_sums(page, ledger, kind, cursor);
	json_end_object(page);
}

void check_write(struct writer *writer, const struct ledger *ledger, const struct cursor *cursor,
		 uint64_t now_nano)
{
	struct json_page page = json_begin_page(writer);
	char text[CURSOR_SIZE];

	cursor_format(ledger, text);
	json_add_text(&page, "cursor", text);
	json_add_bool(&page, "whole", !cursor->n); /* not: only what changed */
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		if (strcmp(ledger->kinds[k].name, "any") != 0)
			put_check(&page, ledger, k, cursor, now_nano);
	json_end_page(&page);
}
