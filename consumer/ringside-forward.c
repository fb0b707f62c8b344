/* SPDX-License-Identifier: Apache-2.0 */
/* ringside forward: a program of its own, for what the targets' libraries bring. A thread for each
 * target; this one waits for a signal, or until all are done. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/excerpt/choices.h"
#include "consumer/files/folder.h"
#include "consumer/forward/forward.h"
#include "consumer/forwarding/forward-status.h"
#include "consumer/targets/targets.h"
#include "proto/base/secret-forms.h"
#include "proto/base/stdout-end.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define TARGETS_MAX 8u
#define SET_MAX 32u
#define MEMORY_DEFAULT ((uint64_t)4 << 20)
#define MEMORY_MIN ((uint64_t)1 << 20)
#define MEMORY_MAX ((uint64_t)1 << 30)
#define NAME_SIZE 160
#define HASH_SIZE 10

enum {
	OPTION_TO = OPTIONS_LONG,
	OPTION_CURSOR,
	OPTION_SET,
	OPTION_MEMORY,
	OPTION_REDACT,
	OPTION_REFUSED,
	OPTION_STATUS,
};

static const struct option_row rows[] = {
	{OPTION_TO, "to", "URL", "where to; up to 8 times, each with its own cursor"},
	{'f', "follow", NULL, "go on with what is being written"},
	{OPTION_CURSOR, "cursor", "FILE",
	 "how far the target has it all; default: named after URL, in\n" FORWARD_FOLDER},
	{OPTION_SET, "set", "NAME=VALUE",
	 "a setting of the --to before it; see TARGETS in the man page"},
	{OPTION_MEMORY, "memory", "SIZE", "for what is on its way, of each target; default 4M"},
	{OPTION_REDACT, "redact", "LIST",
	 "take out what shall not leave the machine: " REDACT_WORDS},
	{OPTION_REFUSED, "refused", "FILE", "keeps what a target refuses; default CURSOR.refused"},
	{OPTION_STATUS, "status", "FILE",
	 "how it goes, for `ringside status` and `serve`;\ndefault CURSOR.status"},
	{},
};

struct one_target {
	struct forward_options options;
	struct forward forward;
	pthread_t thread;
	struct program *program;
	int answer;
	const char *set[SET_MAX + 1];
	unsigned n_set;
	char *url;
	char cursor[PATH_MAX], refused[PATH_MAX], status[PATH_MAX];
};

struct program {
	struct options options;
	struct filter *filter;
	struct choices choices; /* of it */
	struct excerpt chosen;  /* by these */
	const char *cursor, *refused, *status, *path, *redact;
	unsigned n;
	uint64_t memory;
	bool following;
	atomic_bool stop;
	atomic_uint running;
	pthread_t main;
	pthread_mutex_t said;
	struct one_target all[TARGETS_MAX];
};

extern const struct command command_forward;

/* ---- options ---- */

/* A name, a password or a token: "scheme://token@host/path"; also a password with a character that
 * ends the host, "scheme://name:a/b@host". A path of HTTP may have an '@' in it. */
static bool has_user(const char *url)
{
	const char *host = strstr(url, "://"), *colon;
	size_t size, port;

	host = host ? host + strlen("://") : url;
	size = strcspn(host, "/?#");
	if (memchr(host, '@', size) || secret_form_find(host, strcspn(host, "?"), &port))
		return true;
	if (!strchr(host + size, '@'))
		return false;
	colon = memrchr(host, ':', size);
	port = colon ? strspn(colon + 1, "0123456789]") + 1 : 0;
	return strncmp(url, "otlp", 4) || (colon && colon + port < host + size);
}

/* Its query may be a key: who lists processes does not see it from here on. */
static char *take_url(const char *url)
{
	char *query = strchr(url, '?'), *copy = strdup(url);

	if (copy && query)
		memset(query + 1, '*', strlen(query + 1));
	return copy;
}

static int take_target(struct program *program, const char *url)
{
	const struct target_ops *ops = target_find(url);
	char shown[TARGET_SHOWN], names[256];
	struct line line = line_make(names, sizeof(names));

	for (size_t i = 0; targets[i]; i++) {
		line_text(&line, i ? ", " : "");
		line_text(&line, targets[i]->usage);
	}
	(void)line_end(&line);
	if (has_user(url))
		return options_usage_error(
			&program->options,
			"a name, a token or a password in a URL is seen by everybody who lists "
			"processes: put it in a file, see --set in ringside-forward(1)");
	if (!ops)
		return options_usage_error(&program->options, "--to %.64s: say one of %s",
					   target_shown(url, shown), names);
	if (program->n == TARGETS_MAX)
		return options_usage_error(&program->options, "%u targets at most", TARGETS_MAX);
	program->all[program->n].options.ops = ops;
	program->all[program->n].options.url = program->all[program->n].url = take_url(url);
	return program->all[program->n++].url
		       ? 0
		       : command_fail(&command_forward, "%s", strerror(ENOMEM));
}

static int take_filter(struct program *program, int opt, const char *arg)
{
	char error[256], exact[FILTER_TIME_TEXT];
	int r = filter_option(program->filter, opt, arg, error, sizeof(error));

	if (r == -ENOMEM)
		return command_fail(&command_forward, "%s", strerror(ENOMEM));
	/* who reads it tomorrow has another "today" */
	if (!r && choices_take(&program->choices, &program->options, opt,
			       arg ? filter_exact_arg(program->filter, opt, arg, exact) : NULL,
			       filter_replaces(opt, arg)))
		return command_fail(&command_forward, "%s", strerror(ENOMEM));
	return r ? options_usage_error(&program->options, "%s", error) : 0;
}

/* Of the target that was named last: each knows its own only. */
static int take_setting(struct program *program, const char *arg)
{
	struct one_target *one = program->n ? &program->all[program->n - 1] : NULL;
	size_t size;

	if (!one)
		return options_usage_error(&program->options,
					   "--set stands behind the --to it is of");
	if (secret_form_find(arg, strlen(arg), &size))
		return options_usage_error(
			&program->options,
			"--set takes the name of the file that a key or a token is in: what stands "
			"in a command line is seen by everybody who lists processes");
	if (!strchr(arg, '=') || one->n_set == SET_MAX)
		return options_usage_error(&program->options,
					   "--set takes NAME=VALUE, %u times at most", SET_MAX);
	one->set[one->n_set++] = arg;
	return 0;
}

/* Looks at it before anything is started. */
static int take_redact(struct program *program, const char *arg)
{
	_cleanup_(redact_freep) struct redact *redact = NULL;
	char problem[TARGET_PROBLEM];
	int r = redact_new(&redact, arg, problem);

	program->redact = arg;
	return r ? options_usage_error(&program->options, "%s",
				       r == -ENOMEM ? strerror(ENOMEM) : problem)
		 : 0;
}

/* 0, or the exit status. */
static int take_option(void *data, int opt, const char *arg)
{
	struct program *program = data;

	switch (opt) {
	case OPTION_TO:
		return take_target(program, arg);
	case 'f':
		program->following = true;
		return 0;
	case OPTION_CURSOR:
		program->cursor = arg;
		return *arg ? 0 : options_usage_error(&program->options, "--cursor takes a file");
	case OPTION_REDACT:
		return take_redact(program, arg);
	case OPTION_REFUSED:
		program->refused = arg;
		return 0;
	case OPTION_STATUS:
		program->status = arg;
		return 0;
	case OPTION_SET:
		return take_setting(program, arg);
	case OPTION_MEMORY:
		if (!units_size(arg, &program->memory) || program->memory < MEMORY_MIN ||
		    program->memory > MEMORY_MAX)
			return options_usage_error(&program->options,
						   "--memory takes a size from 1M to 1G");
		return 0;
	default:
		return take_filter(program, opt, arg);
	}
}

/* -1: go on; else the exit status. */
static int parse_options(struct program *program, int argc, char **argv)
{
	const struct options *options = &program->options;
	int r = options_parse(&program->options, argc, argv, take_option, program);

	if (r >= 0)
		return r;
	if (!program->n)
		return options_usage_error(options, "say where: --to URL");
	if (argc - optind > 1)
		return options_usage_error(options, "one file or folder at a time");
	program->path = optind < argc ? argv[optind] : folder_folder();
	if (program->n > 1 && (program->cursor || program->refused || program->status))
		return options_usage_error(options, "--cursor, --refused and --status are of one "
						    "--to: with several leave them out");
	if (program->n > 1 && !strcmp(program->path, "-"))
		return options_usage_error(options, "a pipe can be read for one target only");
	if (program->cursor && !strcmp(program->path, "-"))
		return options_usage_error(
			options, "a pipe has no cursor: nobody could read it again; record it, "
				 "and forward the file");
	return -1;
}

/* ---- files ---- */

/* "/var/lib/ringside/forward/nats-host-4222-RINGSIDE.cursor". What stands behind '?' may be a key,
 * and makes another target of it: of that there are eight digits of a hash. */
static void name_cursor(const char *url, char *path, size_t size)
{
	char name[NAME_SIZE], hash[HASH_SIZE] = "";
	const char *query = strchr(url, '?');
	size_t n = 0;

	for (; *url && url != query && n < sizeof(name) - 1; url++)
		if (strchr(LINE_UNIT_CHARS, *url) && *url != ':')
			name[n++] = *url;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	name[n] = '\0';
	if (query)
		(void)snprintf(hash, sizeof(hash), "-%08x",
			       (unsigned)XXH3_64bits(query, strlen(query)));
	(void)snprintf(path, size, "%s/%s%s.cursor", forward_status_folder(), name, hash);
}

static void name_beside(char path[PATH_MAX], const char *cursor, const char *suffix)
{
	struct line line = line_make(path, PATH_MAX);

	line_text(&line, cursor);
	line_text(&line, suffix);
	(void)line_end(&line);
}

static void name_files(struct program *program, struct one_target *one)
{
	const bool is_pipe = !strcmp(program->path, "-");
	struct forward_options *options = &one->options;

	if (program->cursor)
		(void)snprintf(one->cursor, sizeof(one->cursor), "%s", program->cursor);
	else
		name_cursor(options->url, one->cursor, sizeof(one->cursor));
	name_beside(one->refused, one->cursor, ".refused");
	name_beside(one->status, one->cursor, FORWARD_SUFFIX);
	options->cursor = is_pipe ? NULL : one->cursor;
	options->refused = program->refused ? program->refused : is_pipe ? NULL : one->refused;
	options->status = program->status ? program->status : is_pipe ? NULL : one->status;
	if (!program->cursor && !is_pipe) {
		(void)mkdir("/var/lib/ringside", 0755);
		(void)mkdir(FORWARD_FOLDER, 0755); /* what is wrong is said when it is used */
	}
}

/* ---- running ---- */

static void say_line(void *data, const char *text)
{
	struct one_target *one = data;
	struct program *program = one->program;
	char shown[TARGET_SHOWN];

	(void)pthread_mutex_lock(&program->said);
	if (program->n > 1)
		(void)command_fail(&command_forward, "%s: %s",
				   target_shown(one->options.url, shown), text);
	else
		(void)command_fail(&command_forward, "%s", text);
	(void)pthread_mutex_unlock(&program->said);
}

static void *run_target(void *data)
{
	struct one_target *one = data;

	one->answer = forward_run(&one->forward, &one->options);
	if (atomic_fetch_sub(&one->program->running, 1) == 1)
		(void)pthread_kill(one->program->main, SIGUSR2);
	return NULL;
}

/* Until all are done or a signal says so; *ret_end is closed then: who waits for files sees it. */
static void wait_for_end(struct program *program, const sigset_t *signals, int *end)
{
	int sig = 0;

	while (atomic_load(&program->running) && sig != SIGTERM && sig != SIGINT)
		(void)sigwait(signals, &sig);
	atomic_store(&program->stop, true);
	(void)close(TAKE_FD(*end));
}

static int start_targets(struct program *program, int stop_fd)
{
	int r = 0;

	atomic_store(&program->running, program->n);
	for (unsigned i = 0; i < program->n; i++) {
		struct one_target *one = &program->all[i];

		one->program = program;
		name_files(program, one);
		one->options.path = program->path;
		one->options.filter = program->filter;
		one->options.chosen = &program->chosen;
		one->options.set = one->set;
		one->options.memory = program->memory;
		one->options.redact = program->redact;
		one->options.following = program->following;
		one->options.stop = &program->stop;
		one->options.stop_fd = stop_fd;
		one->options.say = say_line;
		one->options.data = one;
		r = r ? r : -pthread_create(&one->thread, NULL, run_target, one);
		if (r) {
			one->answer = r;
			atomic_fetch_sub(&program->running, 1);
			one->program = NULL;
			say_line(one, strerror(-r));
		}
	}
	return r;
}

static int run_all(struct program *program)
{
	int ends[2], status = EXIT_SUCCESS;
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGUSR2);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return command_fail(&command_forward, "%s", strerror(errno));
	program->main = pthread_self();
	(void)start_targets(program, ends[1]);
	wait_for_end(program, &signals, &ends[0]);
	for (unsigned i = 0; i < program->n; i++) {
		if (program->all[i].program)
			(void)pthread_join(program->all[i].thread, NULL);
		if (program->all[i].answer)
			status = EXIT_FAILED;
	}
	(void)close(ends[1]);
	return status;
}

static int run(int argc, char **argv)
{
	static struct program program = {
		.options = {.command = &command_forward, .own = rows, .shared = &filter_set},
		.memory = MEMORY_DEFAULT,
		.said = PTHREAD_MUTEX_INITIALIZER,
	};
	int r = filter_new(&program.filter);

	if (r)
		return command_fail(&command_forward, "%s", strerror(-r));
	r = parse_options(&program, argc, argv);
	choices_tell(&program.choices, &program.options, &program.chosen);
	if (r < 0)
		r = run_all(&program);
	for (unsigned i = 0; i < program.n; i++)
		free(program.all[i].url);
	choices_done(&program.choices);
	(void)filter_free(program.filter);
	return r;
}

const struct command command_forward = {
	.name = "forward",
	.usage = "--to URL... [-f] [--cursor FILE] [--set NAME=VALUE]... [FILTER...] [FILE|DIR|-]",
	.help = "send recordings to where the team looks: each record, acknowledged\n\n"
		"Reads a recording, a folder of them (default: /var/log/ringside), also while it "
		"is being\n"
		"written (-f), and keeps in the cursor how far the other side has acknowledged: "
		"after a\n"
		"crash, a restart or an outage it goes on there, and nothing is left out. A record "
		"has the\n"
		"same identity, stream_id:seq, at every try.\n"
		"  ringside forward -f --to otlp+http://localhost:4318\n"
		"  ringside forward -f --to nats://nats-1:4222,nats-2:4222/RINGSIDE --kind oom\n"
		"Exit status: 0, 1 when an input was not whole, something was refused or it cannot "
		"go on, 2\n"
		"usage.",
	.run = run,
};

int main(int argc, char **argv)
{
	int status, r;

	(void)signal(SIGPIPE, SIG_IGN);
	/* Threads of the libraries take memory that this one gives back: heaps of their own would
	 * only grow. So would the one there is, if glibc learnt from readers that come and go that
	 * large blocks belong into it. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	status = command_forward.run(argc, argv);
	r = stdout_end();
	if (status != EXIT_SUCCESS || !r)
		return status;
	(void)fprintf(stderr, "ringside: cannot write: %s\n", strerror(-r));
	return EXIT_FAILED;
}
