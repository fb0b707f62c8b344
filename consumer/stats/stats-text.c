/* SPDX-License-Identifier: Apache-2.0 */
/* What stats.c added up, for people. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer/base/duration.h"
#include "consumer/layout/char-width.h"
#include "consumer/layout/columns.h"
#include "consumer/stats/stats.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)
#define NUMBER 14 /* columns */
#define NAME_MIN 15
#define NAME_MAX_SHOWN 60
#define HEADS "     delivered     held back" /* NUMBER each */
#define MOST_WIDTH 18                        /* of "  most 1,234,567" */

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

static void put_head(const struct stats *stats, const struct stats_print *print,
		     struct columns *columns)
{
	struct line *line = &columns->line;
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
	columns_end_row(columns);
	if (!stats->timed)
		return;
	put_time(print, line, stats->first);
	line_text(line, " to ");
	put_time(print, line, stats->last);
	line_text(line, print->utc ? " UTC (" : " (");
	line_text(line, duration_text(stats->last - stats->first, text));
	line_text(line, ")");
	columns_end_row(columns);
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

static void put_chart_row(const struct stats *stats, unsigned kind, size_t each,
			  struct columns *columns)
{
	size_t n = time_buckets_used(&stats->buckets);
	struct line *line = &columns->line;
	uint64_t most = 0;

	for (size_t i = 0; i < n; i += each) {
		uint64_t count = column_of(stats, kind, i, each);

		most = count > most ? count : most;
	}
	line_text(line, stats->kinds[kind].name);
	columns_pad(columns, NAME_MIN);
	line_text(line, " ");
	for (size_t i = 0; i < n; i += each)
		put_bar(line, column_of(stats, kind, i, each), most);
	line_text(line, "  most ");
	line_count(line, most);
	columns_end_row(columns);
}

static void put_chart(const struct stats *stats, const struct stats_print *print,
		      struct columns *columns)
{
	size_t around = NAME_MIN + 1 + MOST_WIDTH, n = time_buckets_used(&stats->buckets);
	size_t room = print->columns > around + 8 ? print->columns - around : 8;
	size_t each = (n + room - 1) / room;

	if (!n)
		return;
	columns_title(columns, "Events over time, one column is ");
	put_length(&columns->line, stats->buckets.nano * each);
	line_text(&columns->line, stats->sum.limited ? "; those held back are in it" : "");
	columns_end_row(columns);
	for (unsigned i = 0; i < stats->n_kinds; i++)
		if (stats->kinds[i].count.delivered || stats->kinds[i].count.limited)
			put_chart_row(stats, i, each, columns);
	if (!stats->untimed)
		return;
	put_counted(&columns->line, stats->untimed, " event");
	line_text(&columns->line, " without a time of day, not in the chart");
	columns_end_row(columns);
}

static void put_lost(const struct stats_kind *kind, struct columns *columns)
{
	struct line *line = &columns->line;
	const char *between = "  (";
	bool unknown = false;
	uint64_t sum = 0;

	for (unsigned i = 0; i < LOST_REASONS; i++) {
		sum += kind->lost[i].count;
		unknown |= kind->lost[i].unknown;
	}
	if (unknown && !sum)
		columns_right(columns, "not known", NUMBER);
	else
		columns_count(columns, sum, NUMBER);
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

/* Behind a name; what else is put there may follow. */
static void put_count(struct columns *columns, size_t width, const struct toplist_count *count)
{
	columns_pad(columns, width);
	columns_count(columns, count->delivered, NUMBER);
	columns_count(columns, count->limited, NUMBER);
}

static void put_totals(const struct stats *stats, struct columns *columns)
{
	if (!stats->n_kinds)
		return;
	columns_title(columns, "Totals");
	columns_pad(columns, NAME_MIN);
	line_text(&columns->line, HEADS "          lost");
	columns_end_row(columns);
	for (unsigned i = 0; i < stats->n_kinds; i++) {
		line_text(&columns->line, stats->kinds[i].name);
		put_count(columns, NAME_MIN, &stats->kinds[i].count);
		put_lost(&stats->kinds[i], columns);
		columns_end_row(columns);
	}
}

/* A list, and how it is shown: with a column of hosts, if it is not NULL. */
struct shown_list {
	const struct toplist *list;
	const struct hosts *hosts;
	const char *title, *more; /* ... which is put behind it */
};

/* Its parts with two spaces between them: the host's, where there are several, in a column. */
static void put_name(const struct shown_list *shown, struct line *line, const char *name)
{
	const struct hosts *hosts = shown->hosts;
	const char *start = line->p, *part;
	size_t size, width;

	if (hosts) {
		part = stats_part(name, 0, &size);
		line_put(line, size ? part : HOSTS_UNKNOWN,
			 size ? size : sizeof(HOSTS_UNKNOWN) - 1);
		width = char_width(start, (size_t)(line->p - start));
		line_pad(line, hosts->width > width ? hosts->width - width : 0);
	}
	for (unsigned i = 1; i <= KIND_PARTS; i++) {
		part = stats_part(name, i, &size);
		if (!size)
			continue;
		line_text(line, line->p > start ? "  " : "");
		line_put(line, part, size);
	}
}

static size_t name_width(const struct shown_list *shown, const struct toplist_row *const *rows,
			 size_t n)
{
	char text[TOPLIST_SHOWN_NAME + HOSTS_WIDTH + 16], name[TOPLIST_SHOWN_NAME];
	size_t width = NAME_MIN;

	for (size_t i = 0; i < n; i++) {
		struct line line = line_make(text, sizeof(text));
		size_t one;

		put_name(shown, &line, toplist_name(rows, n, i, name));
		one = char_width(text, line_end(&line));
		if (one <= NAME_MAX_SHOWN && one > width)
			width = one;
	}
	return width;
}

static void put_rest(struct columns *columns, const char *name, size_t width,
		     const struct toplist_count *count)
{
	line_text(&columns->line, name);
	put_count(columns, width, count);
	columns_end_row(columns);
}

static void put_shown(const struct shown_list *shown, struct columns *columns)
{
	const struct toplist *list = shown->list;
	const struct toplist_row *rows[TOPLIST_SHOWN];
	struct toplist_count others;
	char name[TOPLIST_SHOWN_NAME];
	size_t n = toplist_top(list, rows, &others), width = name_width(shown, rows, n);

	if (!n && !list->unknown.limited)
		return;
	columns_title(columns, shown->title);
	line_text(&columns->line, shown->more);
	columns_pad(columns, width);
	line_text(&columns->line, HEADS);
	columns_end_row(columns);
	for (size_t i = 0; i < n; i++) {
		put_name(shown, &columns->line, toplist_name(rows, n, i, name));
		put_count(columns, width, &rows[i]->count);
		columns_end_row(columns);
	}
	if (others.delivered || others.limited)
		put_rest(columns, "(others)", width, &others);
	if (list->unknown.limited)
		put_rest(columns, "(not known)", width, &list->unknown);
}

/* Of several hosts also what they have together, where that is not of containers: these are each
 * one host's. */
static void put_list(const struct stats *stats, unsigned which, struct columns *columns)
{
	const struct kind_list *of = stats_list(which);
	struct shown_list shown = {.list = stats->lists[which], .title = of->title, .more = ""};
	struct toplist *joined;

	if (stats->hosts.several && !of->of_containers) {
		joined = toplist_join(shown.list);
		if (joined)
			put_shown(&(struct shown_list){joined, NULL, of->title, " of all hosts"},
				  columns);
		free(joined);
	}
	shown.hosts = stats->hosts.several ? &stats->hosts : NULL;
	put_shown(&shown, columns);
}

static void put_upkeep(const struct own_usage *usage, struct columns *columns)
{
	columns_title(columns, "The streamer itself: ");
	own_usage_text(&columns->line, usage);
	columns_end_row(columns);
}

static void put_self_tests(uint64_t n, struct columns *columns)
{
	columns_title(columns, "");
	line_text(&columns->line, COUNTED(n, "denial"));
	line_text(&columns->line, " of Ringside's own self-tests left out: --self-tests shows ");
	line_text(&columns->line, n == 1 ? "it" : "them");
	columns_end_row(columns);
}

static void put_excerpts(const struct excerpt_choices *excerpts, struct columns *columns)
{
	char text[EXCERPT_CHOICES_TEXT];

	line_text(&columns->line, "An excerpt (");
	line_text(&columns->line, excerpt_choices_text(excerpts, text));
	line_text(&columns->line,
		  "): what it leaves out, held back or lost besides, is not counted");
	columns_end_row(columns);
}

/* Their host's name is in the place of none. */
static void put_hostless(uint64_t n, struct columns *columns)
{
	line_text(&columns->line, COUNTED(n, "event"));
	line_text(&columns->line, n == 1 ? " is" : " are");
	line_text(&columns->line, " of no host that is known (" HOSTS_UNKNOWN
				  "): the Header before may be lost in what is damaged");
	columns_end_row(columns);
}

void stats_text(const struct stats *stats, const struct stats_print *print)
{
	struct columns columns;

	columns_init(&columns, print->writer, print->color);
	put_head(stats, print, &columns);
	if (stats->excerpts.n)
		put_excerpts(&stats->excerpts, &columns);
	if (stats->hostless)
		put_hostless(stats->hostless, &columns);
	if (!stats->sum.delivered && !stats->sum.limited) {
		line_text(&columns.line, print->filtered ? "No event passes the filters."
							 : "No events are in it.");
		columns_end_row(&columns);
	}
	put_chart(stats, print, &columns);
	put_totals(stats, &columns);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		if (stats_list(i))
			put_list(stats, i, &columns);
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (stats->rows[i])
			kinds[i]->rows->text(stats->rows[i], &columns);
	if (own_usage_is_known(&stats->usage))
		put_upkeep(&stats->usage, &columns);
	if (stats->self_tests)
		put_self_tests(stats->self_tests, &columns);
}
