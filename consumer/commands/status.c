/* SPDX-License-Identifier: Apache-2.0 */
/* ringside status: whether a recording is being made, by which probes, and what it loses. */
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/cli/remote.h"
#include "consumer/commands/latest-lines.h"
#include "consumer/commands/status-internal.h"
#include "consumer/files/folder.h"
#include "consumer/files/inputs.h"
#include "consumer/files/path-problem.h"
#include "consumer/serve/health.h"
#include "consumer/serve/ledger-feed.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define SERIES 1 /* nobody looks at them */
#define LATEST_EVENTS 3
#define LOOK_AGAIN_NANO 200000000L

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json; of a fleet prometheus, too"},
	{'q', "quiet", NULL, "print nothing but errors: the exit status tells"},
	{},
};

struct status {
	struct options options;
	struct ledger_feed feed;
	struct forward_status *forwards; /* what is forwarded from this machine */
	size_t n_forwards;
	uint64_t now;
	bool json, quiet, metrics;
};

static void say_error(const char *text)
{
	(void)command_fail(&command_status, "%s", text);
}

/* 0, or the exit status. */
static int take_option(void *data, int opt, const char *arg)
{
	struct status *status = data;

	if (opt == 'o') {
		status->metrics = !strcmp(arg, "prometheus");
		return status->metrics ? 0 : options_json(&status->options, arg, &status->json);
	}
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
	if (status->metrics && !remote_is(status->feed.path))
		return options_usage_error(&status->options,
					   "-o prometheus is of a fleet: of this machine, "
					   "`ringside serve` has metrics");
	return -1;
}

/* What is in the recording last, as it is printed. */
static void print_latest(struct writer *writer, const struct latest_lines *latest)
{
	if (latest->n)
		writer_string(writer, "  latest:\n");
	for (unsigned i = 0; i < latest->n; i++) {
		writer_string(writer, "    ");
		writer_string(writer, latest->all[i]);
		writer_string(writer, "\n");
	}
}

static void put_forward(struct json_page *page, const struct forward_status *forward, uint64_t now)
{
	char trouble[FORWARD_TEXT];

	json_begin_object(page, NULL);
	json_add_text(page, "to", forward->to);
	json_add_text(page, "path", forward->path);
	json_add_known_text(page, "cursor", forward->cursor);
	json_add_time(page, "since", forward->since_unix_nano);
	json_add_time(page, "time", forward->time_unix_nano);
	json_add_uint(page, "sent", forward->sent);
	json_add_uint(page, "acknowledged", forward->acknowledged);
	json_add_uint(page, "retried", forward->retried);
	json_add_uint(page, "refused", forward->refused);
	json_add_uint(page, "doubled", forward->doubled);
	json_add_uint(page, "deleted", forward->deleted);
	json_add_uint(page, "lag_records", forward->lag_records);
	json_add_double(page, "lag_seconds", 3, (double)forward->lag_nano / 1e9);
	json_add_known_text(page, "problem", forward_status_trouble(forward, now, trouble));
	json_end_object(page);
}

static void put_forwards(struct json_page *page, const struct status *status)
{
	if (!status->n_forwards)
		return;
	json_begin_list(page, "forwards");
	for (size_t i = 0; i < status->n_forwards; i++)
		put_forward(page, &status->forwards[i], status->now);
	json_end_list(page);
}

/* The object of /health, and besides what is for who may read the file. */
static void print_json(struct writer *writer, const struct status *status,
		       const struct health *health, const struct latest_lines *latest)
{
	const struct ledger *ledger = &status->feed.ledger;
	struct json_page page = json_begin_page(writer);
	struct disk_use disk;

	health_put(&page, ledger, health);
	if (health->stream && health->stream->begun_nano)
		json_add_time(&page, "since", health->stream->begun_nano);
	if (health->writer && health->writer->path) {
		json_add_text(&page, "file", health->writer->path);
		json_add_uint(&page, "file_bytes", health->writer->bytes);
	}
	if (disk_use_find(&disk, status->feed.path))
		disk_use_put(&page, &disk);
	put_forwards(&page, status);
	if (latest->n)
		json_begin_list(&page, "latest");
	for (unsigned i = 0; i < latest->n; i++)
		json_add_raw(&page, NULL, latest->all[i]);
	if (latest->n)
		json_end_list(&page);
	json_end_page(&page);
}

static int print_health(const struct status *status, const struct health *health)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	_cleanup_(latest_lines_done) struct latest_lines latest = {0};
	const struct ledger *ledger = &status->feed.ledger;
	struct disk_use disk;
	int r = writer_new(&writer, STDOUT_FILENO);

	if (!r && health->stream)
		r = latest_lines_read(&latest, &command_status, status->feed.path, LATEST_EVENTS,
				      status->json);
	if (r)
		return r;
	if (status->json) {
		print_json(writer, status, health, &latest);
	} else {
		status_text(writer, ledger, health);
		if (disk_use_find(&disk, status->feed.path))
			disk_use_text(writer, &disk);
		status_forwards_text(writer, status->forwards, status->n_forwards, status->now);
		print_latest(writer, &latest);
	}
	return writer_flush(writer);
}

/* As far as anything is. */
static bool is_forwarded(const struct status *status)
{
	char trouble[FORWARD_TEXT];

	for (size_t i = 0; i < status->n_forwards; i++)
		if (*forward_status_trouble(&status->forwards[i], status->now, trouble))
			return false;
	return true;
}

static int judge_health(const struct status *status, const struct health *health)
{
	if (!health_is_alive(health->status) || !health->attached)
		return EXIT_FAILED;
	if (status->feed.damaged)
		return STATUS_DAMAGED;
	if (health->status == HEALTH_LOSSES)
		return STATUS_LOSSES;
	return is_forwarded(status) ? EXIT_SUCCESS : STATUS_FORWARD;
}

static int read_feed(struct status *status, struct health *health)
{
	const char *path = status->feed.path;
	int r;

	ledger_feed_done(&status->feed);
	ledger_feed_init(&status->feed, SERIES);
	status->feed.path = path;
	status->feed.say = say_error;
	status->feed.only_open = true;
	r = ledger_feed_run(&status->feed);
	*health = health_of(&status->feed, clock_nano(CLOCK_REALTIME), 0);
	return r;
}

/* Of a folder without recordings that is told already. */
static void tell_inner(const struct status *status)
{
	char text[PATH_PROBLEM];

	if (!status->quiet && !status->feed.failed && inputs_is_folder(status->feed.path) &&
	    path_inner(status->feed.path, "looked at", text))
		(void)command_fail_on(&command_status, status->feed.path, text);
}

/* Where nobody writes, somebody may have ended one file and begun the next meanwhile. */
static int look_once(struct status *status)
{
	const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NANO};
	struct health health;
	int r = read_feed(status, &health);

	status->now = clock_nano(CLOCK_REALTIME);
	(void)forward_status_list(&status->forwards, &status->n_forwards);
	if (!r && health.status == HEALTH_GONE) {
		(void)nanosleep(&pause, NULL);
		r = read_feed(status, &health);
	}
	tell_inner(status);
	if (!r && !status->quiet)
		r = print_health(status, &health);
	if (r && r != -EPIPE)
		return command_fail(&command_status, "%s", strerror(-r));
	return judge_health(status, &health);
}

static int look_at_fleet(const struct status *status)
{
	return status_fleet(&command_status, status->feed.path,
			    status->quiet     ? FLEET_QUIET
			    : status->json    ? FLEET_JSON
			    : status->metrics ? FLEET_METRICS
					      : FLEET_TEXT);
}

static int run(int argc, char **argv)
{
	struct status status = {.options = {.command = &command_status, .own = rows}};
	int r;

	ledger_feed_init(&status.feed, SERIES);
	r = parse_options(&status, argc, argv);
	if (r < 0)
		r = remote_is(status.feed.path) ? look_at_fleet(&status) : look_once(&status);
	ledger_feed_done(&status.feed);
	free(status.forwards);
	return r;
}

const struct command command_status = {
	.name = "status",
	.usage = "[-o FORMAT] [-q] [FILE|DIR|nats://...]",
	.help = "is it recording, attached, losing? the exit status is for probes\n\n"
		"Looks at the recording that is being written. Without FILE or DIR: the folder\n"
		"/var/log/ringside. Of a fleet, nats://HOST[:PORT][,HOST...][/STREAM], a row for "
		"each host,\n"
		"the worst first.\n"
		"  ringside status nats://nats-1,nats-2/RINGSIDE | head\n"
		"Exit status: 0 recording and nothing lost so far, 4 recording, with losses, 3 "
		"recording,\n"
		"but what was written is damaged, 1 not recording (nobody writes it, or its disk "
		"is\n"
		"full), or no probe attached, or it cannot be read (and says so), 5 recording and "
		"nothing\n"
		"lost, but not forwarded (`ringside forward` is gone, or its target does not "
		"answer), "
		"2 usage.\n"
		"Of a fleet: 0 no host is worse than old, starting or stopped in order, 1 some are "
		"silent,\n"
		"unknown or without a probe, 4 with losses, 5 lagging.",
	.run = run,
};
