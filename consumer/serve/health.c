/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/health.h"

#include <errno.h>
#include <string.h>

#include "consumer/base/json.h"

static uint64_t age(uint64_t then_nano, uint64_t now_nano)
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

static enum health_status judge(const struct health *health)
{
	if (health->stream.ended)
		return HEALTH_ENDED;
	if (!health->stream.living)
		return HEALTH_STALE;
	return health->lost ? HEALTH_LOSSES : HEALTH_WHOLE;
}

static void take_stream(struct health *health, const struct ledger *ledger, uint64_t now_nano)
{
	health->record_age_nano = age(health->stream.latest_nano, now_nano);
	health->counters_age_nano = age(health->stream.counters_nano, now_nano);
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		health->lost += lost_of(&ledger->kinds[k]);
		health->attached |= *ledger->kinds[k].tier != '\0';
	}
	health->status = judge(health);
}

struct health health_of(const struct ledger *ledger, uint64_t now_nano, int error)
{
	struct health health = {.status = HEALTH_NONE};

	if (!ledger_newest(ledger, now_nano, &health.stream))
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

const char *health_word(enum health_status status)
{
	static const char *const words[] = {
		[HEALTH_WHOLE] = "whole", [HEALTH_LOSSES] = "losses",
		[HEALTH_STALE] = "stale", [HEALTH_ENDED] = "ended",
		[HEALTH_NONE] = "none",   [HEALTH_UNREAD] = "unreadable",
	};

	return words[status];
}

bool health_is_alive(enum health_status status)
{
	return status == HEALTH_WHOLE || status == HEALTH_LOSSES;
}

static void put_text(struct writer *writer, const char *before, const char *name, const char *text)
{
	json_member(writer, before, name);
	json_string(writer, text, strlen(text));
}

/* To the millisecond. */
static void put_seconds(struct writer *writer, const char *name, uint64_t nano)
{
	char text[JSON_NUMBER + 8];

	json_member(writer, ",", name);
	(void)snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(nano / 1000000000),
		       (unsigned)(nano / 1000000 % 1000));
	writer_string(writer, text);
}

static void put_probe(struct writer *writer, const struct ledger_kind *kind)
{
	put_text(writer, "{", "kind", kind->name);
	json_member(writer, ",", "attached");
	writer_string(writer, *kind->tier ? "true" : "false");
	if (*kind->tier)
		put_text(writer, ",", "tier", kind->tier);
	json_member_uint(writer, ",", "seen", kind->sums[LEDGER_SEEN]);
	json_member_uint(writer, ",", "written", kind->sums[LEDGER_WRITTEN]);
	json_member_uint(writer, ",", "limited", kind->sums[LEDGER_LIMITED]);
	json_member_uint(writer, ",", "lost", lost_of(kind));
	if (kind->missed_known)
		json_member_uint(writer, ",", "missed_runs", kind->sums[LEDGER_MISSED_RUNS]);
	writer_string(writer, "}");
}

/* What the streamer itself takes; the share of a CPU between the Counters that were read. */
static void put_upkeep(struct writer *writer, const struct own_usage *upkeep)
{
	if (upkeep->has_cpu) {
		put_seconds(writer, "user_cpu_seconds", upkeep->user_nano);
		put_seconds(writer, "system_cpu_seconds", upkeep->system_nano);
	}
	if (upkeep->span_nano)
		put_seconds(writer, "cpu_seconds_per_hour", own_usage_hourly(upkeep));
	if (upkeep->has_anonymous)
		json_member_uint(writer, ",", "anonymous_bytes", upkeep->anonymous_bytes);
	if (upkeep->has_maps)
		json_member_uint(writer, ",", "map_bytes", upkeep->map_bytes);
	if (upkeep->refusals)
		json_member_uint(writer, ",", "refused_calls", upkeep->refusals);
}

static void put_stream(struct writer *writer, const struct ledger *ledger,
		       const struct health *health)
{
	put_text(writer, ",", "host", health->stream.host);
	json_member(writer, ",", "stream_id");
	json_hex(writer, health->stream.id, LEDGER_ID);
	put_text(writer, ",", "streamer_version", health->stream.version);
	put_seconds(writer, "last_record_age_seconds", health->record_age_nano);
	if (health->stream.counters_nano)
		put_seconds(writer, "last_counters_age_seconds", health->counters_age_nano);
	put_seconds(writer, "counters_interval_seconds", health->stream.interval_nano);
	if (ledger->has_lag)
		put_seconds(writer, "lag_seconds", ledger->lag_nano);
	json_member_uint(writer, ",", "lost", health->lost);
	put_upkeep(writer, health->stream.upkeep);
	json_member(writer, ",", "probes");
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		writer_string(writer, k ? "," : "[");
		put_probe(writer, &ledger->kinds[k]);
	}
	writer_string(writer, ledger->n_kinds ? "]" : "[]");
}

void health_write(struct writer *writer, const struct ledger *ledger, const struct health *health)
{
	char why[HEALTH_WHY];

	json_member(writer, "{", "alive");
	writer_string(writer, health_is_alive(health->status) ? "true" : "false");
	put_text(writer, ",", "status", health_word(health->status));
	if (health->status == HEALTH_UNREAD)
		put_text(writer, ",", "error", health_why(health, why));
	else if (health->status != HEALTH_NONE)
		put_stream(writer, ledger, health);
	writer_string(writer, "}\n");
}
