/* SPDX-License-Identifier: Apache-2.0 */
/* ringside doctor: lets the streamer attach as it would, and tells how that went. */
#include <string.h>

#include "child.h"
#include "command.h"
#include "doctor.h"
#include "options.h"
#include "output.h"
#include "reader.h"
#include "util.h"

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{0},
};

struct doctor {
	struct options options;
	struct writer *writer;
	struct child child;
	bool json;
	bool reported; /* a Header came */
	bool works;    /* and the default probes are attached */
};

static void doctor_done(struct doctor *doctor)
{
	child_done(&doctor->child);
	doctor->writer = writer_free(doctor->writer);
}

/* -1: go on; else the exit status. @argc ends before "--". */
static int parse(struct doctor *doctor, int argc, char **argv)
{
	int opt;

	while ((opt = options_next(&doctor->options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_HELP) {
			options_help(&doctor->options, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == OPTIONS_ERROR)
			return options_usage_error(&doctor->options, doctor->options.error);
		doctor->json = strcmp(optarg, "json") == 0;
		if (!doctor->json && strcmp(optarg, "text") != 0)
			return options_usage_error(&doctor->options, "-o takes text or json");
	}
	if (optind < argc)
		return options_usage_error(
			&doctor->options,
			"it takes no arguments: the streamer's options follow --");
	return -1;
}

static int start(struct doctor *doctor, char **extra, size_t n)
{
	static const char *const first[] = {CHILD_PROGRAM, "--doctor"};
	_cleanup_free_ char **argv = calloc(ARRAY_SIZE(first) + n + 1, sizeof(*argv));
	int r;

	if (!argv)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		argv[i] = (char *)first[i]; /* posix_spawn's type; it does not write to them */
	for (size_t i = 0; i < n; i++)
		argv[ARRAY_SIZE(first) + i] = extra[i];
	r = child_start(&doctor->child, argv);
	if (r == -ENOENT)
		(void)fprintf(stderr,
			      "ringside doctor: there is no " CHILD_PROGRAM " beside this "
			      "program or in PATH: install it, or add its folder to PATH\n");
	else if (r < 0)
		(void)fprintf(stderr, "ringside doctor: cannot start " CHILD_PROGRAM ": %s\n",
			      strerror(-r));
	return r;
}

static int put_json(struct doctor *doctor, const struct reader_record *item)
{
	struct output output = {
		.ops = &output_json,
		.writer = doctor->writer,
		.header = item->record->header,
	};
	int r = output_open(&output), closed;

	if (!r)
		r = output_put(&output, item->record, item->frame, item->size);
	closed = output_close(&output);
	return r ? r : closed;
}

static void idle(void *data)
{
	(void)child_wait_output(data, -1);
}

/* Reads the stream to its end. 0 or -errno of the output. */
static int report(struct doctor *doctor, struct reader *reader)
{
	struct reader_record item;
	int r, result = 0;

	reader_on_idle(reader, idle, &doctor->child);
	while ((r = reader_next(reader, &item)) == 0) {
		if (!item.header || doctor->reported)
			continue;
		doctor->reported = true;
		doctor->works = doctor_works(item.record->header);
		if (doctor->json)
			result = put_json(doctor, &item);
		else
			doctor_report(doctor->writer, item.record->header);
	}
	/* a streamer that could not start has said so itself, and written nothing */
	if (r != READER_END && doctor->reported)
		(void)fprintf(stderr, "ringside doctor: %s\n", reader_problem(reader));
	return result;
}

/* Returns the exit status. */
static int run_child(struct doctor *doctor)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int r, status;

	r = reader_new(&reader, doctor->child.out, CHILD_PROGRAM);
	if (!r)
		r = report(doctor, reader);
	status = child_wait(&doctor->child);
	if (!doctor->reported && status == EXIT_USAGE)
		return EXIT_USAGE; /* a wrong option behind -- */
	if (!doctor->reported) {
		(void)fprintf(stderr, "ringside doctor: " CHILD_PROGRAM " could not start\n");
		if (!doctor->json) /* the streamer has said on stderr what is missing */
			doctor_explain(doctor->writer);
	}
	if (!r)
		r = writer_flush(doctor->writer);
	if (r && r != -EPIPE) {
		(void)fprintf(stderr, "ringside doctor: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	return doctor->works ? EXIT_SUCCESS : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	_cleanup_(doctor_done) struct doctor doctor = {.child = CHILD_NULL};
	int own = 1, r;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	r = options_init(&doctor.options, &command_doctor, rows, NULL);
	if (!r)
		r = writer_new(&doctor.writer, STDOUT_FILENO);
	if (r) {
		(void)fprintf(stderr, "ringside doctor: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	r = parse(&doctor, own, argv);
	if (r >= 0)
		return r;
	own += own < argc;
	r = start(&doctor, argv + own, (size_t)(argc - own));
	return r < 0 ? EXIT_FAILED : run_child(&doctor);
}

const struct command command_doctor = {
	.name = "doctor",
	.usage = "[-o text|json] [-- STREAMER-OPTION...]",
	.help = "what this kernel offers, what is missing, what to do (needs root)\n\n"
		"Attaches the probes as ringside-streamer would, makes an event on purpose where\n"
		"that is possible, and tells which hooks work, what they cannot see and what they\n"
		"cost.\n"
		"  sudo ringside doctor\n"
		"  sudo ringside doctor -- --allow-syscall-tax\n"
		"Exit status: 0 when OOM kills and seccomp denials are both seen, 1 when not, 2 "
		"usage.",
	.run = run,
};
