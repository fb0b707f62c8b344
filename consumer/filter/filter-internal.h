/* SPDX-License-Identifier: Apache-2.0 */
/* What filter.c's rows are made of: filter-value.c parses, filter-match.c compares. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

#define FILTER_VALUES_MAX 64 /* of one option; more is a mistake */

struct filter_value {
	char *text;
	int64_t number; /* of --pid, --uid, --errno and --syscall 250; else -1 */
};

/* The values of one option: any of them will do. */
struct filter_term {
	size_t n;
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
filter_parse_fn filter_parse_container, filter_parse_text, filter_parse_unit;
/* Adds the bits 1 << field number in Record.body. */
int filter_parse_kinds(uint64_t *kinds, const char *arg, const struct filter_error *error);

/* The same of one part of an argument, between commas; and of all of them. */
typedef int filter_part_fn(struct filter_term *term, const char *part, size_t size,
			   const struct filter_error *error);
filter_part_fn filter_name_part, filter_number_part, filter_uid_part, filter_syscall_part,
	filter_action_part, filter_errno_part;
int filter_each_part(struct filter_term *term, const char *arg, const struct filter_error *error,
		     filter_part_fn *parse);

/* @name, with or without the prefix all actions share, is the action @word of @size bytes. */
bool filter_is_action(const char *name, const char *word, size_t size);
bool filter_has_glob(const char *pattern);
bool filter_glob(const char *pattern, const char *s); /* NULL and "" match nothing */

/* @word is the first digits of @id, enough of them; and @id is one that may be cut. */
bool filter_starts_id(const char *id, const char *word);
bool filter_cuts_id(const char *id, const char *word);
/* @words are those that our output has for @c, or for what it is in. */
bool filter_words(const char *words, const Ringside__V1__Container *c);
bool filter_pod_words(const char *words, const Ringside__V1__Container *c);

/* An event as the rows see it. All may be NULL. */
struct filter_view {
	const ProtobufCMessage *body;
	const Ringside__V1__Process *process;
	const Ringside__V1__Container *container;
};

typedef bool filter_match_fn(const struct filter_value *value, const struct filter_view *view);
filter_match_fn filter_match_unit, filter_match_namespace, filter_match_pod, filter_match_container,
	filter_match_user_unit, filter_match_cgroup, filter_match_comm, filter_match_pid,
	filter_match_uid, filter_match_syscall, filter_match_action, filter_match_errno;
