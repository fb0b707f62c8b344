/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/stats/stats.h"

#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "consumer/kinds/sentence.h"
#include "consumer/read/message-cache.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define BODY(name) RINGSIDE__V1__RECORD__BODY_##name

const struct kind_list *stats_list(unsigned which)
{
	static const struct kind_list containers = {
		.name = "containers",
		.title = "Containers",
		.parts = {"where"},
		.of_containers = true,
	};

	return which ? kinds[which - 1]->list : &containers;
}

int stats_new(struct stats **ret)
{
	_cleanup_(stats_freep) struct stats *stats = calloc(1, sizeof(*stats));

	if (!stats)
		return -ENOMEM;
	for (unsigned i = 0; i < STATS_LISTS; i++) {
		if (!stats_list(i))
			continue; /* a list takes megabytes */
		stats->lists[i] = calloc(1, sizeof(*stats->lists[i]));
		if (!stats->lists[i])
			return -ENOMEM;
		(void)getrandom(&stats->lists[i]->seed, sizeof(stats->lists[i]->seed),
				GRND_NONBLOCK);
	}
	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		if (!kinds[i]->rows)
			continue;
		stats->rows[i] = calloc(1, kinds[i]->rows->size);
		if (!stats->rows[i])
			return -ENOMEM;
	}
	*ret = TAKE_PTR(stats);
	return 0;
}

static void free_rows(struct stats *stats)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		if (stats->rows[i])
			kinds[i]->rows->done(stats->rows[i]);
		free(stats->rows[i]);
	}
}

struct stats *stats_free(struct stats *stats)
{
	if (stats)
		free_rows(stats);
	for (unsigned i = 0; stats && i < STATS_LISTS; i++) {
		if (stats->lists[i])
			toplist_done(stats->lists[i]);
		free(stats->lists[i]);
	}
	free(stats);
	return NULL;
}

const char *stats_part(const char *name, unsigned n, size_t *ret_size)
{
	for (; n && *name; n--) {
		name += strcspn(name, "\t");
		name += *name == '\t';
	}
	*ret_size = strcspn(name, "\t");
	return name;
}

bool stats_wants(unsigned body)
{
	switch (body) {
	case RINGSIDE__V1__RECORD__BODY__NOT_SET:
	case BODY(HEADER):
	case BODY(FOOTER):
	case BODY(CLOCK):
		return false;
	default:
		return true;
	}
}

static unsigned get_kind(struct stats *stats, const char *name)
{
	char safe[KIND_NAME];
	struct line line = line_make(safe, sizeof(safe));
	struct stats_kind *kind;

	line_safe(&line, text_has(name) ? name : "any", sizeof(safe));
	(void)line_end(&line);
	for (unsigned i = 0; i < stats->n_kinds; i++) {
		if (!strcmp(stats->kinds[i].name, safe))
			return i;
	}
	if (stats->n_kinds == STATS_KINDS)
		return STATS_KINDS - 1;
	kind = &stats->kinds[stats->n_kinds++];
	(void)snprintf(kind->name, sizeof(kind->name), "%s",
		       stats->n_kinds == STATS_KINDS ? "others" : safe);
	return stats->n_kinds - 1;
}

static void count_row(struct stats *stats, unsigned kind, const Ringside__V1__Record *record,
		      struct toplist_count n)
{
	uint64_t time = record->time_unix_nano, both = n.delivered + n.limited;

	stats->sum.delivered += n.delivered;
	stats->sum.limited += n.limited;
	stats->kinds[kind].count.delivered += n.delivered;
	stats->kinds[kind].count.limited += n.limited;
	if (!record->has_time_unix_nano) {
		stats->untimed += both;
		return;
	}
	if (!stats->timed || time < stats->first)
		stats->first = time;
	if (!stats->timed || time > stats->last)
		stats->last = time;
	stats->timed = true;
	time_buckets_add(&stats->buckets, kind, time, both);
}

static void put_host(const struct stats *stats, struct line *line)
{
	line_put(line, stats->host_part, stats->host_size);
}

static uint64_t mix_text(uint64_t hash, const char *s)
{
	return XXH64(s ? s : "", s ? strlen(s) : 0, hash);
}

/* Adds the line, in which the container stands from @from on. What its words leave out of ids
 * tells it apart, too. Returns its key. */
static uint64_t put_container(struct toplist *list, const Ringside__V1__Container *c,
			      struct line *line, struct toplist_count n)
{
	const char *from = line->p;
	struct toplist_more more = {0};

	text_container(line, c);
	const size_t size = line_end(line);

	more.key = XXH64(line->start, size, list->seed);
	if (c) {
		more.key =
			mix_text(mix_text(mix_text(more.key, c->id), c->podman_pod_id), c->nested);
		more.rest = text_id_rest(c, from, &more.rest_at);
		more.rest_at += (size_t)(from - line->start);
	}
	toplist_add_more(list, c ? c->cgroup_path : NULL, line->start, size, &more, n);
	return more.key;
}

/* The words of a container that was counted before are not put together again. */
static void count_container(struct stats *stats, const Ringside__V1__Record *record,
			    struct toplist_count n)
{
	const Ringside__V1__Container *c = text_whose(record);
	struct message_cache_note *note = message_cache_note(stats->cache, c, MESSAGE_CACHE_NAME);
	struct toplist *list = stats->lists[STATS_CONTAINERS];
	char name[TEXT_MAX];
	struct line line = line_make(name, sizeof(name));
	struct {
		uint64_t row, host;
	} key;

	if (note && note->owner == list) {
		memcpy(&key, note->text, sizeof(key));
		if (key.host == stats->host_hash && toplist_add_again(list, key.row, n))
			return;
	}
	put_host(stats, &line);
	key.row = put_container(list, c, &line, n);
	key.host = stats->host_hash;
	if (note)
		message_cache_note_keep(stats->cache, note, list, &key, sizeof(key));
}

/* An event, or a Limited, in the list of its kind. */
static void count_name(struct stats *stats, unsigned which, const Ringside__V1__Record *record,
		       struct toplist_count n)
{
	const Ringside__V1__Container *c = text_whose(record);
	const struct kind_list *of = stats_list(which);
	struct toplist *list = stats->lists[which];
	char name[TEXT_MAX];
	struct line line = line_make(name, sizeof(name));

	put_host(stats, &line);
	of->put(&line, record);
	if (of->of_containers)
		(void)put_container(list, c, &line, n);
	else
		toplist_add(list, c ? c->cgroup_path : NULL, name, line_end(&line), n);
}

/* That of the kind; 0: it has none. */
static unsigned list_of(const char *name)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (kinds[i]->list && !strcmp(kinds[i]->name, name))
			return i + 1;
	return 0;
}

static void add_event(struct stats *stats, const Ringside__V1__Record *record)
{
	const struct toplist_count one = {.delivered = 1};
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->body_case);
	unsigned list = field ? list_of(field->name) : 0;

	if (!field)
		return;
	count_row(stats, get_kind(stats, field->name), record, one);
	count_container(stats, record, one);
	if (list)
		count_name(stats, list, record, one);
}

static void add_limited(struct stats *stats, const Ringside__V1__Record *record)
{
	const Ringside__V1__Limited *limited = record->limited;
	const struct toplist_count n = {.limited = limited->count};
	const char *kind = text_has(limited->kind) ? limited->kind : "any";
	unsigned list = list_of(kind);

	if (!limited->count)
		return;
	count_row(stats, get_kind(stats, kind), record, n);
	if (limited->overflow || (limited->others && !limited->container))
		toplist_add(stats->lists[STATS_CONTAINERS], NULL, NULL, 0, n);
	else
		count_container(stats, record, n);
	if (!list)
		return;
	/* what these were about may not have been kept */
	if (limited->overflow || limited->others || !kinds[list - 1]->limited)
		toplist_add(stats->lists[list], NULL, NULL, 0, n);
	else
		count_name(stats, list, record, n);
}

static void add_lost(struct stats *stats, const Ringside__V1__Lost *lost)
{
	if (lost->has_count && !lost->count) /* a file without events was deleted */
		return;
	lost_add(stats->kinds[get_kind(stats, lost->kind)].lost, lost);
}

static int add_counters(struct stats *stats, const Ringside__V1__Header *header,
			const Ringside__V1__Record *record)
{
	int r = 0;

	if (!header)
		return 0;
	if (header->stream_id.len == STATS_ID &&
	    memcmp(header->stream_id.data, stats->stream_id, STATS_ID) != 0) {
		memcpy(stats->stream_id, header->stream_id.data, STATS_ID);
		stats->streams++;
		own_usage_part(&stats->usage); /* of another process */
	}
	own_usage_take(&stats->usage, record->counters->cost, record->boottime_nano);
	for (unsigned i = 0; !r && i < KINDS_COUNT; i++)
		if (stats->rows[i])
			r = kinds[i]->rows->add(stats->rows[i], header, stats->streams, record);
	return r;
}

void stats_begin_stream(struct stats *stats, const Ringside__V1__Header *header)
{
	if (text_has(header->excerpt))
		excerpt_choices_take(&stats->excerpts, header->excerpt);
}

static void set_host(struct stats *stats, const char *name)
{
	struct line line = line_make(stats->host_part, sizeof(stats->host_part));

	name = name ? name : "";
	if (stats->hosts.n && !strncmp(stats->host, name, STATS_HOST - 1))
		return;
	(void)snprintf(stats->host, STATS_HOST, "%s", name);
	stats->host_hash = XXH64(stats->host, strlen(stats->host), 0);
	line_safe(&line, stats->host, sizeof(stats->host));
	line_put(&line, "\t", 1);
	stats->host_size = line_end(&line);
	(void)hosts_add(&stats->hosts, name);
}

int stats_add(struct stats *stats, const Ringside__V1__Header *header,
	      const Ringside__V1__Record *record)
{
	set_host(stats, header ? header->host_name : NULL);
	if (record->body_case == BODY(COUNTERS))
		return add_counters(stats, header, record);
	if (record->body_case == BODY(LIMITED))
		add_limited(stats, record);
	else if (record->body_case == BODY(LOST))
		add_lost(stats, record->lost);
	else if (stats_wants((unsigned)record->body_case))
		add_event(stats, record);
	return 0;
}
