/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share that print records: the options of output and filters, and the printing
 * itself. Says what is wrong with an input on stderr, in its place between the records. Functions
 * with a @data, which is the printer, are for struct each_record_ops. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "consumer/cli/options.h"
#include "consumer/cli/progress.h"
#include "consumer/excerpt/excerpt.h"
#include "consumer/excerpt/flawed-streams.h"
#include "consumer/files/whole-streams.h"
#include "consumer/filter/filter.h"
#include "consumer/filter/grep.h"
#include "consumer/kinds/kind.h"
#include "consumer/output/field-list.h"
#include "consumer/output/output-threads.h"
#include "consumer/output/output.h"
#include "consumer/read/derived.h"
#include "consumer/read/problem.h"
#include "consumer/read/reader.h"

enum {
	PRINTER_FORCE = OPTIONS_LONG,
	PRINTER_UTC,
	PRINTER_TIME,
	PRINTER_COLOR,
	PRINTER_FOLD,
	PRINTER_CASE,
	PRINTER_ONE_STREAM,
	PRINTER_ALL,
	PRINTER_FIELDS,
	PRINTER_LAST
};

#define PRINTER_COLOR_OPTION                                                                       \
	{                                                                                          \
		PRINTER_COLOR, "color", "[=WHEN]", "auto (default): on a terminal; always, never"  \
	}

#define PRINTER_GREP_OPTIONS                                                                       \
	{'g', "grep", "PATTERN", "what matches this (regex(7)), behind the time in text"},         \
	{                                                                                          \
		PRINTER_CASE, "case-sensitive", "[=BOOL]",                                         \
			"of --grep: or not (default: if PATTERN has capitals)"                     \
	}

#define PRINTER_OPTIONS                                                                            \
	PRINTER_GREP_OPTIONS,                                                                      \
		{'v', "verbose", NULL,                                                             \
		 "say what to change (text), and how the stream began and ended"},                 \
		{PRINTER_ALL, "all", NULL, "print the stream's own records, too"},                 \
		{PRINTER_FIELDS, "fields", "LIST",                                                 \
		 "members of json, or columns of text: time,where,message"},                       \
		{PRINTER_UTC, "utc", NULL, "text: times in UTC"},                                  \
		{PRINTER_TIME, "time", "STYLE", "text: " TIME_STAMP_STYLES}, PRINTER_COLOR_OPTION, \
		{PRINTER_FOLD, "fold", "[=WHEN]",                                                  \
		 "equal denials in a row as one line: auto, always, never"},                       \
	{                                                                                          \
		PRINTER_FORCE, "force", NULL, "write pb to a terminal all the same"                \
	}

#define PRINTER_ONE_STREAM_OPTION                                                                  \
	{                                                                                          \
		PRINTER_ONE_STREAM, "one-stream", NULL,                                            \
			"of streamers side by side on a machine, what one of them tells"           \
	}

/* Of what a raw output is an excerpt of. */
struct printer_source {
	uint8_t *header; /* the latest one, packed */
	size_t header_size;
	unsigned found;     /* what is wrong with inputs so far, of no known stream: EXCERPT_* */
	unsigned flaws_put; /* of these, what a Header has told */
	struct flawed_streams flawed; /* what is wrong with those that are known */
	struct excerpt_flaws flaws;   /* that the input at hand, an excerpt, tells of */
	bool excerpt;                 /* the input at hand has one: of it */
	uint64_t records, events;     /* came */
	uint64_t put;                 /* records that a raw output has */
	bool in_progress;             /* one of them is, or what it is an excerpt of was */
	bool progress_put;            /* ... which a Header has told */
	struct whole_streams streams;
};

struct printer {
	struct options options;
	struct filter *filter;
	const char *pattern; /* of --grep; NULL: none */
	enum grep_case sensitivity;
	struct grep *grep;
	struct writer *writer;
	struct output output;
	struct field_list fields; /* --fields */
	bool force;
	bool one_stream;
	bool awaits;     /* what is still to come is waited for */
	bool partly;     /* not all of it was read: of what matches in it, nothing is known */
	bool tells_part; /* ... but of what was read is told what nothing in it has */
	bool failed;     /* something was wrong with an input */
	bool said;       /* with the one at hand */
	unsigned orphan; /* stretch of records that nobody knows the host of; 0: at none */
	bool matched;    /* an event, or what else was asked for, has passed the filters */
	struct derived_put put;
	uint8_t put_stream[16]; /* whose records come, as who reads a raw output has it */
	unsigned put_orphan;    /* ... or that nobody knows the stream of */
	uint64_t put_choice;    /* ... and a hash of what chose them, 0: not known; */
	uint64_t put_seq;       /* the latest's */
	uint8_t *complete;      /* a record that was completed, or a Header that was marked */
	struct excerpt excerpt; /* that a raw output is */
	struct printer_source source;
	struct progress progress;
	struct problem problem;           /* of the one at hand */
	uint64_t rows_shown[KINDS_COUNT]; /* of Counters */
	/* Others format while it is read. */
	bool may_share;                 /* printer_share */
	struct output_threads *threads; /* NULL: none, or not yet */
	size_t alone;       /* bytes of records in a row that were formatted without them */
	uint64_t unprinted; /* records that printer_put took and that were not readable */
};

#define PRINTER_NOTHING 1 /* the record is not for printing */

/* Prints to stdout, in the default format. @rows, @filters: as in struct options. 0, or the exit
 * status. */
int printer_init(struct printer *printer, const struct command *command,
		 const struct option_row *rows, const struct option_set *filters);
void printer_done(struct printer *printer);

/* -o, PRINTER_OPTIONS and the filters. 0, or the exit status. */
int printer_option(struct printer *printer, int opt, const char *arg);

/* An option of the command's own that leaves out some of what the filters let pass; of several the
 * last is valid. */
void printer_chooses(struct printer *printer, int opt, const char *arg);

/* Behind options_parse, and likewise. */
int printer_check(struct printer *printer);

int printer_open(struct printer *printer);
/* If TZ is none, and matters: libc takes UTC in its place, and says nothing. printer_open does. */
void printer_say_zone(const struct printer *printer);
/* "ringside cat: @error"; returns EXIT_FAILED. */
int printer_fail(const struct printer *printer, int error);
/* Returns the exit status: of @r, an -errno of the output or 0, and of what was said. */
int printer_close(struct printer *printer, int r);

/* Streams of this host come, or may come: from the second one on, each line says whose it is. */
/* To who asked for the last records of @path: they are those of the host that comes last. */
void printer_say_hosts(const struct printer *printer, const char *path);
void printer_host(void *data, const char *name);
/* header of struct each_record_ops. */
void printer_header(void *data, const Ringside__V1__Record *record);
/* whole of struct each_record_ops. */
struct whole_streams *printer_whole(void *data);
/* one_stream of struct each_record_ops. */
bool printer_one_stream(const void *data);
/* The next input. It is read raw (reader_set_raw) from now on, and what was printed is seen before
 * more is waited for. */
void printer_begin(void *data, struct reader *reader, const char *name);
/* Shows how far it is read. */
void printer_pass(void *data, const struct reader *reader);
/* Says how many records were of a newer version's. */
void printer_end(void *data, const struct reader *reader, const char *name, int answer);

/* Before what has no end: what may well match nothing. */
void printer_say_short_id(const struct printer *printer);
/* At the end, if nothing has matched, a line says so. 0, or the exit status. */
int printer_tell_misses(struct printer *printer);
/* Before more is waited for: whether something has matched by then, and not again. */
void printer_say_misses_so_far(struct printer *printer);
/* ... of a record that printer_wants, and not printer_put, was asked about. */
void printer_note(struct printer *printer, struct reader *reader, struct reader_record *item,
		  int wanted);

/* 1 if the filters let the record pass and the output would show it, 0, or READER_DAMAGED. */
int printer_wants(const void *data, struct reader *reader, struct reader_record *item);

/* Prints the record if it passes the filters. 0, PRINTER_NOTHING, READER_DAMAGED or -errno of the
 * output. A Header of a raw output is printed unless --host leaves it out, and is PRINTER_NOTHING
 * if it does not pass. */
int printer_put(struct printer *printer, struct reader *reader, struct reader_record *item);

/* Whether a record that was put is one of those that -n counts: of a raw output, too, what text
 * would have shown, and no Header or sum that comes with it. */
bool printer_counts(const struct printer *printer, const struct reader_record *item);

/* Other threads may format what is read of files, where that is faster. What is printed, and said
 * in between, stays the same; but printer_put may return 0 for a record that is complained of
 * later. */
void printer_share(struct printer *printer);
/* Waits for them. Returns how many records were such since the last call. */
uint64_t printer_settle(struct printer *printer);
/* What was printed is seen. 0, or the writer's first -errno. */
int printer_flush(struct printer *printer);

/* One line for the first thing that is wrong with an input. */
void printer_complain(void *data, const char *problem);

/* "ringside cat: NAME: No such file or directory" for an -errno; 0: @name is the line, and nothing
 * failed. */
void printer_say_error(void *data, const char *name, int error);
/* unread of struct each_record_ops: as for an input that cannot be read. */
void printer_say_unread(void *data, const char *path, const char *why);
