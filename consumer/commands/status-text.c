/* SPDX-License-Identifier: Apache-2.0 */
/* What status says for people. */
#include "consumer/commands/status-internal.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "consumer/kinds/kind.h"
#include "consumer/layout/columns.h"
#include "proto/base/clock.h"

#define TEXT_MAX LEDGER_TEXT
#define HOSTS_NAMED 8
#define TRIES_NANO UINT64_C(5000000000) /* a streamer that runs tries each second */

static void put_seconds(struct line *line, uint64_t nano)
{
	line_count(line, nano / 1000000000);
	line_text(line, ".");
	line_digits(line, nano / 100000000 % 10, 1);
	line_text(line, " s");
}

static void put_trouble(struct line *line, const struct health *health)
{
	line_text(line, strerror(health->writer->notes.error));
	line_text(line, " for ");
	put_seconds(line, health->trouble_nano);
	if (health->tried_age_nano > TRIES_NANO) {
		line_text(line, ", and nothing was tried for ");
		put_seconds(line, health->tried_age_nano);
		line_text(line, ": the streamer is stopped, or hangs");
	} else {
		line_text(line, "; events are counted, not kept");
	}
}

/* "it is an excerpt of the streams of 3 hosts (web-1, db-2, mail-3)" */
static void put_hosts(struct columns *columns, const char *const *names, unsigned n)
{
	struct line *line = &columns->line;

	line_text(line, "not recording: it is an excerpt of the streams of ");
	line_counted(line, n, "host");
	for (unsigned i = 0; i < n && i < HOSTS_NAMED; i++) {
		line_text(line, i ? ", " : " (");
		line_safe(line, names[i], TEXT_MAX);
	}
	if (n > HOSTS_NAMED) {
		line_text(line, " and ");
		line_count(line, n - HOSTS_NAMED);
		line_text(line, " more");
	}
	line_text(line, ")");
	columns_end_row(columns);
}

static void put_verdict(struct columns *columns, const struct health *health)
{
	static const char *const words[] = {
		[HEALTH_WHOLE] = "recording, nothing lost",
		[HEALTH_LOSSES] = "recording, with losses",
		[HEALTH_STALE] = "not recording: nothing was written lately",
		[HEALTH_GONE] = "not recording: the streamer is gone, without closing its stream",
		[HEALTH_ENDED] = "not recording: the latest stream was closed",
		[HEALTH_EXCERPT] = "not recording: it is an excerpt of a stream",
		[HEALTH_UNWRITABLE] = "not recording: ",
		[HEALTH_NONE] = "not recording: no stream was found",
		[HEALTH_UNREAD] = "not known whether it is recording: ",
	};
	struct line *line = &columns->line;
	char why[HEALTH_WHY];

	line_text(line, words[health->status]);
	if (health->status == HEALTH_UNREAD)
		line_text(line, health_why(health, why));
	if (health->status == HEALTH_UNWRITABLE)
		put_trouble(line, health);
	if (health->status == HEALTH_STALE && health->writer && health->writer->locked)
		line_text(line, " by the streamer that is there (stopped?)");
	if (health->stream && *health->stream->host) {
		line_text(line, " (");
		line_safe(line, health->stream->host, TEXT_MAX);
		line_text(line, ", ringside-streamer ");
		line_safe(line, health->stream->version, TEXT_MAX);
		line_text(line, ")");
	}
	columns_end_row(columns);
}

static void put_date(struct line *line, uint64_t nano)
{
	time_t second = (time_t)(nano / 1000000000);
	char text[64];
	struct tm tm;

	if (localtime_r(&second, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm))
		line_text(line, text);
}

static void put_file(struct columns *columns, const struct stream_writer *writer)
{
	struct line *line = &columns->line;

	if (!writer || !writer->path)
		return;
	line_text(line, "  file            ");
	line_safe(line, writer->path, PATH_MAX);
	line_text(line, " (");
	line_bytes(line, writer->bytes);
	line_text(line, ")");
	columns_end_row(columns);
}

static void put_since(struct columns *columns, const struct ledger_stream *stream)
{
	if (!stream->begun_nano)
		return;
	line_text(&columns->line, "  since           ");
	put_date(&columns->line, stream->begun_nano);
	columns_end_row(columns);
}

/* So that nobody takes what is not watched for what does not happen. */
static void put_brake(struct columns *columns, const struct ledger_stream *stream)
{
	struct line *line = &columns->line;

	if (!stream->failed_starts)
		return;
	line_text(line, "  brake           ");
	line_counted(line, stream->failed_starts, "start");
	line_text(line, " in a row failed: only OOM kills are watched (--brake)");
	columns_end_row(columns);
}

static void put_ages(struct columns *columns, const struct health *health)
{
	struct line *line = &columns->line;

	line_text(line, "  heartbeat       ");
	if (health->stream->counters_nano) {
		put_seconds(line, health->counters_age_nano);
		line_text(line, " ago, every ");
		put_seconds(line, health->stream->interval_nano);
	} else {
		line_text(line, "none so far");
	}
	columns_end_row(columns);
}

static void put_upkeep(struct columns *columns, const struct own_usage *usage)
{
	if (own_usage_is_known(usage)) {
		line_text(&columns->line, "  streamer        ");
		own_usage_text(&columns->line, usage);
		columns_end_row(columns);
	}
	if (usage->refusals) {
		line_text(&columns->line, "  refused to it   ");
		own_usage_refused_text(&columns->line, usage);
		columns_end_row(columns);
	}
}

static void put_sums(struct line *line, const struct ledger *ledger, const struct health *health,
		     unsigned k)
{
	const struct ledger_kind *kind = &ledger->kinds[k];
	const struct lost_count lost = health_lost(health, ledger, k);

	line_text(line, "; ");
	line_count(line, health_sum(health, ledger, k, LEDGER_SEEN));
	line_text(line, " seen, ");
	line_count(line, health_sum(health, ledger, k, LEDGER_LIMITED));
	line_text(line, " limited, ");
	if (lost.unknown)
		line_text(line, lost.count ? "at least " : "an unknown number");
	if (lost.count || !lost.unknown)
		line_count(line, lost.count);
	line_text(line, " lost");
	if (kind->missed_known && kind->sums[LEDGER_MISSED_RUNS]) {
		line_text(line, ", up to ");
		line_count(line, kind->sums[LEDGER_MISSED_RUNS]);
		line_text(line, " more never seen");
	}
}

static void put_probe(struct columns *columns, const struct ledger *ledger,
		      const struct health *health, unsigned kind)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct kind *known = kind_find(of->name);
	struct line *line = &columns->line;
	size_t size = strlen(of->name);

	line_text(line, "  ");
	line_text(line, of->name);
	line_pad(line, size < 15 ? 16 - size : 1);
	line_text(line, *of->tier ? "attached (" : "not attached");
	line_text(line, of->tier);
	line_text(line, *of->tier ? ")" : "");
	if (known && known->state)
		known->state(line, ledger, clock_nano(CLOCK_REALTIME));
	else if (of->has_sums)
		put_sums(line, ledger, health, kind);
	columns_end_row(columns);
}

static void put_probes(struct columns *columns, const struct ledger *ledger,
		       const struct health *health)
{
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		if (strcmp(ledger->kinds[k].name, "any") != 0)
			put_probe(columns, ledger, health, k);
}

void status_text(struct writer *writer, const struct ledger *ledger, const struct health *health)
{
	const char *hosts[HEALTH_HOSTS];
	const unsigned n_hosts = health_hosts(health, ledger, hosts);
	struct columns columns;

	columns_init(&columns, writer, false);
	if (n_hosts > 1)
		put_hosts(&columns, hosts, n_hosts);
	else
		put_verdict(&columns, health);
	put_file(&columns, health->writer);
	if (!health->stream)
		return;
	if (n_hosts < 2) { /* when one of several began says nothing of the others */
		put_since(&columns, health->stream);
		put_brake(&columns, health->stream);
		put_ages(&columns, health);
	}
	if (health_is_alive(health->status))
		put_upkeep(&columns, &health->stream->usage);
	put_probes(&columns, ledger, health);
}

static void put_forward(struct columns *columns, const struct forward_status *forward, uint64_t now)
{
	struct line *line = &columns->line;
	char trouble[FORWARD_TEXT];

	line_text(line, "  forwarded       ");
	line_safe(line, forward->to, TEXT_MAX);
	line_text(line, ": ");
	line_count(line, forward->acknowledged);
	line_text(line, " acknowledged, ");
	line_count(line, forward->refused);
	line_text(line, " refused");
	if (forward->deleted) {
		line_text(line, ", ");
		line_count(line, forward->deleted);
		line_text(line, " deleted before they could be sent");
	}
	if (forward->lag_records) {
		line_text(line, ", ");
		line_count(line, forward->lag_records);
		line_text(line, " on their way, the oldest for ");
		put_seconds(line, forward->lag_nano);
	}
	if (*forward_status_trouble(forward, now, trouble)) {
		line_text(line, ": ");
		line_safe(line, trouble, TEXT_MAX);
	}
	columns_end_row(columns);
}

void status_forwards_text(struct writer *writer, const struct forward_status *all, size_t n,
			  uint64_t now)
{
	struct columns columns;

	columns_init(&columns, writer, false);
	for (size_t i = 0; i < n; i++)
		put_forward(&columns, &all[i], now);
}
