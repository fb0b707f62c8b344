/* SPDX-License-Identifier: Apache-2.0 */
/* What stats.c added up, as one object. */
#include <string.h>
#include <time.h>

#include "consumer/base/json.h"
#include "consumer/base/text-line.h"
#include "consumer/stats/stats-internal.h"
#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)

/* Whole numbers and nine digits: a double of seconds would not hold them. */
static void put_time(struct writer *writer, const char *name, uint64_t nano)
{
	time_t second = (time_t)(nano / SECOND);
	char text[64], stamp[64] = "";
	struct line line = line_make(text, sizeof(text));
	struct tm tm;
	size_t size;

	if (gmtime_r(&second, &tm))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	line_text(&line, stamp);
	line_text(&line, ".");
	line_digits(&line, nano % SECOND, 9);
	line_text(&line, "Z");
	size = line_end(&line);
	json_member(writer, ",", name);
	json_string(writer, text, size);
}

static void put_count(struct writer *writer, const char *before, const struct toplist_count *count)
{
	json_member_uint(writer, before, "delivered", count->delivered);
	json_member_uint(writer, ",", "limited", count->limited);
}

static void put_lost(const struct stats_kind *kind, struct writer *writer)
{
	const char *before = "";

	json_member(writer, ",", "lost");
	writer_string(writer, "{");
	for (unsigned i = 0; i < LOST_REASONS; i++) {
		if (!kind->lost[i].count)
			continue;
		json_member_uint(writer, before, lost_reasons[i].word, kind->lost[i].count);
		before = ",";
	}
	writer_string(writer, "}");
	before = "";
	json_member(writer, ",", "lost_unknown");
	writer_string(writer, "[");
	for (unsigned i = 0; i < LOST_REASONS; i++) {
		const char *word = lost_reasons[i].word;

		if (!kind->lost[i].unknown)
			continue;
		writer_string(writer, before);
		json_string(writer, word, strlen(word));
		before = ",";
	}
	writer_string(writer, "]");
}

static void put_kind(const struct stats *stats, unsigned i, struct writer *writer)
{
	const struct stats_kind *kind = &stats->kinds[i];
	size_t n = time_buckets_used(&stats->buckets);

	json_member(writer, i ? ",{" : "{", "kind");
	json_string(writer, kind->name, strlen(kind->name));
	put_count(writer, ",", &kind->count);
	put_lost(kind, writer);
	json_member(writer, ",", "per_bucket");
	writer_string(writer, "[");
	for (size_t j = 0; j < n; j++) {
		writer_string(writer, j ? "," : "");
		json_uint(writer, stats->buckets.counts[i][j]);
	}
	writer_string(writer, "]}");
}

static void put_row(unsigned which, const struct toplist_row *row, const char *name, bool first,
		    struct writer *writer)
{
	writer_string(writer, first ? "{" : ",{");
	for (unsigned i = 0; stats_parts[which][i]; i++) {
		size_t size;
		const char *part = stats_part(name, i, &size);

		json_member(writer, i ? "," : "", stats_parts[which][i]);
		if (size)
			json_string(writer, part, size);
		else
			writer_string(writer, "null");
	}
	put_count(writer, ",", &row->count);
	writer_string(writer, "}");
}

static void put_list(const struct stats *stats, unsigned which, struct writer *writer)
{
	const struct toplist *list = &stats->lists[which];
	const struct toplist_row *rows[TOPLIST_SHOWN];
	struct toplist_count others;
	char name[TOPLIST_SHOWN_NAME];
	size_t n = toplist_top(list, rows, &others);

	json_member(writer, ",", stats_lists[which]);
	json_member(writer, "{", "top");
	writer_string(writer, "[");
	for (size_t i = 0; i < n; i++)
		put_row(which, rows[i], toplist_name(rows, n, i, name), !i, writer);
	writer_string(writer, "]");
	json_member(writer, ",", "others");
	put_count(writer, "{", &others);
	json_member(writer, "},", "unknown");
	put_count(writer, "{", &list->unknown);
	writer_string(writer, "}}");
}

void stats_json(const struct stats *stats, const struct stats_print *print)
{
	struct writer *writer = print->writer;

	json_member_uint(writer, "{", "inputs", stats->inputs);
	json_member_uint(writer, ",", "bytes_read", stats->file_bytes);
	json_member_uint(writer, ",", "record_bytes", stats->record_bytes);
	json_member_uint(writer, ",", "records", stats->records);
	json_member_uint(writer, ",", "events", stats->sum.delivered);
	json_member_uint(writer, ",", "limited", stats->sum.limited);
	if (stats->sum.delivered && !print->filtered)
		json_member_uint(writer, ",", "bytes_per_event",
				 stats->file_bytes / stats->sum.delivered);
	json_member_uint(writer, ",", "events_without_time", stats->untimed);
	if (stats->timed) {
		put_time(writer, "first_time", stats->first);
		put_time(writer, "last_time", stats->last);
		put_time(writer, "bucket_start", stats->buckets.low * stats->buckets.nano);
		json_member_uint(writer, ",", "bucket_nano", stats->buckets.nano);
	}
	json_member(writer, ",", "kinds");
	writer_string(writer, "[");
	for (unsigned i = 0; i < stats->n_kinds; i++)
		put_kind(stats, i, writer);
	writer_string(writer, "]");
	for (unsigned i = 0; i < STATS_LISTS; i++)
		put_list(stats, i, writer);
	stats_json_counters(&stats->counters, writer);
	writer_string(writer, "}\n");
}
