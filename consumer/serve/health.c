/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/health.h"

#include <errno.h>
#include <string.h>

#include "consumer/base/json-page.h"

static uint64_t age_of(uint64_t then_nano, uint64_t now_nano)
{
	return now_nano > then_nano ? now_nano - then_nano : 0;
}

static uint64_t lost_of(const struct ledger_kind *kind)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < LOST_REASONS; i++) {
		const struct lost_count lost = ledger_lost(kind, i);

		n += lost.count + (lost.unknown && !lost.count);
	}
	return n;
}

static enum health_status judge_health(const struct health *health, uint64_t now_nano)
{
	if (health->stream->ended)
		return HEALTH_ENDED;
	if (!ledger_stream_lives(health->stream, now_nano))
		return HEALTH_STALE;
	return health->lost ? HEALTH_LOSSES : HEALTH_WHOLE;
}

static void take_stream(struct health *health, const struct ledger *ledger, uint64_t now_nano)
{
	health->record_age_nano = age_of(health->stream->latest_nano, now_nano);
	health->counters_age_nano = age_of(health->stream->counters_nano, now_nano);
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		health->lost += lost_of(&ledger->kinds[k]);
		health->attached |= *ledger->kinds[k].tier != '\0';
	}
	health->status = judge_health(health, now_nano);
}

struct health health_of(const struct ledger *ledger, uint64_t now_nano, int error)
{
	struct health health = {.status = HEALTH_NONE, .stream = ledger_newest(ledger)};

	if (health.stream)
		take_stream(&health, ledger, now_nano);
	if (!health_is_alive(health.status) && error)
		health = (struct health){.status = HEALTH_UNREAD, .error = error};
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

/* To the millisecond. */
static void put_seconds(struct json_page *page, const char *name, uint64_t nano)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(nano / 1000000000),
		       (unsigned)(nano / 1000000 % 1000));
	json_add_raw(page, name, text);
}

static void put_probe(struct json_page *page, const struct ledger_kind *kind)
{
	json_begin_object(page, NULL);
	json_add_text(page, "kind", kind->name);
	json_add_bool(page, "attached", *kind->tier);
	json_add_known_text(page, "tier", kind->tier);
	json_add_uint(page, "seen", kind->sums[LEDGER_SEEN]);
	json_add_uint(page, "written", kind->sums[LEDGER_WRITTEN]);
	json_add_uint(page, "limited", kind->sums[LEDGER_LIMITED]);
	json_add_uint(page, "lost", lost_of(kind));
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

static void put_stream(struct json_page *page, const struct ledger *ledger,
		       const struct health *health)
{
	json_add_text(page, "host", health->stream->host);
	json_add_hex(page, "stream_id", health->stream->id, LEDGER_ID);
	json_add_text(page, "streamer_version", health->stream->version);
	put_seconds(page, "last_record_age_seconds", health->record_age_nano);
	if (health->stream->counters_nano)
		put_seconds(page, "last_counters_age_seconds", health->counters_age_nano);
	put_seconds(page, "counters_interval_seconds", health->stream->interval_nano);
	if (ledger->has_lag)
		put_seconds(page, "lag_seconds", ledger->lag_nano);
	json_add_uint(page, "lost", health->lost);
	put_upkeep(page, &health->stream->usage);
	json_begin_list(page, "probes");
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		put_probe(page, &ledger->kinds[k]);
	json_end_list(page);
}

void health_write(struct writer *writer, const struct ledger *ledger, const struct health *health)
{
	static const char *const words[] = {
		[HEALTH_WHOLE] = "whole", [HEALTH_LOSSES] = "losses",
		[HEALTH_STALE] = "stale", [HEALTH_ENDED] = "ended",
		[HEALTH_NONE] = "none",   [HEALTH_UNREAD] = "unreadable",
	};
	struct json_page page = json_begin_page(writer);
	char why[HEALTH_WHY];

	json_add_bool(&page, "alive", health_is_alive(health->status));
	json_add_text(&page, "status", words[health->status]);
	if (health->status == HEALTH_UNREAD)
		json_add_text(&page, "error", health_why(health, why));
	else if (health->status != HEALTH_NONE)
		put_stream(&page, ledger, health);
	json_end_page(&page);
}
