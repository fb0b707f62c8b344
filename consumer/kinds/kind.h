/* SPDX-License-Identifier: Apache-2.0 */
/* A kind of event, or of rows that Counters bring: all that the consumer knows of it, and of no
 * other, is in <kind>.c. What none of them knows is told as its messages describe themselves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

struct columns;
struct cursor;
struct json_page;
struct ledger;
struct prometheus;

/* What a line of text begins with, and in which colour. */
struct tone {
	const char *label, *color;
};

/* What stats counts by name of a kind's events. */
#define KIND_PARTS 3
struct kind_list {
	const char *name, *title;          /* in JSON, and for people */
	const char *parts[KIND_PARTS + 1]; /* of a name, in JSON; NULL behind the last */
	bool of_containers;                /* the last part is the container's */
	/* The parts but a container's, a tab behind each that another one follows. */
	void (*put)(struct line *line, const Ringside__V1__Record *record);
};

/* What stats tells of a kind's rows. */
struct kind_rows {
	size_t size; /* of a state, which is zero at first */
	/* Counters of the stream @header is of, the @stream-th. 0 or -ENOMEM. */
	int (*add)(void *state, const Ringside__V1__Header *header, uint64_t stream,
		   const Ringside__V1__Record *record);
	void (*done)(void *state);
	/* Both add nothing where there was no row. */
	void (*text)(const void *state, struct columns *columns);
	void (*json)(const void *state, struct json_page *page);
};

/* How full something is that a row tells of. */
enum kind_fill {
	KIND_FILL_NONE,    /* it tells of no more */
	KIND_FILL_UNKNOWN, /* it was not looked at */
	KIND_FILL_LOW,
	KIND_FILL_HIGH, /* the words are there */
};
#define KIND_FILL_PERCENT 90 /* from here on */

/* Events of which this is the same are told alike, but for their process. */
struct kind_key {
	uint32_t numbers[5];
	uint32_t has;   /* a bit for each field that is there */
	char names[72]; /* one behind the other, each with its NUL */
};

struct kind {
	const char *name;         /* in streams */
	const char *word, *words; /* for people: "OOM kill", "OOM kills" */
	const char *option;       /* what --kind calls it */
	const char *const *meant; /* what people may say instead; NULL at the end */

	/* Its events to OpenTelemetry, behind "linux."; NULL: its name. */
	const char *event;

	/* Of its events; NULL where it has none. @record is one, or, if it has limited, a Limited
	 * of it: that says of events as much as they do themselves. */
	unsigned body; /* field number in Record.body; 0: it has no events */
	bool limited;
	/* What a Limited holds back that is beyond a container's share of the table. */
	const char *others;
	bool advised; /* its advice stands under it on a terminal, unasked */
	struct tone tone, mild_tone;
	bool (*is_mild)(const Ringside__V1__Record *record);         /* NULL: none is */
	const char *(*severity)(const Ringside__V1__Record *record); /* as text_severity */
	/* What happened, why, and what follows. @header: the latest of the stream, or NULL. */
	void (*sentence)(struct line *line, const Ringside__V1__Record *record,
			 const Ringside__V1__Header *header);
	/* What happened, without the process, which is named in front of it. Of one container and
	 * one name, those of which it is the same are one line on a terminal, with a count. NULL:
	 * each is a line. */
	void (*same)(struct line *line, const Ringside__V1__Record *record,
		     const Ringside__V1__Header *header);
	/* Of a kind that comes in storms; else NULL. What severity, sentence (as same has it) and
	 * advice depend on, besides the process, the container and the Header; false: on more than
	 * there is room for. The key has all of the event's fields with these numbers. @record is
	 * an event. */
	uint32_t key_first, key_last;
	bool (*key)(const Ringside__V1__Record *record, struct kind_key *key);
	/* What to change; nothing, where the record does not say enough. */
	void (*advice)(struct line *line, const Ringside__V1__Record *record);
	const struct kind_list *list;

	/* Its hooks make calls longer, which doctor measures: what that means where they are
	 * tracepoints, in a few words behind "tracepoint, ". NULL: they do not. */
	const char *tax;

	/* Of a row, one after the other, from 0 on: what is nearly full, in words. */
	enum kind_fill (*fill)(const Ringside__V1__CounterRow *row, unsigned which,
			       struct line *line);
	/* Members of that in JSON: which it is, and the numbers. There is one wherever fill is. */
	void (*fill_members)(struct json_page *page, const Ringside__V1__CounterRow *row,
			     unsigned which);
	/* What tells the rows apart; NULL: their cgroups do. */
	uint64_t (*number)(const Ringside__V1__CounterRow *row);

	/* Of what Counters sum up, or describe. All may be NULL: then it is as with any kind.
	 * @kind: index of the ledger. */
	void (*metrics)(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			uint64_t now_nano);
	/* The same in few samples, however many rows there are: where there is metrics. */
	void (*group_metrics)(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			      uint64_t now_nano);
	const struct kind_rows *rows;
	/* What the kernel counts by itself, whether there is a probe or not. */
	void (*machine_metrics)(struct prometheus *e, const struct ledger *ledger);
	/* The sums of one row in /check, behind "count". */
	void (*check_totals)(struct json_page *page, const uint64_t *totals, const double *fullest);
	/* All there is to say of it there. */
	void (*check)(struct json_page *page, const struct ledger *ledger,
		      const struct cursor *cursor, uint64_t now_nano);
	/* What status says instead of its sums, "; " before it. */
	void (*state)(struct line *line, const struct ledger *ledger, uint64_t now_nano);
};

/* All there are, in the order of their lists: a new one is a row here, and its file. What --kind
 * calls them, for its help. */
#define KINDS(ROW) ROW(seccomp_denial) ROW(oom_kill) ROW(signal_kill) ROW(tcp_queue) ROW(bpf_object)
#define KINDS_OPTIONS "oom, seccomp, signal, tcp, bpf"

#define ROW(name) extern const struct kind kind_##name;
KINDS(ROW)
#undef ROW

#define ROW(name) KIND_##name,
enum { KINDS(ROW) KINDS_COUNT };
#undef ROW
extern const struct kind *const kinds[KINDS_COUNT];

/* NULL: it is a newer version's, or none of ours. So is a NULL @name. */
const struct kind *kind_find(const char *name);

/* The kind of an event, or of what a Limited that is told as events are holds back; NULL: of none
 * that there are words for. */
const struct kind *kind_of(const Ringside__V1__Record *record);
