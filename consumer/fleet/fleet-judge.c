/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/base/duration.h"
#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/fleet/fleet.h"
#include "proto/recording/recording.h"

#define SILENT_INTERVALS 3

const char *const fleet_words[FLEET_STATES] = {
	[FLEET_SILENT] = "silent",     [FLEET_UNKNOWN] = "unknown", [FLEET_BLIND] = "blind",
	[FLEET_LOSING] = "losing",     [FLEET_LAGGING] = "lagging", [FLEET_OLD] = "old",
	[FLEET_STARTING] = "starting", [FLEET_STOPPED] = "stopped", [FLEET_WELL] = "well",
};

/* It is of the stream that wrote last: of one before it, it says nothing of now. */
static bool is_current(const struct fleet_host *host, const struct fleet_record *record)
{
	return record->seq && !memcmp(record->stream, host->newest.stream, FLEET_ID);
}

bool fleet_has_ended(const struct fleet_host *host)
{
	return is_current(host, &host->footer) && host->footer.seq >= host->newest.seq &&
	       strcmp(host->footer_reason, RECORDING_ROTATED) != 0;
}

bool fleet_knows_header(const struct fleet_host *host)
{
	return is_current(host, &host->header);
}

bool fleet_knows_sums(const struct fleet_host *host)
{
	return is_current(host, &host->sums);
}

uint64_t fleet_silence(const struct fleet *fleet, const struct fleet_host *host)
{
	return fleet->now > host->newest.stored ? fleet->now - host->newest.stored : 0;
}

int64_t fleet_lag(const struct fleet_host *host)
{
	return host->newest.recorded ? (int64_t)(host->newest.stored - host->newest.recorded) : 0;
}

uint64_t fleet_lost(const struct fleet_host *host)
{
	return (fleet_knows_sums(host) ? host->dropped : 0) +
	       (is_current(host, &host->loss) ? host->loss_count : 0);
}

bool fleet_has_lost(const struct fleet_host *host)
{
	return fleet_lost(host) || is_current(host, &host->loss);
}

static uint64_t patience(const struct fleet_host *host)
{
	return SILENT_INTERVALS * host->interval_nano;
}

static bool is_old(const struct fleet *fleet, const struct fleet_host *host)
{
	return fleet_knows_header(host) && strverscmp(host->version, fleet->newest_version) < 0;
}

static enum fleet_state judge(const struct fleet *fleet, const struct fleet_host *host)
{
	if (fleet_has_ended(host))
		return FLEET_STOPPED;
	if (fleet_silence(fleet, host) > patience(host))
		return FLEET_SILENT;
	if (!fleet_knows_header(host) ||
	    (is_current(host, &host->counters) && !fleet_knows_sums(host)))
		return FLEET_UNKNOWN;
	if (*host->detached || (fleet_knows_sums(host) && host->missed_runs))
		return FLEET_BLIND;
	if (fleet_has_lost(host))
		return FLEET_LOSING;
	if (fleet_lag(host) > (int64_t)patience(host))
		return FLEET_LAGGING;
	if (is_old(fleet, host))
		return FLEET_OLD;
	return fleet_knows_sums(host) ? FLEET_WELL : FLEET_STARTING;
}

static int by_state(const void *a, const void *b)
{
	const struct fleet_host *x = *(struct fleet_host *const *)a,
				*y = *(struct fleet_host *const *)b;
	int r = (int)x->state - (int)y->state;

	if (!r)
		r = strverscmp(x->name, y->name);
	return r ? r : strcmp(x->token, y->token);
}

void fleet_judge(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		if (strverscmp(fleet->hosts[i]->version, fleet->newest_version) > 0)
			(void)strcpy(fleet->newest_version, fleet->hosts[i]->version);
	for (size_t i = 0; i < fleet->n; i++) {
		fleet->hosts[i]->state = judge(fleet, fleet->hosts[i]);
		fleet->count[fleet->hosts[i]->state]++;
	}
	if (fleet->n)
		qsort(fleet->hosts, fleet->n, sizeof(struct fleet_host *), by_state);
}

/* ---- what there is to say ---- */

struct why {
	struct line line;
	bool more;
};

static struct line *begin_reason(struct why *why)
{
	if (why->more)
		line_text(&why->line, "; ");
	why->more = true;
	return &why->line;
}

static void put_date(struct line *line, uint64_t nano)
{
	struct time_stamp stamp;

	time_stamp_init(&stamp, TIME_SHORT, false, 0);
	time_stamp_put(&stamp, line, &nano, NULL);
}

static void put_duration(struct line *line, uint64_t nano)
{
	char text[DURATION_SIZE];

	line_text(line, duration_text(nano, text));
}

static void say_silence(struct why *why, const struct fleet *fleet, const struct fleet_host *host)
{
	struct line *line = begin_reason(why);

	line_text(line, "nothing came for ");
	put_duration(line, fleet_silence(fleet, host));
	line_text(line, " (interval ");
	put_duration(line, host->interval_nano);
	line_text(line, ")");
}

static void say_unknown(struct why *why, const struct fleet_host *host)
{
	struct line *line = begin_reason(why);

	if (!fleet_knows_header(host))
		line_text(line, "the Header of what it writes is not there (any more)");
	else
		line_text(line, "its latest Counters are not whole");
}

static void say_stop(struct why *why, const struct fleet_host *host)
{
	struct line *line = begin_reason(why);

	line_text(line, "since ");
	put_date(line, host->footer.recorded ?: host->footer.stored);
	line_text(line, " (");
	line_safe(line, host->footer_reason, FLEET_WORD);
	line_text(line, ")");
}

static void say_blindness(struct why *why, const struct fleet_host *host)
{
	if (fleet_knows_header(host) && *host->detached) {
		struct line *line = begin_reason(why);

		line_text(line, "not attached: ");
		line_text(line, host->detached);
	}
	if (fleet_knows_sums(host) && host->missed_runs) {
		struct line *line = begin_reason(why);

		line_text(line, "up to ");
		line_counted(line, host->missed_runs, "event");
		line_text(line, " never seen");
	}
}

static void say_losses(struct why *why, const struct fleet *fleet, const struct fleet_host *host)
{
	struct line *line;

	if (!fleet_has_lost(host))
		return;
	line = begin_reason(why);
	if (fleet_lost(host))
		line_count(line, fleet_lost(host));
	if (is_current(host, &host->loss) && host->loss_uncounted)
		line_text(line, fleet_lost(host) ? " or more" : "an unknown number");
	else if (!fleet_lost(host))
		line_text(line, "some");
	line_text(line, " lost");
	if (!is_current(host, &host->loss))
		return;
	line_text(line, ", the latest ");
	put_duration(line, fleet->now > host->loss.stored ? fleet->now - host->loss.stored : 0);
	line_text(line, " ago");
}

static void say_lag(struct why *why, const struct fleet_host *host)
{
	int64_t lag = fleet_lag(host);
	struct line *line;

	if (host->state == FLEET_SILENT || host->state == FLEET_STOPPED ||
	    (uint64_t)(lag < 0 ? -lag : lag) <= patience(host))
		return;
	line = begin_reason(why);
	line_text(line, lag < 0 ? "its clock is ahead by " : "came ");
	put_duration(line, (uint64_t)(lag < 0 ? -lag : lag));
	line_text(line, lag < 0 ? "" : " after it was recorded");
}

const char *fleet_why(const struct fleet *fleet, const struct fleet_host *host, char buf[FLEET_WHY])
{
	struct why why = {.line = line_make(buf, FLEET_WHY)};

	if (host->state == FLEET_SILENT)
		say_silence(&why, fleet, host);
	if (host->state == FLEET_UNKNOWN)
		say_unknown(&why, host);
	if (host->state == FLEET_STOPPED)
		say_stop(&why, host);
	if (host->state == FLEET_STARTING)
		line_text(begin_reason(&why), "no Counters yet");
	say_blindness(&why, host);
	say_losses(&why, fleet, host);
	say_lag(&why, host);
	if (is_old(fleet, host)) {
		struct line *line = begin_reason(&why);

		line_text(line, "version ");
		line_safe(line, host->version, FLEET_WORD);
		line_text(line, ", others ");
		line_safe(line, fleet->newest_version, FLEET_WORD);
	}
	(void)line_end(&why.line);
	return buf;
}
