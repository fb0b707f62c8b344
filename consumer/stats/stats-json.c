/* SPDX-License-Identifier: Apache-2.0 */
/* What stats.c added up, as one object. */
#include "consumer/base/json-page.h"
#include "consumer/stats/stats.h"
#include "proto/base/util.h"

static void put_count(struct json_page *page, const struct toplist_count *count)
{
	json_add_uint(page, "delivered", count->delivered);
	json_add_uint(page, "limited", count->limited);
}

static void put_count_of(struct json_page *page, const char *name,
			 const struct toplist_count *count)
{
	json_begin_object(page, name);
	put_count(page, count);
	json_end_object(page);
}

static void put_lost(const struct stats_kind *kind, struct json_page *page)
{
	json_begin_object(page, "lost");
	for (unsigned i = 0; i < LOST_REASONS; i++)
		json_add_known_uint(page, lost_reasons[i].word, kind->lost[i].count,
				    kind->lost[i].count);
	json_end_object(page);
	json_begin_list(page, "lost_unknown");
	for (unsigned i = 0; i < LOST_REASONS; i++)
		if (kind->lost[i].unknown)
			json_add_text(page, NULL, lost_reasons[i].word);
	json_end_list(page);
}

static void put_kind(const struct stats *stats, unsigned i, struct json_page *page)
{
	const struct stats_kind *kind = &stats->kinds[i];

	json_begin_object(page, NULL);
	json_add_text(page, "kind", kind->name);
	put_count(page, &kind->count);
	put_lost(kind, page);
	json_add_uints(page, "per_bucket", stats->buckets.counts[i],
		       time_buckets_used(&stats->buckets));
	json_end_object(page);
}

static void put_part(struct json_page *page, const char *member, const char *name, unsigned n)
{
	size_t size;
	const char *part = stats_part(name, n, &size);

	if (size)
		json_add_string(page, member, part, size);
	else
		json_add_raw(page, member, "null");
}

static void put_row(const char *const *parts, bool hosts, const struct toplist_row *row,
		    const char *name, struct json_page *page)
{
	json_begin_object(page, NULL);
	if (hosts)
		put_part(page, "host", name, 0);
	for (unsigned i = 0; parts[i]; i++)
		put_part(page, parts[i], name, i + 1);
	put_count(page, &row->count);
	json_end_object(page);
}

/* The members of a list's object. @hosts: of each row, whose it is. */
static void put_rows(const struct toplist *list, const struct kind_list *of, bool hosts,
		     struct json_page *page)
{
	const struct toplist_row *rows[TOPLIST_SHOWN];
	struct toplist_count others;
	char name[TOPLIST_SHOWN_NAME];
	size_t n = toplist_top(list, rows, &others);

	json_begin_list(page, "top");
	for (size_t i = 0; i < n; i++)
		put_row(of->parts, hosts, rows[i], toplist_name(rows, n, i, name), page);
	json_end_list(page);
	put_count_of(page, "others", &others);
	put_count_of(page, "unknown", &list->unknown);
}

/* Also of one host, so that who asks for the sum over all need not know how many there are. */
static void put_joined(const struct toplist *list, const struct kind_list *of,
		       struct json_page *page)
{
	_cleanup_free_ struct toplist *joined = toplist_join(list);

	if (!joined)
		return;
	json_begin_object(page, "all_hosts");
	put_rows(joined, of, false, page);
	json_end_object(page);
}

static void put_list(const struct stats *stats, unsigned which, struct json_page *page)
{
	const struct toplist *list = stats->lists[which];
	const struct kind_list *of = stats_list(which);

	json_begin_object(page, of->name);
	put_rows(list, of, true, page);
	if (!of->of_containers)
		put_joined(list, of, page);
	json_end_object(page);
}

static void put_upkeep(const struct own_usage *usage, struct json_page *page)
{
	json_begin_object(page, "streamer");
	json_add_known_uint(page, "cpu_nano", usage->span_nano, usage->cpu_nano);
	json_add_known_uint(page, "span_nano", usage->span_nano, usage->span_nano);
	json_add_known_uint(page, "anonymous_bytes", usage->has_anonymous, usage->anonymous_bytes);
	json_add_known_uint(page, "map_bytes", usage->has_maps, usage->map_bytes);
	json_end_object(page);
}

void stats_json(const struct stats *stats, const struct stats_print *print)
{
	struct json_page page = json_begin_page(print->writer);

	json_add_uint(&page, "inputs", stats->inputs);
	json_add_uint(&page, "bytes_read", stats->file_bytes);
	json_add_uint(&page, "record_bytes", stats->record_bytes);
	json_add_uint(&page, "records", stats->records);
	json_add_uint(&page, "records_missing", print->missing);
	json_add_uint(&page, "events", stats->sum.delivered);
	json_add_uint(&page, "limited", stats->sum.limited);
	json_add_uint(&page, "self_tests_left_out", stats->self_tests);
	excerpt_choices_json(&stats->excerpts, &page);
	if (stats->sum.delivered && !print->filtered)
		json_add_uint(&page, "bytes_per_event", stats->file_bytes / stats->sum.delivered);
	json_add_uint(&page, "events_without_time", stats->untimed);
	json_add_known_uint(&page, "events_of_unknown_host", stats->hostless, stats->hostless);
	if (stats->timed) {
		json_add_time(&page, "first_time", stats->first);
		json_add_time(&page, "last_time", stats->last);
		json_add_time(&page, "bucket_start", stats->buckets.low * stats->buckets.nano);
		json_add_uint(&page, "bucket_nano", stats->buckets.nano);
	}
	json_begin_list(&page, "kinds");
	for (unsigned i = 0; i < stats->n_kinds; i++)
		put_kind(stats, i, &page);
	json_end_list(&page);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		if (stats_list(i))
			put_list(stats, i, &page);
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (stats->rows[i])
			kinds[i]->rows->json(stats->rows[i], &page);
	if (own_usage_is_known(&stats->usage))
		put_upkeep(&stats->usage, &page);
	json_end_page(&page);
}
