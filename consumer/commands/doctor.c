/* SPDX-License-Identifier: Apache-2.0 */
/* ringside doctor: lets the streamer attach as it would, then by each tier that it left untried,
 * and tells how that went. Each streamer holds its hooks until we close its stream: meanwhile
 * what they cost is measured. */
#include <signal.h>
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/cli/streamer-process.h"
#include "consumer/doctor/diagnosis.h"
#include "consumer/doctor/doctor.h"
#include "consumer/doctor/syscall-cost.h"
#include "consumer/output/output.h"
#include "consumer/read/body.h"
#include "consumer/read/reader.h"
#include "proto/base/util.h"

#define SIGNALLED 128 /* streamer_process_wait: and the signal's number */
enum { OPT_NO_MEASURE = OPTIONS_LONG, OPT_COLOR };

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{OPT_NO_MEASURE, "no-measure", NULL, "do not measure what hooks cost (at most 1 s)"},
	{OPT_COLOR, "color", "[=WHEN]", "auto (default): on a terminal; always, never"},
	{0},
};

struct doctor {
	struct options options;
	struct writer *writer;
	struct streamer_process child;
	struct streamer_process
		marker;  /* as long as it runs, others know what we measure by as ours */
	uint64_t number; /* ... which has this; 0: they do not */
	struct diagnosis diagnosis;
	Ringside__V1__Record *records[DIAGNOSIS_TIERS]; /* 0: of the streamer's own choice */
	char **extra;                                   /* the user's options for the streamer */
	size_t n_extra;
	bool json;
	bool measure;
	bool color;
};

static void doctor_done(struct doctor *doctor)
{
	streamer_process_done(&doctor->child);
	streamer_process_done(&doctor->marker);
	doctor->writer = writer_free(doctor->writer);
	for (int i = 0; i < DIAGNOSIS_TIERS; i++)
		ringside__v1__record__free_unpacked(doctor->records[i], NULL);
}

static int take_option(void *data, int opt, const char *arg)
{
	struct doctor *doctor = data;

	if (opt == 'o')
		return options_json(&doctor->options, arg, &doctor->json);
	if (opt == OPT_COLOR)
		return options_when(&doctor->options, "--color", arg,
				    output_wants_color(STDOUT_FILENO), &doctor->color);
	doctor->measure = false;
	return 0;
}

/* A streamer that attaches as it would (@tier 0), or by this tier alone. */
static int start_tier(struct doctor *doctor, int tier)
{
	static const char *const own[] = {"--doctor=hold", NULL};
	_cleanup_free_ char **extra = calloc(doctor->n_extra + 3, sizeof(*extra));
	size_t n = doctor->n_extra;
	char error[256];
	int r;

	if (!extra)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		extra[i] = doctor->extra[i];
	if (tier) { /* of two --attach the last is valid */
		extra[n++] = (char *)"--attach";
		extra[n++] = (char *)body_tier(tier);
		extra[n++] = (char *)"--allow-syscall-tax";
	}
	r = streamer_process_start_with(&doctor->child, own, extra, n, error, sizeof(error));
	if (r < 0)
		(void)command_fail(&command_doctor, "%s", error);
	return r;
}

static void wait_on(void *data)
{
	(void)streamer_process_wait_output(data, -1);
}

/* The Header of the streamer that runs; it has nothing more to write when the Footer has come.
 * NULL where there is none: it has said why. */
static Ringside__V1__Record *read_header(struct doctor *doctor)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	Ringside__V1__Record *record = NULL;
	struct reader_record item;

	if (reader_new(&reader, doctor->child.out, STREAMER_PROCESS_PROGRAM) < 0)
		return NULL;
	input_on_idle(reader_input(reader), wait_on, &doctor->child);
	while (reader_next(reader, &item) == 0) {
		if (item.header && !record)
			record = ringside__v1__record__unpack(NULL, item.size, item.frame);
		if (item.record->footer)
			return record;
	}
	/* one that could not start has said so itself, and written nothing */
	if (record)
		(void)command_fail(&command_doctor, "%s", reader_problem(reader));
	return record;
}

/* Through which tier that is seen now whose hooks make calls longer; 0: through none. */
static int taxing_tier(const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < header->n_probes; i++)
		for (int tier = 1; tier < DIAGNOSIS_TIERS; tier++)
			if (diagnosis_is_taxing(header->probes[i]) &&
			    diagnosis_attached(header->probes[i], tier))
				return tier;
	return 0;
}

/* Lets a streamer attach, and keeps what it says. Returns its exit status, or -errno. */
static int try_tier(struct doctor *doctor, int tier)
{
	Ringside__V1__Record *record;
	sigset_t mask;
	int r, taxing;

	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	r = start_tier(doctor, tier);
	if (r < 0)
		return r;
	record = doctor->records[tier] = read_header(doctor);
	taxing = record ? taxing_tier(record->header) : 0;
	if (taxing && doctor->measure && !doctor->diagnosis.with[taxing].known)
		syscall_cost_measure(doctor->number, &doctor->diagnosis.with[taxing]);
	util_closep(&doctor->child.out);
	doctor->child.out = -1;
	r = streamer_process_wait(&doctor->child);
	streamer_process_done(&doctor->child);
	/* between two streamers a Ctrl-C ends us, and none inherits that it is blocked */
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return r;
}

static uint64_t read_number(int fd)
{
	char text[2 * sizeof(uint64_t) + 1] = "", *end;
	size_t size = 0;
	ssize_t n = 1;

	while (n > 0 && size < sizeof(text) - 1) {
		n = TEMP_FAILURE_RETRY(read(fd, text + size, sizeof(text) - 1 - size));
		size += n > 0 ? (size_t)n : 0;
	}
	return size == sizeof(text) - 1 ? strtoull(text, &end, 16) : 0;
}

/* What we measure by is nothing for those who watch this machine. Without, it is shown to them. */
static void start_marker(struct doctor *doctor)
{
	static const char *const own[] = {"--doctor=mark", NULL};
	char error[256];
	sigset_t mask;

	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	if (streamer_process_start_with(&doctor->marker, own, NULL, 0, error, sizeof(error)) == 0)
		doctor->number = read_number(doctor->marker.out);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Returns 0; the exit status of a streamer that told nothing, or that somebody ended; -errno. */
static int examine_tiers(struct doctor *doctor)
{
	struct diagnosis *diagnosis = &doctor->diagnosis;
	int r;

	if (doctor->measure) {
		start_marker(doctor);
		syscall_cost_measure(doctor->number, &diagnosis->before);
	}
	r = try_tier(doctor, 0);
	if (r < 0 || !doctor->records[0])
		return r;
	diagnosis->header = doctor->records[0]->header;
	for (int tier = 1; tier < DIAGNOSIS_TIERS; tier++) {
		if (!diagnosis_wants(diagnosis, tier))
			continue;
		r = try_tier(doctor, tier); /* that it cannot be tried stands in the table */
		if (r > SIGNALLED)
			return r;
		if (doctor->records[tier])
			diagnosis->tried[tier] = doctor->records[tier]->header;
	}
	if (doctor->measure)
		syscall_cost_measure(doctor->number, &diagnosis->after);
	return 0;
}

/* Returns the exit status. */
static int report_machine(struct doctor *doctor, int status)
{
	const struct diagnosis *diagnosis = &doctor->diagnosis;
	int r;

	if (!diagnosis->header && status == EXIT_USAGE)
		return EXIT_USAGE; /* a wrong option behind -- */
	if (status > SIGNALLED)
		return command_fail(&command_doctor,
				    STREAMER_PROCESS_PROGRAM " was ended by signal %d",
				    status - SIGNALLED);
	if (!diagnosis->header)
		(void)command_fail(&command_doctor, STREAMER_PROCESS_PROGRAM " could not start");
	if (doctor->json)
		doctor_json(doctor->writer, diagnosis);
	else if (diagnosis->header)
		doctor_report(doctor->writer, diagnosis, doctor->color);
	else
		doctor_explain(doctor->writer); /* the streamer has said on stderr what failed */
	r = writer_flush(doctor->writer);
	if (r && r != -EPIPE)
		return command_fail(&command_doctor, "%s", strerror(-r));
	return diagnosis->header && diagnosis_works(diagnosis) ? EXIT_SUCCESS : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	_cleanup_(doctor_done) struct doctor doctor = {
		.options = {.command = &command_doctor, .own = rows},
		.child = STREAMER_PROCESS_NULL,
		.marker = STREAMER_PROCESS_NULL,
		.measure = true,
		.color = output_wants_color(STDOUT_FILENO),
	};
	int own = 1, r;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	r = writer_new(&doctor.writer, STDOUT_FILENO);
	if (r)
		return command_fail(&command_doctor, "%s", strerror(-r));
	r = options_parse(&doctor.options, own, argv, take_option, &doctor);
	if (r < 0 && optind < own)
		r = options_usage_error(&doctor.options, "it takes no arguments: the streamer's "
							 "options follow --");
	if (r >= 0)
		return r;
	own += own < argc;
	doctor.extra = argv + own;
	doctor.n_extra = (size_t)(argc - own);
	r = examine_tiers(&doctor);
	return r < 0 ? EXIT_FAILED : report_machine(&doctor, r);
}

const struct command command_doctor = {
	.name = "doctor",
	.usage = "[-o text|json] [--no-measure] [-- STREAMER-OPTION...]",
	.help = "what this kernel offers, what is missing, what to do (needs root)\n\n"
		"Attaches the probes as ringside-streamer would, then, for a moment, by each way\n"
		"that is left, and tells which work, what they cannot see, what they cost "
		"(measured,\n"
		"with up to 8,000 denials of getppid of its own), and the one thing to do.\n"
		"  sudo ringside doctor\n"
		"  sudo ringside doctor -- --allow-syscall-tax\n"
		"Exit status: 0 when all probes that were asked for (OOM kills and seccomp "
		"denials, "
		"unless\n"
		"--probes says others) are attached, 1 when not, 2 usage.",
	.run = run,
};
