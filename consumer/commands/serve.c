/* SPDX-License-Identifier: Apache-2.0 */
/* ringside serve: a recording's sums, for who asks. One thread reads records, one for each socket
 * answers, and this one waits for signals and keeps time. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "consumer/base/memory-file.h"
#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/files/inputs.h"
#include "consumer/serve/http.h"
#include "consumer/serve/listen.h"
#include "consumer/serve/microhttpd.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define SERIES_DEFAULT 2000
#define SERIES_MAX 50000
#define TEXTFILE_SECONDS 15
#define ALIVE_SECONDS 10

enum {
	OPTION_LISTEN = OPTIONS_LONG,
	OPTION_TEXTFILE,
	OPTION_TOKEN,
	OPTION_PER_CONTAINER,
	OPTION_SERIES
};

static const struct option_row rows[] = {
	{'l', "listen", "ADDR", "[HOST:]PORT or unix:/path; up to 4 times"},
	{OPTION_TEXTFILE, "textfile", "FILE", "write /metrics to FILE.prom for node_exporter"},
	{OPTION_TOKEN, "token-file", "FILE",
	 "/check and /events on TCP for who has the token in it"},
	{OPTION_PER_CONTAINER, "per-container", NULL,
	 "/metrics: a row for each container, call and BPF object,\nnot 200 series at most, by "
	 "namespace or unit"},
	{OPTION_SERIES, "series", "COUNT",
	 "of these rows so many of a kind by name, the rest in one;\ndefault 2000"},
	{},
};

struct serve {
	struct options options;
	const char *listen[HTTP_LISTENERS];
	const char *sockets[HTTP_LISTENERS]; /* paths to remove at the end */
	unsigned n_listen, n_sockets;
	int given[LISTEN_GIVEN_MAX]; /* sockets that a service manager opened */
	char given_paths[LISTEN_GIVEN_MAX][LISTEN_PATH];
	unsigned n_given;
	const char *textfile;
	uint64_t series;
	const char *token_file;
	struct access_token token;
	struct ledger_feed feed;
	struct events events;
	struct http *http;
	pthread_t main;
	atomic_bool ended; /* the input */
	int error;         /* -errno it ended with */
	uint64_t textfile_generation, textfile_second;
	bool textfile_failed;
};

/* Where to ask, and for what: not all is for everybody who reaches a port. */
static void say_address(const struct serve *serve, const struct listen_socket *socket)
{
	char url[LISTEN_URL], safe[LINE_FILE];

	(void)command_fail(&command_serve, "answers on %s (/metrics, /health%s)",
			   line_file(listen_url(socket, url), safe),
			   socket->path || serve->token_file ? ", /check, /events" : "");
}

static void say_error(const char *text)
{
	(void)command_fail(&command_serve, "%s", text);
}

/* Where to listen instead. */
static int say_no_socket(const char *address, int error)
{
	char safe[LINE_FILE];
	const char *advice = error == -EADDRINUSE ? "; somebody listens there: choose another port"
			     : error == -EACCES && strncmp(address, "unix:", 5) != 0
				     ? "; ports below 1024 are root's: choose a higher one"
				     : "";

	return command_fail(&command_serve, "cannot listen on %s: %s%s", line_file(address, safe),
			    strerror(-error), advice);
}

static int say_failed(const char *what, int error)
{
	return command_fail_on(&command_serve, what, strerror(-error));
}

/* 0, or the exit status. */
static int take_option(void *data, int opt, const char *arg)
{
	struct serve *serve = data;

	switch (opt) {
	case 'l':
		if (serve->n_listen == HTTP_LISTENERS)
			return options_usage_error(&serve->options, "four addresses at most");
		serve->listen[serve->n_listen++] = arg;
		return 0;
	case OPTION_TEXTFILE:
		serve->textfile = arg;
		return 0;
	case OPTION_TOKEN:
		serve->token_file = arg;
		return 0;
	case OPTION_PER_CONTAINER:
		serve->feed.per_container = true;
		return 0;
	default:
		if (options_number(arg, &serve->series) || !serve->series ||
		    serve->series > SERIES_MAX)
			return options_usage_error(&serve->options,
						   "--series takes a number from 1 to 50000");
		return 0;
	}
}

/* -1: go on; else the exit status. */
static int parse_options(struct serve *serve, int argc, char **argv)
{
	int r = options_parse(&serve->options, argc, argv, take_option, serve);

	if (r >= 0)
		return r;
	if (argc - optind > 1)
		return options_usage_error(&serve->options, "one file or folder at a time");
	if (serve->n_given + serve->n_listen > HTTP_LISTENERS)
		return options_usage_error(&serve->options, "four addresses at most, with those of "
							    "the service manager ($LISTEN_FDS)");
	if (!serve->n_listen && !serve->n_given && !serve->textfile)
		return options_usage_error(&serve->options,
					   "say where: --listen ADDR, --textfile FILE, or both");
	if (optind == argc && inputs_none())
		return options_usage_error(&serve->options,
					   "name a recording or a folder of recordings");
	serve->feed.path = optind < argc ? argv[optind] : inputs_default();
	return -1;
}

static void publish_record(void *data, struct reader *reader, struct reader_record *item)
{
	events_publish(data, reader, item);
}

static void *read_records(void *data)
{
	struct serve *serve = data;

	serve->error = ledger_feed_run(&serve->feed);
	atomic_store(&serve->ended, true);
	(void)pthread_kill(serve->main, SIGUSR2);
	return NULL;
}

/* 0 or the exit status. */
static int read_token(struct serve *serve)
{
	char safe[LINE_FILE];
	const char *why;
	const int r =
		serve->token_file ? access_token_read(&serve->token, serve->token_file, &why) : 0;

	return r ? command_fail(&command_serve, "--token-file %s: %s",
				line_file(serve->token_file, safe), why ? why : strerror(-r))
		 : 0;
}

/* What a service manager listens on already. 0 or the exit status. */
static int take_given(struct serve *serve)
{
	for (unsigned i = 0; i < serve->n_given; i++) {
		struct listen_socket socket;
		int r = listen_take(serve->given[i], serve->given_paths[i], &socket);

		if (r)
			return command_fail(&command_serve,
					    "descriptor %d, which $LISTEN_FDS tells of, is no "
					    "socket that listens: ListenStream= of a socket unit "
					    "gives one",
					    serve->given[i]);
		r = http_listen(serve->http, &socket, serve->token_file ? &serve->token : NULL);
		if (r)
			return say_failed("cannot start", r);
		say_address(serve, &socket);
	}
	return 0;
}

/* 0 or the exit status. */
static int listen_all(struct serve *serve)
{
	const unsigned n = serve->n_given + serve->n_listen;
	int r = n ? http_new(&serve->http, &serve->feed, &serve->events, n) : 0;

	if (r == -ENOPKG)
		return command_fail(&command_serve, MHD_LIBRARY
				    " is missing, which --listen needs (Debian: libmicrohttpd12); "
				    "--textfile does not");
	if (r)
		return say_failed("cannot start", r);
	r = take_given(serve);
	if (r)
		return r;
	for (unsigned i = 0; i < serve->n_listen; i++) {
		struct listen_socket socket;
		char safe[LINE_FILE];

		r = listen_on(serve->listen[i], &socket);
		if (r == -EINVAL) {
			(void)command_fail(
				&command_serve,
				"cannot listen on %s: say PORT (of the loopback), HOST:PORT "
				"or unix:/path; PORT is 1 to 65535",
				line_file(serve->listen[i], safe));
			return EXIT_USAGE;
		}
		if (!r && socket.path)
			serve->sockets[serve->n_sockets++] = socket.path;
		if (!r)
			r = http_listen(serve->http, &socket,
					serve->token_file ? &serve->token : NULL);
		if (r)
			return say_no_socket(serve->listen[i], r);
		say_address(serve, &socket);
	}
	return 0;
}

static void write_metrics(struct writer *writer, void *data)
{
	struct serve *serve = data;

	http_metrics(writer, &serve->feed, &serve->events, serve->http, false);
}

/* When something changed; and now and then all the same, so that its age tells. */
static void write_textfile(struct serve *serve, bool now)
{
	uint64_t generation, second = clock_nano(CLOCK_REALTIME) / 1000000000;
	int r;

	if (!serve->textfile)
		return;
	(void)pthread_mutex_lock(&serve->feed.lock);
	generation = serve->feed.ledger.generation;
	(void)pthread_mutex_unlock(&serve->feed.lock);
	if (!now && generation == serve->textfile_generation &&
	    second - serve->textfile_second < TEXTFILE_SECONDS)
		return;
	serve->textfile_generation = generation;
	serve->textfile_second = second;
	r = memory_file_replace(serve->textfile, write_metrics, serve);
	if (r && !serve->textfile_failed)
		(void)say_failed(serve->textfile, r); /* once; it may be possible again */
	serve->textfile_failed = r;
}

static void tick_clock(struct serve *serve, unsigned seconds)
{
	if (serve->http)
		http_review(serve->http);
	(void)pthread_mutex_lock(&serve->feed.lock);
	ledger_feed_look(&serve->feed, clock_nano(CLOCK_REALTIME), LEDGER_FEED_PATIENCE);
	ledger_review(&serve->feed.ledger, clock_nano(CLOCK_REALTIME));
	(void)pthread_mutex_unlock(&serve->feed.lock);
	write_textfile(serve, false);
	if (seconds % ALIVE_SECONDS == 0)
		events_keep_alive(&serve->events);
}

/* Until a signal ends it, or the end of a pipe. A recording that is closed goes on being served. */
static void wait_for_end(struct serve *serve, const sigset_t *signals)
{
	const struct timespec second = {.tv_sec = 1};
	bool is_pipe = !strcmp(serve->feed.path, "-");

	for (unsigned seconds = 1;; seconds++) {
		int sig = sigtimedwait(signals, NULL, &second);

		if (sig == SIGTERM || sig == SIGINT)
			return;
		if (atomic_load(&serve->ended) && (is_pipe || serve->error || serve->feed.failed))
			return;
		tick_clock(serve, seconds);
	}
}

/* 0 or the exit status. */
static int serve_on(struct serve *serve)
{
	sigset_t signals;
	pthread_t reader;
	int r;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGUSR2);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	serve->main = pthread_self();
	r = read_token(serve);
	if (!r)
		r = listen_all(serve);
	if (r)
		return r;
	r = -pthread_create(&reader, NULL, read_records, serve);
	if (r)
		return say_failed("cannot start", r);
	wait_for_end(serve, &signals);
	write_textfile(serve, true);
	serve->http = http_free(serve->http);
	if (atomic_load(&serve->ended) && serve->error)
		return say_failed("cannot go on", serve->error);
	return atomic_load(&serve->ended) && serve->feed.failed ? EXIT_FAILED : 0;
}

static int run(int argc, char **argv)
{
	/* The reader may be in the middle of a read(2) when this ends. */
	static struct serve serve = {.options = {.command = &command_serve, .own = rows}};
	int r;

	serve.series = SERIES_DEFAULT;
	ledger_feed_init(&serve.feed, 0);
	r = events_init(&serve.events);
	if (r)
		return say_failed("cannot start", r);
	serve.n_given = listen_given(serve.given);
	r = parse_options(&serve, argc, argv);
	if (r >= 0)
		return r;
	serve.feed.ledger.series.limit = serve.series;
	serve.feed.following = true;
	serve.feed.say = say_error;
	serve.feed.pass = publish_record;
	serve.feed.data = &serve.events;
	r = serve_on(&serve);
	for (unsigned i = 0; i < serve.n_sockets; i++)
		(void)unlink(serve.sockets[i]);
	return r;
}

const struct command command_serve = {
	.name = "serve",
	.usage = "[--listen ADDR]... [--textfile FILE] [--token-file FILE] [--per-container] "
		 "[FILE|DIR|-]",
	.help = "metrics, checks and live events of a recording, over HTTP\n\n"
		"Follows a recording while it is written, or reads a pipe, and answers\n"
		"  /metrics  for Prometheus, also as OpenMetrics: sums by namespace or unit\n"
		"  /health   200, or 503 when nothing is being recorded\n"
		"and on a unix socket, or with the token of --token-file:\n"
		"  /check    the sums as JSON, by container; ?since=CURSOR: what changed\n"
		"  /events   server-sent events; filters as parameters: ?kind=oom&pod=web*\n"
		"Without FILE: the stream on standard input, or the folder /var/log/ringside.\n"
		"  ringside serve --listen 9464 /var/log/ringside\n"
		"  ringside serve --listen unix:/run/ringside.sock\n"
		"Sockets of a service manager ($LISTEN_FDS) are answered, too.\n"
		"Exit status: 0, 1 when it cannot listen or read, 2 usage.",
	.run = run,
};
