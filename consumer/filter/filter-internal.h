/* SPDX-License-Identifier: Apache-2.0 */
/* What filter.c's rows are made of: filter-value.c parses, filter-match.c compares. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/filter/filter.h"
#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

#define FILTER_VALUES_MAX 64 /* of one option; more is a mistake */
#define FILTER_ID_MIN 6      /* digits of an id: shorter hex words may well be names */

struct filter_value {
	char *text;
	int64_t number;    /* of --pid, --uid, --errno, --signal and --syscall 250; else -1 */
	bool negated;      /* !text: what it matches is left out */
	size_t reading_of; /* the value, from 1 on, that this one is another reading of; 0: none */
};

/* The values of one option: any of them will do, none of the negated ones may. */
struct filter_term {
	size_t n, positive;
	struct filter_value values[FILTER_VALUES_MAX];
};

/* Where a sentence for people goes. */
struct filter_error {
	char *text;
	size_t size;
};

#define filter_invalid(error, ...) refuse((error)->text, (error)->size, -EINVAL, __VA_ARGS__)

int filter_add(struct filter_term *term, const char *text, size_t size, int64_t number,
	       const struct filter_error *error);

/* Parsers append to the term. They return 0, -EINVAL with a sentence in @error, or -ENOMEM. */
typedef int filter_parse_fn(struct filter_term *term, const char *arg,
			    const struct filter_error *error);
filter_parse_fn filter_parse_unit, filter_parse_labels;

/* Bits 1 << field number in Record.body. */
struct filter_kinds {
	uint64_t wanted;  /* 0: all */
	uint64_t negated; /* but these */
	/* Bits 1 << KIND_X, of kinds without events, and with them Counters; those are wanted for
	 * their own sake, too, if @counters. */
	uint64_t rows, negated_rows;
	bool counters;
};
int filter_parse_kinds(struct filter_kinds *ret, const char *arg, const struct filter_error *error);
const char *filter_exact_time(const struct filter *filter, bool until, const char *arg,
			      char buf[FILTER_TIME_TEXT]);
bool filter_is_since_boot(const char *arg);
int filter_parse_time(struct filter *filter, const char *arg, bool until,
		      const struct filter_error *error);

/* The same of one part of an argument, between commas; and of all of them. A part with ! before it
 * becomes a negated value. */
typedef int filter_part_fn(struct filter_term *term, const char *part, size_t size,
			   const struct filter_error *error);
filter_part_fn filter_name_part, filter_container_part, filter_id_part, filter_pod_part,
	filter_number_part, filter_uid_part, filter_syscall_part, filter_action_part,
	filter_errno_part, filter_arch_part, filter_signal_part, filter_severity_part;
int filter_each_part(struct filter_term *term, const char *arg, const struct filter_error *error,
		     filter_part_fn *parse);
/* What may be a path, or a name of any characters. */
int filter_each_path(struct filter_term *term, const char *arg, const struct filter_error *error,
		     filter_part_fn *parse);

/* -1: not a number, or one above @max. */
int64_t filter_number(const char *s, size_t size, int64_t max);

/* @name, with or without the prefix all actions share, is the action @word of @size bytes. */
bool filter_is_action(const char *name, const char *word, size_t size);
bool filter_has_glob(const char *pattern);
bool filter_glob(const char *pattern, const char *s); /* NULL and "" match nothing */

/* @word is the first digits of @id, enough of them; and @id is one that may be cut. */
bool filter_starts_id(const char *id, const char *word);
bool filter_cuts_id(const char *id, const char *word);
/* It may be a name as well as too few digits of an id: "4f0". */
bool filter_is_short_id(const char *word);
/* @words are those that our output has for @c, or for what it is in. */
bool filter_words(const char *words, const Ringside__V1__Container *c);
bool filter_pod_words(const char *words, const Ringside__V1__Container *c);

/* An event as the rows see it. All may be NULL. */
struct filter_view {
	const Ringside__V1__Record *record; /* NULL: a row of Counters, which tells what is full */
	const ProtobufCMessage *body;
	const Ringside__V1__Process *process;
	const Ringside__V1__Container *container;
};
struct filter_view filter_view_of(const Ringside__V1__Record *record, const ProtobufCMessage *body);

typedef bool filter_match_fn(const struct filter_value *value, const struct filter_view *view);
filter_match_fn filter_match_unit, filter_match_namespace, filter_match_pod, filter_match_container,
	filter_match_user_unit, filter_match_slice, filter_match_pod_uid, filter_match_id,
	filter_match_runtime, filter_match_cgroup, filter_match_comm, filter_match_pid,
	filter_match_uid, filter_match_syscall, filter_match_action, filter_match_errno,
	filter_match_arch, filter_match_signal, filter_match_severity;

/* As -o json has it. */
const char *filter_severity(const struct filter_view *view);

/* Of one value of --host and of --label, by the latest Header, or NULL. */
bool filter_match_host(const struct filter_value *value, const Ringside__V1__Header *header);
bool filter_match_label(const struct filter_value *value, const Ringside__V1__Header *header);
bool filter_hosts_match(const struct filter_term *hosts, const Ringside__V1__Header *header);
/* One of the boots that are asked for, if any are. */
bool filter_match_boot(const struct filter *filter, const Ringside__V1__Header *header);
/* All of --label: of each key that is named, any value will do. */
bool filter_match_labels(const struct filter_term *term, const Ringside__V1__Header *header);

enum filter_row {
	ROW_KIND,
	ROW_HOST,
	ROW_LABEL,
	ROW_UNIT,
	ROW_USER_UNIT,
	ROW_SLICE,
	ROW_NAMESPACE,
	ROW_POD,
	ROW_POD_UID,
	ROW_CONTAINER,
	ROW_CONTAINER_ID,
	ROW_RUNTIME,
	ROW_CGROUP,
	ROW_COMM,
	ROW_PID,
	ROW_UID,
	ROW_SYSCALL,
	ROW_ACTION,
	ROW_ERRNO,
	ROW_ARCH,
	ROW_SIGNAL,
	ROW_SEVERITY,
	ROW_SINCE,
	ROW_UNTIL,
	ROW_SELF_TESTS,
	ROW_COUNT,
};

/* How values are read, whole arguments or their parts, and what of an event they have to match;
 * NULL: nothing of an event's. */
struct filter_row_ops {
	filter_parse_fn *parse;
	filter_part_fn *part;
	filter_match_fn *match;
	bool paths; /* it may be one, which may have commas */
	/* What people call what an event has of it, for who asked for something else; or NULL. */
	const char *(*name)(const struct filter_view *view);
	/* What it has where that name is not known, and what it is called; or NULL. */
	const char *(*id)(const struct filter_view *view);
	const char *unnamed;
};
extern const struct filter_row_ops filter_rows[ROW_COUNT];

/* All in it is wanted, in ns. */
struct time_range {
	uint64_t since, until;
	bool given;
};

struct filter_misses;

struct filter {
	struct filter_kinds kinds;
	struct time_range time, boot; /* of the time of day, and since boot */
	/* as they were typed; with the year if it was taken for another one than this: of --since,
	 * and of --until */
	char since_text[FILTER_TIME_TEXT], until_text[FILTER_TIME_TEXT];
	bool took_year[2];
	bool timed, streams; /* such an option is set: of streams, host, label or boot */
	unsigned n_fields;   /* rows of an event's fields that are: */
	uint8_t fields[ROW_COUNT];
	bool self_tests;
	size_t n_boots;    /* 0: any */
	char (*boots)[33]; /* digits of each, without dashes */
	struct filter_term terms[ROW_COUNT];
	struct filter_misses *misses; /* NULL: nobody will ask */
};

bool filter_term_matches(const struct filter_term *term, filter_match_fn *match,
			 const struct filter_view *view);
bool filter_time_wanted(const struct filter *filter, const struct peek *peek);
/* What is in a frame with this index may be. */
bool filter_index_in_time(const struct filter *filter, const struct recording_index *index);
/* Whether --kind may let it pass; of Lost and Limited only the record tells. */
static inline bool filter_kind_wanted(const struct filter *filter, unsigned kind)
{
	const uint64_t bit = UINT64_C(1) << (kind & 63);

	return (!filter->kinds.wanted || filter->kinds.wanted & bit) &&
	       !(filter->kinds.negated & bit);
}
