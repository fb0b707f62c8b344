/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/health.h"

#include <errno.h>
#include <string.h>

#include "consumer/base/json-page.h"

static uint64_t age_of(uint64_t then_nano, uint64_t now_nano)
{
	return now_nano > then_nano ? now_nano - then_nano : 0;
}

static unsigned field_of(const char *name)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(&ringside__v1__record__descriptor,
								name);

	return field && field->id < LOCK_NOTES_KINDS ? field->id : 0;
}

/* What the streamer has lost of the kind and could not write down. */
static uint64_t untold(const struct health *health, const struct ledger *ledger, unsigned kind)
{
	const struct stream_writer *writer = health->writer;
	const unsigned field = field_of(ledger->kinds[kind].name);
	uint64_t told, lost;

	if (!writer || !writer->troubled || !health->stream || !field)
		return 0;
	told = health->stream->sums[kind][LEDGER_LOST_IN_SINK].value;
	lost = writer->notes.lost[field];
	return lost > told ? lost - told : 0;
}

uint64_t health_sum(const struct health *health, const struct ledger *ledger, unsigned kind,
		    enum ledger_sum sum)
{
	uint64_t n = ledger_latest(ledger, health->stream, kind, sum);

	/* it was seen, too; the kernel's own number is not known before the next Counters */
	return sum == LEDGER_SEEN ? n + untold(health, ledger, kind) : n;
}

struct lost_count health_lost(const struct health *health, const struct ledger *ledger,
			      unsigned kind)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	uint64_t dropped = ledger_latest(ledger, health->stream, kind, LEDGER_DROPPED);
	struct lost_count all = {.count = untold(health, ledger, kind)};

	for (unsigned i = 0; i < LOST_REASONS; i++) {
		struct lost_count lost = ledger_lost(of, i);

		if (i == RINGSIDE__V1__LOST__REASON__RING_FULL && dropped > lost.count)
			lost.count = dropped;
		all.count += lost.count;
		all.unknown |= lost.unknown;
	}
	return all;
}

/* Nothing else matters to who asks, then. */
static bool is_in_trouble(struct health *health, const struct ledger_feed *feed, uint64_t now_nano)
{
	const struct stream_writer *writer = health->writer;

	if (!writer || !writer->troubled)
		writer =
			health_is_alive(health->status) ? NULL : writers_find(&feed->writers, NULL);
	if (!writer)
		return false;
	if (writer != health->writer)
		health->stream = NULL; /* of which nothing could be written */
	health->writer = writer;
	health->trouble_nano = age_of(writer->notes.since_milli * 1000000, now_nano);
	health->tried_age_nano = age_of(writer->notes.latest_milli * 1000000, now_nano);
	return true;
}

static enum health_status judge_health(const struct health *health, uint64_t now_nano)
{
	if (health->stream->excerpt)
		return HEALTH_EXCERPT;
	if (health->stream->ended)
		return HEALTH_ENDED;
	if (health->stream->gone)
		return HEALTH_GONE;
	if (!ledger_stream_lives(health->stream, now_nano))
		return HEALTH_STALE;
	return health->lost.count || health->lost.unknown ? HEALTH_LOSSES : HEALTH_WHOLE;
}

static void take_stream(struct health *health, const struct ledger *ledger, uint64_t now_nano)
{
	health->record_age_nano = age_of(health->stream->latest_nano, now_nano);
	health->counters_age_nano = age_of(health->stream->counters_nano, now_nano);
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		const struct lost_count lost = health_lost(health, ledger, k);

		health->lost.count += lost.count;
		health->lost.unknown |= lost.unknown;
		health->attached |= *ledger->kinds[k].tier != '\0';
	}
	health->status = judge_health(health, now_nano);
}

struct health health_of(struct ledger_feed *feed, uint64_t now_nano, uint64_t patience_nano)
{
	struct health health = {.status = HEALTH_NONE};

	ledger_feed_look(feed, now_nano, patience_nano);
	health.stream = ledger_newest(&feed->ledger);
	if (health.stream) {
		health.writer = writers_find(&feed->writers, health.stream->id);
		take_stream(&health, &feed->ledger, now_nano);
	}
	if (is_in_trouble(&health, feed, now_nano))
		health.status = HEALTH_UNWRITABLE;
	else if (!health_is_alive(health.status) && feed->error)
		health = (struct health){.status = HEALTH_UNREAD, .error = feed->error};
	return health;
}

const char *health_why(const struct health *health, char buf[HEALTH_WHY])
{
	bool refused = health->error == -EACCES || health->error == -EPERM;

	(void)snprintf(buf, HEALTH_WHY, "%s%s", strerror(-health->error),
		       refused ? " (join the group ringside, or use sudo)" : "");
	return buf;
}

bool health_is_alive(enum health_status status)
{
	return status == HEALTH_WHOLE || status == HEALTH_LOSSES;
}

static bool has_name(const char *const *names, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

unsigned health_hosts(const struct health *health, const struct ledger *ledger,
		      const char *names[HEALTH_HOSTS])
{
	unsigned n = 0;

	for (unsigned i = 0; health->status == HEALTH_EXCERPT && i < ledger->n_streams; i++) {
		const struct ledger_stream *stream = ledger->streams[i];

		if (stream->excerpt && *stream->host && !has_name(names, n, stream->host))
			names[n++] = stream->host;
	}
	return n;
}

/* To the millisecond. */
static void put_seconds(struct json_page *page, const char *name, uint64_t nano)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(nano / 1000000000),
		       (unsigned)(nano / 1000000 % 1000));
	json_add_raw(page, name, text);
}

static void put_lost(struct json_page *page, const struct lost_count *lost)
{
	json_add_uint(page, "lost", lost->count);
	json_add_bool(page, "lost_more", lost->unknown);
}

static void put_probe(struct json_page *page, const struct ledger *ledger,
		      const struct health *health, unsigned k)
{
	const struct ledger_kind *kind = &ledger->kinds[k];
	const struct lost_count lost = health_lost(health, ledger, k);

	json_begin_object(page, NULL);
	json_add_text(page, "kind", kind->name);
	json_add_bool(page, "attached", *kind->tier);
	json_add_known_text(page, "tier", kind->tier);
	json_add_uint(page, "seen", health_sum(health, ledger, k, LEDGER_SEEN));
	json_add_uint(page, "written", health_sum(health, ledger, k, LEDGER_WRITTEN));
	json_add_uint(page, "limited", health_sum(health, ledger, k, LEDGER_LIMITED));
	put_lost(page, &lost);
	json_add_known_uint(page, "missed_runs", kind->missed_known,
			    kind->sums[LEDGER_MISSED_RUNS]);
	json_end_object(page);
}

/* What the streamer itself takes; the share of a CPU between the Counters that were read. */
static void put_upkeep(struct json_page *page, const struct own_usage *usage)
{
	if (usage->has_cpu) {
		put_seconds(page, "user_cpu_seconds", usage->user_nano);
		put_seconds(page, "system_cpu_seconds", usage->system_nano);
	}
	if (usage->span_nano)
		put_seconds(page, "cpu_seconds_per_hour", own_usage_hourly(usage));
	json_add_known_uint(page, "anonymous_bytes", usage->has_anonymous, usage->anonymous_bytes);
	json_add_known_uint(page, "map_bytes", usage->has_maps, usage->map_bytes);
	json_add_known_uint(page, "refused_calls", usage->refusals, usage->refusals);
}

/* Where "host" is not the only one. */
static void put_hosts(struct json_page *page, const struct ledger *ledger,
		      const struct health *health)
{
	const char *names[HEALTH_HOSTS];
	const unsigned n = health_hosts(health, ledger, names);

	if (n < 2)
		return;
	json_begin_list(page, "hosts");
	for (unsigned i = 0; i < n; i++)
		json_add_text(page, NULL, names[i]);
	json_end_list(page);
}

static void put_stream(struct json_page *page, const struct ledger *ledger,
		       const struct health *health)
{
	json_add_text(page, "host", health->stream->host);
	put_hosts(page, ledger, health);
	json_add_hex(page, "stream_id", health->stream->id, LEDGER_ID);
	json_add_text(page, "streamer_version", health->stream->version);
	put_seconds(page, "last_record_age_seconds", health->record_age_nano);
	if (health->stream->counters_nano)
		put_seconds(page, "last_counters_age_seconds", health->counters_age_nano);
	put_seconds(page, "counters_interval_seconds", health->stream->interval_nano);
	json_add_known_uint(page, "failed_starts", health->stream->failed_starts,
			    health->stream->failed_starts);
	if (ledger->has_lag)
		put_seconds(page, "lag_seconds", ledger->lag_nano);
	put_lost(page, &health->lost);
	put_upkeep(page, &health->stream->usage);
	json_begin_list(page, "probes");
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		put_probe(page, ledger, health, k);
	json_end_list(page);
}

/* Since when it cannot be written, and why. */
static void put_trouble(struct json_page *page, const struct health *health)
{
	json_add_text(page, "error", strerror(health->writer->notes.error));
	put_seconds(page, "unwritable_seconds", health->trouble_nano);
	put_seconds(page, "last_try_age_seconds", health->tried_age_nano);
}

void health_put(struct json_page *page, const struct ledger *ledger, const struct health *health)
{
	static const char *const words[] = {
		[HEALTH_WHOLE] = "whole",       [HEALTH_LOSSES] = "losses",
		[HEALTH_STALE] = "stale",       [HEALTH_GONE] = "gone",
		[HEALTH_ENDED] = "ended",       [HEALTH_UNWRITABLE] = "unwritable",
		[HEALTH_EXCERPT] = "excerpt",   [HEALTH_NONE] = "none",
		[HEALTH_UNREAD] = "unreadable",
	};
	char why[HEALTH_WHY];

	json_add_bool(page, "alive", health_is_alive(health->status));
	json_add_text(page, "status", words[health->status]);
	if (health->status == HEALTH_UNREAD)
		json_add_text(page, "error", health_why(health, why));
	if (health->status == HEALTH_UNWRITABLE)
		put_trouble(page, health);
	if (health->stream)
		put_stream(page, ledger, health);
}
