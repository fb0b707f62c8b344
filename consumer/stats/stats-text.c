/* SPDX-License-Identifier: Apache-2.0 */
/* What stats.c added up, for people. */
#include <string.h>
#include <time.h>

#include "consumer/base/columns.h"
#include "consumer/base/duration.h"
#include "consumer/base/text-line.h"
#include "consumer/stats/stats-internal.h"
#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)
#define MOST_WIDTH 18 /* of "  most 1,234,567" */

static void put_number(struct line *line, uint64_t v, size_t width)
{
	char text[32];
	struct line number = line_make(text, sizeof(text));
	size_t size;

	line_count(&number, v);
	size = line_end(&number);
	if (size < width)
		line_pad(line, width - size);
	line_put(line, text, size);
}

static void put_counted(struct line *line, uint64_t n, const char *one)
{
	line_count(line, n);
	line_text(line, one);
	line_text(line, n == 1 ? "" : "s");
}

static void put_time(const struct stats_print *print, struct line *line, uint64_t nano)
{
	time_t second = (time_t)(nano / SECOND);
	char text[64];
	struct tm tm;

	if (!(print->utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		(void)snprintf(text, sizeof(text), "@%llu", (unsigned long long)second);
	line_text(line, text);
	line_text(line, ".");
	line_digits(line, nano / 1000000 % 1000, 3);
}

/* "7.81 ms", "8 s", "2 min 8 s" */
static void put_length(struct line *line, uint64_t nano)
{
	char text[DURATION_SIZE];

	if (nano >= SECOND && nano % SECOND == 0) {
		line_text(line, duration_text(nano, text));
		return;
	}
	line_uint(line, nano / 1000000);
	line_text(line, ".");
	line_digits(line, nano / 10000 % 100, 2);
	line_text(line, " ms");
}

static void put_head(const struct stats *stats, const struct stats_print *print, struct line *line)
{
	char text[DURATION_SIZE];

	put_counted(line, stats->records, " record");
	line_text(line, ", ");
	put_counted(line, stats->sum.delivered, " event");
	line_text(line, "; ");
	line_bytes(line, stats->file_bytes);
	line_text(line, " read");
	if (stats->sum.delivered && !print->filtered) {
		line_text(line, ", ");
		line_bytes(line, stats->file_bytes / stats->sum.delivered);
		line_text(line, " an event");
	}
	if (stats->file_bytes != stats->record_bytes) {
		line_text(line, " (");
		line_bytes(line, stats->record_bytes);
		line_text(line, " of records)");
	}
	columns_line(print->writer, line);
	if (!stats->timed)
		return;
	put_time(print, line, stats->first);
	line_text(line, " to ");
	put_time(print, line, stats->last);
	line_text(line, print->utc ? " UTC (" : " (");
	line_text(line, duration_text(stats->last - stats->first, text));
	line_text(line, ")");
	columns_line(print->writer, line);
}

static uint64_t column_of(const struct stats *stats, unsigned kind, size_t from, size_t each)
{
	size_t n = time_buckets_used(&stats->buckets);
	uint64_t sum = 0;

	for (size_t i = from; i < from + each && i < n; i++)
		sum += stats->buckets.counts[kind][i];
	return sum;
}

static void put_bar(struct line *line, uint64_t count, uint64_t most)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double share = most ? (double)count / (double)most : 0;
	unsigned level = (unsigned)(share * (double)ARRAY_SIZE(bars) + 0.5);

	if (!count)
		line_text(line, " ");
	else
		line_text(line, bars[level ? level - 1 : 0]); /* little is not nothing */
}

static void chart_row(const struct stats *stats, unsigned kind, size_t each, struct line *line)
{
	size_t n = time_buckets_used(&stats->buckets);
	const char *start = line->p;
	uint64_t most = 0;

	for (size_t i = 0; i < n; i += each) {
		uint64_t count = column_of(stats, kind, i, each);

		most = count > most ? count : most;
	}
	line_text(line, stats->kinds[kind].name);
	columns_pad(line, start, STATS_NAME_MIN);
	line_text(line, " ");
	for (size_t i = 0; i < n; i += each)
		put_bar(line, column_of(stats, kind, i, each), most);
	line_text(line, "  most ");
	line_count(line, most);
}

static void put_chart(const struct stats *stats, const struct stats_print *print, struct line *line)
{
	size_t around = STATS_NAME_MIN + 1 + MOST_WIDTH, n = time_buckets_used(&stats->buckets);
	size_t columns = print->columns > around + 8 ? print->columns - around : 8;
	size_t each = (n + columns - 1) / columns;

	if (!n)
		return;
	columns_title(print->writer, line, "Events over time, one column is ");
	put_length(line, stats->buckets.nano * each);
	line_text(line, stats->sum.limited ? "; those held back are in it" : "");
	columns_line(print->writer, line);
	for (unsigned i = 0; i < stats->n_kinds; i++) {
		if (!stats->kinds[i].count.delivered && !stats->kinds[i].count.limited)
			continue;
		chart_row(stats, i, each, line);
		columns_line(print->writer, line);
	}
	if (!stats->untimed)
		return;
	put_counted(line, stats->untimed, " event");
	line_text(line, " without a time of day, not in the chart");
	columns_line(print->writer, line);
}

static void put_lost(const struct stats_kind *kind, struct line *line)
{
	const char *between = "  (";
	uint64_t sum = 0;

	for (unsigned i = 0; i < LOST_REASONS; i++)
		sum += kind->lost[i].count;
	put_number(line, sum, STATS_NUMBER);
	for (unsigned i = 0; i < LOST_REASONS; i++) {
		const struct lost_count *lost = &kind->lost[i];
		const char *word = lost_reasons[i].word;

		if (!lost->count && !lost->unknown)
			continue;
		line_text(line, between);
		for (; *word; word++)
			line_put(line, *word == '_' ? " " : word, 1);
		if (lost->count) {
			line_text(line, " ");
			line_count(line, lost->count);
		}
		if (lost->unknown)
			line_text(line,
				  lost->count ? " and an unknown number" : " an unknown number");
		between = ", ";
	}
	line_text(line, *between == ',' ? ")" : "");
}

static void put_totals(const struct stats *stats, const struct stats_print *print,
		       struct line *line)
{
	if (!stats->n_kinds)
		return;
	columns_title(print->writer, line, "Totals");
	columns_pad(line, line->start, STATS_NAME_MIN);
	line_text(line, "     delivered     held back          lost");
	columns_line(print->writer, line);
	for (unsigned i = 0; i < stats->n_kinds; i++) {
		const struct stats_kind *kind = &stats->kinds[i];

		line_text(line, kind->name);
		columns_pad(line, line->start, STATS_NAME_MIN);
		put_number(line, kind->count.delivered, STATS_NUMBER);
		put_number(line, kind->count.limited, STATS_NUMBER);
		put_lost(kind, line);
		columns_line(print->writer, line);
	}
}

/* Its parts with two spaces between them. */
static void put_name(struct line *line, const char *name)
{
	const char *start = line->p, *part;
	size_t size;

	for (unsigned i = 0; i < KIND_PARTS; i++) {
		part = stats_part(name, i, &size);
		if (!size)
			continue;
		line_text(line, line->p > start ? "  " : "");
		line_put(line, part, size);
	}
}

static void put_count(const struct stats_print *print, struct line *line, size_t width,
		      const struct toplist_count *count)
{
	columns_pad(line, line->start, width);
	put_number(line, count->delivered, STATS_NUMBER);
	put_number(line, count->limited, STATS_NUMBER);
	columns_line(print->writer, line);
}

static size_t name_width(const struct toplist_row *const *rows, size_t n)
{
	char text[TOPLIST_SHOWN_NAME + 16], name[TOPLIST_SHOWN_NAME];
	size_t width = STATS_NAME_MIN;

	for (size_t i = 0; i < n; i++) {
		struct line line = line_make(text, sizeof(text));
		size_t one;

		put_name(&line, toplist_name(rows, n, i, name));
		one = line_width(text, line_end(&line));
		if (one <= STATS_NAME_MAX && one > width)
			width = one;
	}
	return width;
}

static void put_list(const struct stats *stats, const struct stats_print *print, unsigned which,
		     struct line *line)
{
	const struct toplist *list = &stats->lists[which];
	const struct toplist_row *rows[TOPLIST_SHOWN];
	struct toplist_count others;
	char name[TOPLIST_SHOWN_NAME];
	size_t n = toplist_top(list, rows, &others), width = name_width(rows, n);

	if (!n && !list->unknown.limited)
		return;
	columns_title(print->writer, line, stats_list(which)->title);
	columns_pad(line, line->start, width);
	line_text(line, "     delivered     held back");
	columns_line(print->writer, line);
	for (size_t i = 0; i < n; i++) {
		put_name(line, toplist_name(rows, n, i, name));
		put_count(print, line, width, &rows[i]->count);
	}
	if (others.delivered || others.limited) {
		line_text(line, "(others)");
		put_count(print, line, width, &others);
	}
	if (list->unknown.limited) {
		line_text(line, "(not known)");
		put_count(print, line, width, &list->unknown);
	}
}

void stats_text(const struct stats *stats, const struct stats_print *print)
{
	char text[COLUMNS_LINE];
	struct line line = line_make(text, sizeof(text));

	put_head(stats, print, &line);
	if (!stats->sum.delivered && !stats->sum.limited) {
		line_text(&line, print->filtered ? "No event passes the filters."
						 : "No events are in it.");
		columns_line(print->writer, &line);
	}
	put_chart(stats, print, &line);
	put_totals(stats, print, &line);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		if (stats_list(i))
			put_list(stats, print, i, &line);
	stats_text_counters(&stats->counters, print, &line);
}
