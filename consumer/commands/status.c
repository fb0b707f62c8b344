/* SPDX-License-Identifier: Apache-2.0 */
/* ringside status: whether a recording is being made, by which probes, and what it loses. */
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/files/folder.h"
#include "consumer/kinds/kind.h"
#include "consumer/layout/columns.h"
#include "consumer/serve/health.h"
#include "consumer/serve/ledger-feed.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define EXIT_DAMAGED 3
#define EXIT_LOSSES 4
#define SERIES 1 /* nobody looks at them */
#define TEXT_MAX LEDGER_TEXT

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{'q', "quiet", NULL, "print nothing: the exit status tells"},
	{},
};

struct status {
	struct options options;
	struct ledger_feed feed;
	bool json, quiet;
};

static void say_error(const char *text)
{
	(void)command_fail(&command_status, "%s", text);
}

/* 0, or the exit status. */
static int take_option(void *data, int opt, const char *arg)
{
	struct status *status = data;

	if (opt == 'o')
		return options_json(&status->options, arg, &status->json);
	status->quiet = true;
	return 0;
}

/* -1: go on; else the exit status. */
static int parse_options(struct status *status, int argc, char **argv)
{
	int r = options_parse(&status->options, argc, argv, take_option, status);

	if (r >= 0)
		return r;
	if (argc - optind > 1)
		return options_usage_error(&status->options, "one file or folder at a time");
	status->feed.path = optind < argc ? argv[optind] : folder_folder();
	if (!strcmp(status->feed.path, "-"))
		return options_usage_error(&status->options, "name a file or a folder");
	return -1;
}

static void put_seconds(struct line *line, uint64_t nano)
{
	line_count(line, nano / 1000000000);
	line_text(line, ".");
	line_digits(line, nano / 100000000 % 10, 1);
	line_text(line, " s");
}

static void put_verdict(struct columns *columns, const struct health *health)
{
	static const char *const words[] = {
		[HEALTH_WHOLE] = "recording, nothing lost",
		[HEALTH_LOSSES] = "recording, with losses",
		[HEALTH_STALE] = "not recording: nothing was written lately",
		[HEALTH_ENDED] = "not recording: the latest stream was closed",
		[HEALTH_NONE] = "not recording: no stream was found",
		[HEALTH_UNREAD] = "not known whether it is recording: ",
	};
	struct line *line = &columns->line;
	char why[HEALTH_WHY];

	line_text(line, words[health->status]);
	if (health->status == HEALTH_UNREAD)
		line_text(line, health_why(health, why));
	else if (health->status != HEALTH_NONE && *health->stream->host) {
		line_text(line, " (");
		line_safe(line, health->stream->host, TEXT_MAX);
		line_text(line, ", ringside-streamer ");
		line_safe(line, health->stream->version, TEXT_MAX);
		line_text(line, ")");
	}
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

static void put_sums(struct line *line, const struct ledger_kind *kind)
{
	line_text(line, "; ");
	line_count(line, kind->sums[LEDGER_SEEN]);
	line_text(line, " seen, ");
	line_count(line, kind->sums[LEDGER_LIMITED]);
	line_text(line, " limited, ");
	line_count(line, kind->sums[LEDGER_DROPPED] + kind->sums[LEDGER_LOST_IN_SINK]);
	line_text(line, " lost");
	if (kind->missed_known && kind->sums[LEDGER_MISSED_RUNS]) {
		line_text(line, ", up to ");
		line_count(line, kind->sums[LEDGER_MISSED_RUNS]);
		line_text(line, " more never seen");
	}
}

static void put_probe(struct columns *columns, const struct ledger *ledger, unsigned kind)
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
		put_sums(line, of);
	columns_end_row(columns);
}

static void put_probes(struct columns *columns, const struct ledger *ledger)
{
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		if (strcmp(ledger->kinds[k].name, "any") != 0)
			put_probe(columns, ledger, k);
}

static void print_text(struct writer *writer, const struct ledger *ledger,
		       const struct health *health)
{
	struct columns columns;

	columns_init(&columns, writer, false);
	put_verdict(&columns, health);
	if (health->status < HEALTH_NONE)
		put_ages(&columns, health);
	if (health_is_alive(health->status))
		put_upkeep(&columns, &health->stream->usage);
	if (health->status < HEALTH_NONE)
		put_probes(&columns, ledger);
}

static int print_health(const struct status *status, const struct health *health)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	const struct ledger *ledger = &status->feed.ledger;
	int r = writer_new(&writer, STDOUT_FILENO);

	if (r)
		return r;
	if (status->json)
		health_write(writer, ledger, health);
	else
		print_text(writer, ledger, health);
	return writer_flush(writer);
}

static int judge_health(const struct status *status, const struct health *health)
{
	if (!health_is_alive(health->status) || !health->attached)
		return EXIT_FAILED;
	if (status->feed.damaged)
		return EXIT_DAMAGED;
	return health->status == HEALTH_LOSSES ? EXIT_LOSSES : EXIT_SUCCESS;
}

static int look_once(struct status *status)
{
	struct health health;
	int r;

	status->feed.say = say_error;
	status->feed.only_open = true;
	r = ledger_feed_run(&status->feed);
	health = health_of(&status->feed.ledger, clock_nano(CLOCK_REALTIME), status->feed.error);
	if (!r && !status->quiet)
		r = print_health(status, &health);
	if (r && r != -EPIPE)
		return command_fail(&command_status, "%s", strerror(-r));
	return judge_health(status, &health);
}

static int run(int argc, char **argv)
{
	struct status status = {.options = {.command = &command_status, .own = rows}};
	int r;

	ledger_feed_init(&status.feed, SERIES);
	r = parse_options(&status, argc, argv);
	if (r < 0)
		r = look_once(&status);
	ledger_feed_done(&status.feed);
	return r;
}

const struct command command_status = {
	.name = "status",
	.usage = "[-o FORMAT] [-q] [FILE|DIR]",
	.help = "is it recording, attached, losing? the exit status is for probes\n\n"
		"Looks at the recording that is being written. Without FILE or DIR: the folder\n"
		"/var/log/ringside.\n"
		"Exit status: 0 recording and nothing lost so far, 4 recording, with losses, 3 "
		"recording,\n"
		"but what was written is damaged, 1 not recording, or no probe attached, or it\n"
		"cannot be read (and says so), 2 usage.",
	.run = run,
};
