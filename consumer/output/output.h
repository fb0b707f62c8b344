/* SPDX-License-Identifier: Apache-2.0 */
/* What records are turned into: one output-<name>.c each, and its name in OUTPUTS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "consumer/base/time-stamp.h"
#include "consumer/layout/hosts.h"
#include "proto/ringside.pb-c.h"

struct field_list;
struct message_cache;
struct output;

struct output_ops {
	const char *name; /* of -o */
	const char *help; /* half a line */
	bool binary;      /* not for a terminal */
	bool raw;   /* a stream, for programs: with the Headers, whatever the filter says, and with
		     * Ringside's own self-tests, which say what they are */
	bool apart; /* what is written of a record depends on none before it but its Header */
	/* open and close may be NULL. close gets what open has put into output->state, or NULL. The
	 * others return 0 or -errno. Errors of the writer need no look: the caller looks. */
	int (*open)(struct output *output);
	/* @record: NULL if it was not unpacked, for a binary output. @frame: the Record's bytes as
	 * they were read, without the length before them. */
	int (*put)(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
		   size_t size);
	void (*close)(void *state);
	/* Of Counters, a row of a kind that has kind->fill. 1: something was written of it, 0:
	 * nothing; or -errno. NULL: rows are told with their record, or not. */
	int (*put_row)(struct output *output, const Ringside__V1__Record *record,
		       const Ringside__V1__CounterRow *row);
	/* What was put and is not written yet. @ends: what is written next does not belong to it.
	 * NULL: there never is such. */
	void (*settle)(struct output *output, bool ends);
	/* Whether put writes something for a record of this kind (field number in Record.body, 0:
	 * unknown); NULL: always. */
	bool (*prints)(const struct output *output, unsigned kind);
};

/* One open output. Set what is above the line, then output_open. */
struct output {
	const struct output_ops *ops;
	struct writer *writer; /* borrowed */
	bool color;
	bool verbose;
	bool terminal; /* the writer goes to one */
	bool utc;      /* text: times in UTC instead of local time */
	enum time_style time;
	bool time_chosen; /* as above, or the style: columns of fields have it then, too */
	int year;         /* text: that need not be told; 0: the present one */
	size_t columns;   /* text: of the terminal; 0: names stay whole, and lines are not broken */
	bool folds;       /* text: events in a row that say the same are one line */
	bool rewrites;    /* text: which is written anew when there are more */
	bool rows_only; /* text: Counters are named for rows of theirs, and not shown themselves */
	bool every;     /* the stream's own records too, because a filter names them */
	bool all;       /* likewise, and what a newer version tells */
	const struct field_list *fields; /* chosen, for the ops that want them; borrowed */
	struct hosts hosts; /* of what is read: text says which, where they are several */
	/* The latest Header of the stream being read, or NULL. Set by the caller before each put.
	 */
	const Ringside__V1__Header *header;
	/* Where parts of the record may lie that come again (message-cache.h), or NULL. Likewise.
	 */
	struct message_cache *cache;
	/* --- */
	void *state; /* the ops' own */
};

/* The one list of outputs, the default one first: output-<name>.c each, with - for _. */
#define OUTPUTS(X) X(text) X(json) X(otel_json) X(protojson) X(pb)
#define OUTPUT_EXTERN(name) extern const struct output_ops output_##name;
OUTPUTS(OUTPUT_EXTERN)
#undef OUTPUT_EXTERN
/* For text and json: what writes chosen members. */
extern const struct output_ops output_fields_text, output_fields_json;

/* Of -o, for help and errors. */
#define OUTPUT_TEXT_OR "text (default), json, otel-json, protojson or pb"
#define OUTPUT_NAMES "text, json, otel-json, protojson or pb"

/* As listed, NULL at the end. */
extern const struct output_ops *const outputs[];

/* What is shown of what the filters let pass, in text and JSON alike: events, and what stands for
 * some. The stream's own records are for who asks for them. */
bool output_prints_events(const struct output *output, unsigned kind);

const struct output_ops *output_find(const char *name); /* NULL: there is none */
/* What writes chosen members in its place; NULL: nothing does. */
const struct output_ops *output_of_fields(const struct output_ops *ops);

int output_open(struct output *output);
int output_put(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
	       size_t size);
/* Writes what waits for more of the same; @ends: for no more. To be called before anything else is
 * written to where the writer goes, and before more is waited for. */
void output_settle(struct output *output, bool ends);
bool output_prints(const struct output *output, unsigned kind);
/* Closes (also after a failed put) and flushes. Returns 0 or the writer's first -errno. */
int output_close(struct output *output);

/* Colour: on a terminal that can, unless NO_COLOR is set and not empty. */
bool output_wants_color(int fd);
/* A terminal on which the cursor can go back. */
bool output_can_rewrite(int fd);
/* Columns of the terminal; 0: it is none, or does not say. */
size_t output_columns(int fd);
