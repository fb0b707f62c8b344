/* SPDX-License-Identifier: Apache-2.0 */
/* Which records are wanted: the same options for every command.
 *
 * An option given twice means either of its values, but for those with ! before them, none of which
 * may fit; different options must all fit. A filter on
 * something a record does not have does not match it. Of an OOM kill, the process and container
 * are the victim's. A Limited record is asked as the events it stands for are. The Header and
 * Lost records are left out only by --kind, --host, and (Lost) by time and severity. What Ringside
 * did to test itself is left out unless it is asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/cli/options.h"
#include "consumer/read/reader.h"
#include "proto/base/util.h"
#include "proto/recording/recording-index.h"
#include "proto/ringside.pb-c.h"

struct filter;
struct line;

/* --kind, --host, -u/--unit, ...; opt is a letter or from OPTIONS_FILTER on. */
extern const struct option_row filter_options[];
extern const struct option_set filter_set;

int filter_new(struct filter **ret);
struct filter *filter_free(struct filter *filter); /* NULL is fine; returns NULL */

/* Returns 0; -ENOENT: @opt is not one of filter_options; -EINVAL: @arg is wrong, with a sentence
 * in @error that says what is right; -ENOMEM. */
int filter_option(struct filter *filter, int opt, const char *arg, char *error, size_t size);

/* The option that is meant by who types @word as if it were an argument: "--pid" for pid, and for
 * what is a kind "--kind oom". False: none is. */
#define FILTER_MEANT 64
bool filter_option_meant(const char *word, char buf[FILTER_MEANT]);

/* Of options of which the last is valid, what is the same for those that replace each other; 0: it
 * adds to those before it. */
unsigned filter_replaces(int opt, const char *arg);

/* --kind was given: also records about the stream are wanted, if they are named. */
bool filter_names_kinds(const struct filter *filter);

struct kind;
/* --kind names it; and: it is let pass, named or not. */
bool filter_names_kind(const struct filter *filter, const struct kind *kind);
bool filter_takes_kind(const struct filter *filter, const struct kind *kind);

/* It lets everything pass. */
bool filter_is_empty(const struct filter *filter);

/* Only streams of this boot, or of one added before: its id, with dashes or without, or the first 6
 * digits of it or more. -EINVAL: it is none; -ENOMEM. */
int filter_add_boot(struct filter *filter, const char *id);

/* Counters themselves are not asked for, but at most rows of theirs. */
bool filter_hides_counters(const struct filter *filter);

/* A row of @record, which are Counters, is wanted. @latest: as of filter_match. */
bool filter_row(const struct filter *filter, const Ringside__V1__Record *record,
		const Ringside__V1__CounterRow *row, const Ringside__V1__Header *latest);

/* Of @record, which is a Lost and may not match: what it says is lost might have. */
bool filter_touches_loss(const struct filter *filter, const Ringside__V1__Record *record,
			 const Ringside__V1__Header *latest);

/* Real and boot time, ns; 0: not known. */
struct filter_moment {
	uint64_t time, boottime;
};
#define FILTER_EVER                                                                                \
	(struct filter_moment)                                                                     \
	{                                                                                          \
		UINT64_MAX, UINT64_MAX                                                             \
	}

/* Whether some of the time between two moments is wanted, as far as is known. */
bool filter_span_wanted(const struct filter *filter, struct filter_moment from,
			struct filter_moment to);

/* There is a --since or --until. */
bool filter_has_time(const struct filter *filter);
/* There is a --since that is before @now, in ns since 1970. */
bool filter_is_past(const struct filter *filter, uint64_t now);
/* There is an --until that was before @now, in ns since 1970. */
bool filter_is_over(const struct filter *filter, uint64_t now);
/* Nothing that was recorded by now can match, because of --since; and a sentence that says so, and
 * what was probably meant. */
bool filter_is_to_come(const struct filter *filter);
void filter_put_to_come(const struct filter *filter, struct line *line);

/* The argument of an option as it stands for the same whenever it is read: of --since and --until
 * the moment that was meant. Returns @buf, or @arg, which does already. */
#define FILTER_TIME_TEXT 64
const char *filter_exact_arg(const struct filter *filter, int opt, const char *arg,
			     char buf[FILTER_TIME_TEXT]);

/* As --self-tests, and whether that was given. */
void filter_show_self_tests(struct filter *filter);
bool filter_shows_self_tests(const struct filter *filter);

/* Streams of the host of this name pass. NULL: its Header has none. */
bool filter_wants_host(const struct filter *filter, const char *name);

/* Streams with this Header pass: by host, labels and boot. */
bool filter_host_wanted(const struct filter *filter, const Ringside__V1__Header *header);

/* The names that --host was given, where these are names and no patterns: how many; 0: any host may
 * be wanted, or there are more than @max. They live as long as @filter. */
size_t filter_host_names(const struct filter *filter, const char **names, size_t max);
/* What happened before is not wanted: ns since 1970; 0: there is no --since. */
uint64_t filter_since(const struct filter *filter);

/* @latest: the latest Header of the stream, or NULL. An empty filter matches everything. */
bool filter_match(const struct filter *filter, const Ringside__V1__Record *record,
		  const Ringside__V1__Header *latest);

/* The same of a record that may be raw; unpacks it if it has to. 1, 0 or READER_DAMAGED. */
int filter_record(const struct filter *filter, struct reader *reader, struct reader_record *item);

/* For who wants to know why nothing matched: from now on, events that do not are looked at. Of a
 * filter that lets everything pass they are not, unless there is a @pattern, too, that they have to
 * match. 0 or -ENOMEM. */
int filter_note_misses(struct filter *filter, const char *pattern);
/* Events that did not match, and are noted. */
uint64_t filter_misses(const struct filter *filter);
/* Nothing is noted any more. */
void filter_forget_misses(struct filter *filter);
/* The record did not match; events of a frame that was not read did not. */
void filter_note_miss(const struct filter *filter, struct reader *reader,
		      struct reader_record *item);
/* The record may match or not: of lists, what it has is noted. */
void filter_note_values(const struct filter *filter, struct reader *reader,
			struct reader_record *item);
void filter_note_skipped(const struct filter *filter, const struct recording_index *index);
/* No record of a frame with this index can match, but it is to be read all the same, for the names
 * that its events have: at most some frames are. */
bool filter_takes_for_names(const struct filter *filter, const struct recording_index *index);

/* "of what is running here now, none has the pod web; there are db-0 (waiting for it)", safe to
 * print: of the containers, pods and units that are asked for. False: all are there, whether
 * anything happens in them or not, or none is asked for. */
bool filter_present_sentence(const struct filter *filter, char *buf, size_t size);
/* "0 of 28 events match: ...", safe to print. False: nobody asked for it. */
bool filter_miss_sentence(const struct filter *filter, char *buf, size_t size);

/* "no event has the pod db-O (did you mean db-0?)", safe to print: of lists. @part: what was read
 * is not all that there is, or will be; then only of names, which may be misspelt. False: each
 * value is what something has. */
bool filter_unmet_sentence(const struct filter *filter, bool part, char *buf, size_t size);

/* A value may be a name as well as too few digits of an id: a sentence that says so. */
bool filter_has_short_id(const struct filter *filter, char *buf, size_t size);

/* False if no record of a frame with this index can match. Headers aside. */
bool filter_may_match(const struct filter *filter, const struct recording_index *index);

/* filter_may_match tells frames apart: there is a filter by time or kind. */
bool filter_selects(const struct filter *filter);

DEFINE_FREEP(filter);
