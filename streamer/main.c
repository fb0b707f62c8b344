/* SPDX-License-Identifier: Apache-2.0 */
/* ringside-streamer: probes to rings to records to a sink. All that talks is here. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "proto/base/escape.h"
#include "proto/base/stdout-end.h"
#include "proto/base/util.h"
#include "streamer/attachment.h"
#include "streamer/brake.h"
#include "streamer/config/command-line.h"
#include "streamer/config/config-reload.h"
#include "streamer/config/config.h"
#include "streamer/doctor.h"
#include "streamer/encode/probe-table.h"
#include "streamer/kernel/kernel.h"
#include "streamer/output/sink.h"
#include "streamer/pipeline/handover.h"
#include "streamer/pipeline/pipeline.h"
#include "streamer/privileges/privileges.h"
#include "streamer/service/service-manager.h"
#include "streamer/service/stored-fds.h"

#define ERROR_SIZE 1024
#define EXIT_USAGE 2
#define LOGS "/var/log" /* where the kubelet's folders are */

static const char *const config_folders[] = {"/usr/lib/ringside", "/etc/ringside", NULL};

DEFINE_FREEP(config);
DEFINE_FREEP(doctor);
DEFINE_FREEP(sink);
DEFINE_FREEP(kernel);
DEFINE_FREEP(pipeline);

#define SAY_SIZE 4096

/* Whether stderr is the journal (systemd.exec(5)), which knows who speaks and when, and wants to
 * know how much it matters. Set once, in main. */
static bool is_journal;

static void say(int priority, const char *text)
{
	char safe[SAY_SIZE];

	escape_line(safe, sizeof(safe), text);
	if (is_journal)
		(void)fprintf(stderr, "<%d>%s\n", priority, safe);
	else
		(void)fprintf(stderr, "ringside-streamer: %s\n", safe);
}

_printf_(1, 2) static int say_error(const char *format, ...)
{
	char text[SAY_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say(LOG_ERR, text);
	return EXIT_FAILURE;
}

static void say_totals(const char *text)
{
	if (is_journal)
		say(LOG_NOTICE, text);
	else
		(void)fprintf(stderr, "%s\n", text);
}

static bool find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* A recording must not become fd 2, nor a BPF map fd 1. */
static void hold_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

/* Whether any probe is attached. */
static bool say_missing(const struct kernel *kernel, const struct options *options)
{
	char text[ERROR_SIZE];
	uint32_t attached = options->kernel.probes;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		if (!attached_misses(kernel, &options->kernel, i))
			continue;
		attached &= ~(1u << i);
		attached_explain(kernel, &options->kernel, i, text, sizeof(text));
		(void)say_error("%s", text);
	}
	return attached;
}

static void say_preempted(const struct kernel *kernel)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (kernel_probe(kernel, i)->preempted)
			(void)say_error(
				"%s: this kernel preempts tasks inside the programs, and then "
				"runs none for others: much will be missed in a storm "
				"(missed_runs says how much at most); --attach auto or kprobe "
				"does not",
				probes[i]->name);
}

static int open_folder(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Where files of the configuration can be read again: the folders, as editors replace files. */
static void open_config(const char *file, int ret[PRIVILEGES_READ_MAX])
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", file ? file : "");
	ret[0] = open_folder(file ? dirname(path) : config_folders[0]);
	ret[1] = file ? -1 : open_folder(config_folders[1]);
}

/* The rest of its life it is an ordinary process. */
static int give_up(const struct users *users, const char *config_file, const struct kernel *kernel,
		   struct sink *sink, struct privileges *ret, char *error, size_t size)
{
	_cleanup_close_ int names = open_folder(LOGS);
	int read_fds[PRIVILEGES_READ_MAX];
	const struct privileges_config config = {.user = &sink->user,
						 .stays = users->stays,
						 .map_fd = kernel_critical_fd(kernel),
						 .folder_fd = sink->place.fd,
						 .names_fd = names,
						 .read_fds = read_fds,
						 .n_read_fds = ARRAY_SIZE(read_fds)};
	int r;

	tzset(); /* while its file can be read */
	open_config(config_file, read_fds);
	r = privileges_drop(&config, ret, error, size);
	for (size_t i = 0; i < ARRAY_SIZE(read_fds); i++)
		if (read_fds[i] >= 0)
			(void)close(read_fds[i]);
	if (r < 0)
		return r;
	sink_start_syncing(sink);
	privileges_filter(ret);
	return 0;
}

/* From now on nothing is missed: what waits for this service may go on. */
static void say_attached(const struct kernel *kernel, const struct options *options)
{
	char text[ERROR_SIZE], status[ERROR_SIZE + 32];

	attached_list(kernel, &options->kernel, text, sizeof(text));
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "; recording to %s",
		       options->sink.path);
	(void)snprintf(status, sizeof(status), "READY=1\nSTATUS=%s", text);
	service_manager_say(options->pipeline.manager, status);
	/* who writes to a pipe is somebody's child, who says it */
	if (!options->quiet && strcmp(options->sink.path, "-") != 0)
		say(LOG_NOTICE, text);
}

/* Of two lines one each: what is so from now on, and what is not. Nothing where nothing has
 * changed: a SIGHUP may be meant for the file alone. */
static void say_changes(const struct config_changes *changes)
{
	char text[ERROR_SIZE];

	if (changes->applied[0]) {
		(void)snprintf(text, sizeof(text), "the configuration has changed: now applied: %s",
			       changes->applied);
		say(LOG_NOTICE, text);
	}
	if (changes->later[0]) {
		(void)snprintf(text, sizeof(text),
			       "the configuration has changed: takes a restart: %s",
			       changes->later);
		say(LOG_WARNING, text);
	}
}

/* Labels are where the pipeline looks for them, once they are in the configuration. */
static void reload(struct config *config, const struct config_sources *sources, struct sink *sink)
{
	struct config_changes changes;

	if (config_reload(config, sources, sink, &changes) < 0)
		(void)say_error("the configuration that was read before runs on: %s",
				changes.wrong);
	else
		say_changes(&changes);
}

static int stream_events(struct config *config, const struct config_sources *sources,
			 const struct users *users, struct kernel *kernel, struct sink *sink)
{
	const struct options *options = &config->values.options;
	_cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
	struct privileges privileges;
	char text[ERROR_SIZE];
	int r;

	if (pipeline_new(&pipeline, &options->pipeline, kernel, sink, text, sizeof(text)) < 0 ||
	    give_up(users, options->config, kernel, sink, &privileges, text, sizeof(text)) < 0 ||
	    pipeline_begin(pipeline, &privileges, text, sizeof(text)) < 0)
		return say_error("%s", text);
	say_attached(kernel, options);
	(void)malloc_trim(0); /* loading took far more than running does */

	while ((r = pipeline_run(pipeline))) {
		if (r == PIPELINE_TOTALS) {
			pipeline_totals(pipeline, text, sizeof(text));
			say_totals(text);
		} else if (r == PIPELINE_HANGUP) {
			reload(config, sources, sink);
		} else {
			pipeline_notice(pipeline, text, sizeof(text));
			say(LOG_WARNING, text);
		}
	}
	service_manager_say(options->pipeline.manager, "STOPPING=1");
	r = pipeline_close(pipeline, text, sizeof(text));
	if (r < 0)
		(void)say_error("%s", text);
	pipeline_notice(pipeline, text, sizeof(text));
	if (text[0])
		say(LOG_WARNING, text);
	pipeline_totals(pipeline, text, sizeof(text));
	if (!options->quiet)
		say_totals(text);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int examine_machine(const struct options *options, const struct users *users,
			   struct kernel *kernel, struct sink *sink)
{
	_cleanup_(doctor_freep) struct doctor *doctor = NULL;
	struct privileges privileges;
	char text[ERROR_SIZE];
	int r = doctor_new(&doctor, kernel, sink);

	if (r < 0)
		return say_error("%s", strerror(-r));
	if (give_up(users, options->config, kernel, sink, &privileges, text, sizeof(text)) < 0 ||
	    doctor_write(doctor, options, kernel, sink, &privileges, text, sizeof(text)) < 0)
		return say_error("%s", text);
	return EXIT_SUCCESS;
}

static int print_about(int what)
{
	int r;

	if (what == OPTIONS_HELP)
		command_line_help(stdout);
	else
		(void)printf("ringside-streamer %s\n", RINGSIDE_VERSION);
	r = stdout_end();
	return r < 0 ? say_error("cannot write: %s", strerror(-r)) : EXIT_SUCCESS;
}

/* What was asked for cannot be, on no machine, or not on a terminal. */
static int refuse_options(int code, const char *error)
{
	(void)say_error("%s", error);
	return code == -EINVAL || code == -ENOTTY ? EXIT_USAGE : EXIT_FAILURE;
}

/* Everything that is wrong with it; what is only worth knowing too, if @all. */
static void say_notes(const struct config *config, bool all)
{
	for (unsigned i = 0; i < config->n_notes; i++)
		if (config->notes[i].is_error)
			(void)say_error("%s", config->notes[i].text);
		else if (all || config->notes[i].is_warning)
			say(config->notes[i].is_warning ? LOG_WARNING : LOG_NOTICE,
			    config->notes[i].text);
	if (config->n_errors > CONFIG_NOTES_MAX)
		(void)say_error("and %u more", config->n_errors - CONFIG_NOTES_MAX);
}

/* The answer to --check-config and --print-config. */
static int tell_config(struct config *config, int r)
{
	say_notes(config, config->values.options.checks_config);
	if (r < 0)
		return EXIT_FAILURE;
	if (config->values.options.prints_config)
		config_print(config, stdout);
	r = stdout_end();
	return r < 0 ? say_error("cannot write: %s", strerror(-r)) : EXIT_SUCCESS;
}

/* Before the kernel is asked for anything. SIGTERM and SIGINT wait until that is done, and are seen
 * by the pipeline then: who ends a start has not seen it fail. */
static void put_on_brake(struct options *options, struct brake *ret)
{
	char text[ERROR_SIZE];
	sigset_t ending;
	int r = brake_begin(ret, options->brake);

	if (r < 0)
		(void)say_error("--brake %s: this start is not counted: %s", options->brake,
				strerror(-r));
	(void)sigemptyset(&ending);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigaddset(&ending, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ending, NULL);
	if (!brake_is_on(ret))
		return;
	(void)snprintf(text, sizeof(text),
		       "%u starts in a row failed: only OOM kills are watched, until %s is removed "
		       "or another version starts; `ringside doctor` may say why",
		       ret->failed, ret->path);
	say(LOG_WARNING, text);
	options->kernel.probes = 1u << WIRE_OOM_KILL;
	options->kernel.bpf_stats = false;
	options->pipeline.header.failed_starts = ret->failed;
}

static void say_not_taken(const char *why)
{
	char text[ERROR_SIZE + 128];

	(void)snprintf(text, sizeof(text),
		       "what the streamer before it left attached is let go of, and attached "
		       "anew: %s",
		       why);
	say(LOG_NOTICE, text);
}

/* What the streamer before this one has left attached, if that is what is wanted; or a new one. */
static int open_kernel(struct kernel **ret, struct handover *handover, struct stored_fds *fds,
		       const struct options *options, const struct sink *sink, char *error,
		       size_t size)
{
	int r;

	if (handover_find(handover, options->pipeline.manager, fds)) {
		r = handover_adopt(handover, ret, &options->kernel, sink, fds, error, size);
		if (!r && !options->quiet)
			say(LOG_NOTICE,
			    handover_ended(handover)
				    ? "goes on with what the streamer before it left attached"
				    : "goes on with what the streamer before it left attached, "
				      "which did not end by itself");
		if (!r)
			return 0;
		say_not_taken(error);
		handover_drop(handover, fds);
	}
	r = kernel_new(ret, &options->kernel, error, size);
	if (!r && options->pipeline.manager->stores && !options->doctor)
		(void)handover_offer(handover, *ret, sink);
	return r;
}

/* Runs what is configured. */
static int run(struct config *config, const struct config_sources *sources,
	       const struct users *users)
{
	struct options *options = &config->values.options;
	_cleanup_(sink_freep) struct sink *sink = NULL;
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_(service_manager_done) struct service_manager manager = SERVICE_MANAGER_NULL;
	_cleanup_(handover_done) struct handover handover = HANDOVER_NULL;
	_cleanup_(stored_fds_done) struct stored_fds fds;
	struct brake brake;
	char error[ERROR_SIZE] = "";
	bool attached;
	int r;

	stored_fds_find(&fds);
	if (options->doctor_marks)
		return doctor_mark() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	r = service_manager_find(&manager, error, sizeof(error));
	if (r < 0)
		return say_error("%s", error);
	options->pipeline.manager = &manager;
	options->pipeline.handover = &handover;
	options->sink.users = users;
	r = sink_open(&sink, &options->sink, error, sizeof(error));
	if (r < 0)
		return refuse_options(r, error);
	if (sink->mended[0])
		(void)say_error("%s %s", sink->name, sink->mended);
	if (options->brake && !options->doctor)
		put_on_brake(options, &brake);
	if (open_kernel(&kernel, &handover, &fds, options, sink, error, sizeof(error)) < 0)
		return say_error("%s", error);
	stored_fds_done(&fds); /* those that are needed were copied */
	if (options->doctor)
		return examine_machine(options, users, kernel, sink);
	attached = say_missing(kernel, options);
	say_preempted(kernel);
	if (!attached)
		return say_error("nothing could be attached");
	if (options->brake)
		brake_end(&brake);
	if (users->stays && !options->quiet)
		say(LOG_NOTICE, users->stays);
	return stream_events(config, sources, users, kernel, sink);
}

int main(int argc, char **argv)
{
	const struct config_sources sources = {.argc = argc,
					       .argv = argv,
					       .folders = config_folders,
					       .environment = (const char *const *)environ,
					       .owner = geteuid()};
	_cleanup_(config_freep) struct config *config = config_new();
	struct options *options;
	struct users users;
	int r;

	hold_standard_fds();
	is_journal = find_journal();
	/* writing says it too; and loading writes to files, in memory */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	r = config ? config_read(config, &sources) : -ENOMEM;
	if (r == -ENOMEM)
		return say_error("%s", strerror(ENOMEM));
	options = &config->values.options;
	if (r > 0)
		return print_about(r);
	if (!r)
		r = config_find(config, &users);
	if (options->checks_config || options->prints_config)
		return tell_config(config, r);
	say_notes(config, false);
	if (r < 0)
		return r == -EPERM ? EXIT_FAILURE : EXIT_USAGE;
	return run(config, &sources, &users);
}
