/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of events that did not match: filter-miss.c notes it, filter-miss-sentence.c tells
 * it. */
#pragma once

#include "consumer/filter/filter-internal.h"

#define FILTER_NAMES_MAX 64u
#define FILTER_NAME_SIZE 128u

/* What the events that were looked at had of one row. */
struct filter_seen {
	uint64_t fits; /* so many of them are what is asked for */
	bool more;     /* names that found no room */
	bool ids;      /* none has a name: what stands here is what they have in its place */
	unsigned n, latest;
	char names[FILTER_NAMES_MAX][FILTER_NAME_SIZE];
};

#define FILTER_FRAMES_MAX 16u /* read for their names alone */

struct filter_misses {
	const char *pattern; /* NULL: none */
	uint64_t passed;     /* events that only the pattern left out */
	uint64_t events, looked_at;
	unsigned frames; /* that were read for the names in them alone */
	/* Bits of the values of lists that nothing had so far (filter-unmet.c); and not all was
	 * looked at for them. */
	uint64_t unmet[ROW_COUNT];
	bool unmet_begun, any_unmet, unmet_unread;
	bool unmet_of_events;     /* some were looked at */
	unsigned unpacked, named; /* for them alone */
	/* Of all events, also of those that were not looked at: */
	uint64_t kinds;      /* bits 1 << field number in Record.body */
	bool may_be_in_time; /* one of them */
	bool timed;
	uint64_t first, last; /* ns since 1970 */
	uint64_t of_boot;
	struct filter_seen rows[ROW_COUNT]; /* ROW_SINCE stands for both ends of time */
};

void filter_note_name(struct filter_seen *seen, const char *name);
void filter_note_labels(struct filter_seen *seen, const Ringside__V1__Header *header);
/* What the row's values may be meant for, in the form they have: "web-1", or "shop/web-1". */
void filter_note_names(struct filter_seen *seen, const struct filter_term *term, unsigned row,
		       const struct filter_view *view);
/* The name that is probably meant by @word, or NULL. @parts: its last part may be a name. */
const char *filter_find_meant(const struct filter_seen *seen, const char *word, bool parts);
/* Names go on behind @word, as those of a Deployment's pods do. */
bool filter_begins_names(const struct filter_seen *seen, const char *word);
static inline bool filter_row_has_parts(unsigned row)
{
	return row == ROW_CONTAINER || row == ROW_POD;
}

/* The same of what is there, though nothing may have happened in it: of rows of containers. NULL:
 * none of those is asked for, or no memory. */
struct filter_misses *filter_present_new(const struct filter *filter);
void filter_present_free(struct filter_misses **present);
void filter_present_note(const struct filter *filter, struct filter_misses *present,
			 const Ringside__V1__Container *container);
/* Of lists, what in them @view has is met; and from @first to @last what nothing has had, though it
 * had others of the list, with @before before the first. False: there is no such thing. */
void filter_unmet_note(const struct filter *filter, struct filter_misses *misses,
		       const struct filter_view *view);
bool filter_unmet_put_rows(const struct filter *filter, const struct filter_misses *misses,
			   unsigned first, unsigned last, struct line *line, const char *before);
/* What of these rows nothing has. False: there is always something. */
bool filter_present_put(const struct filter *filter, const struct filter_misses *present,
			struct line *line);
