/* SPDX-License-Identifier: Apache-2.0 */
/* What options choose of a stream, for the Headers of what is written then (Header.excerpt): who
 * reads it must not take for lost what was left out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/cli/options.h"
#include "consumer/excerpt/excerpt-flaws.h"
#include "proto/ringside.pb-c.h"

#define EXCERPT_SIZE 1024

#define EXCERPT_SINGLE 16 /* options of which only the last one is valid */

/* All there is to it is to be zero. */
struct excerpt {
	/* "--since 2026-11-22T03:00Z --container app"; "": all is wanted */
	char text[EXCERPT_SIZE];
	unsigned left_out;          /* options that found no room in it */
	struct excerpt_flaws flaws; /* of what it is of; told by the next Header */
	bool in_progress;           /* what it is of was being written */
	/* Where such options stand in the text. */
	struct excerpt_single {
		unsigned key;
		size_t at, size;
	} single[EXCERPT_SINGLE];
	unsigned n_single;
};

/* An option that chooses, and its argument or NULL, as it stands for the same tomorrow. @key: it
 * takes the place of what was taken with the same key before; 0: of nothing. */
void excerpt_take(struct excerpt *excerpt, const struct options *options, int opt, const char *arg,
		  unsigned key);

static inline bool excerpt_is_any(const struct excerpt *excerpt)
{
	return *excerpt->text;
}

/* The row of an option that chooses; NULL: it is none, or stands in no excerpt's text. */
const struct option_row *excerpt_row(const struct options *options, int opt);

/* What @excerpt chooses, of what may have been chosen itself: then @before is what did (or NULL).
 */
void excerpt_text(const struct excerpt *excerpt, const char *before, char buf[EXCERPT_SIZE]);

struct excerpt_header {
	Ringside__V1__Record record;
	Ringside__V1__Header header; /* of the record */
	char text[EXCERPT_SIZE];
	char flaws[EXCERPT_FLAWS];
};

/* The Header @record, which *ret borrows from, marked if something was chosen: of what may be an
 * excerpt itself. @hosts: that are known to be in it. */
void excerpt_mark(const struct excerpt *excerpt, const Ringside__V1__Record *record, unsigned hosts,
		  struct excerpt_header *ret);
