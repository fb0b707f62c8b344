/* SPDX-License-Identifier: Apache-2.0 */
/* Streams whose first files are missing, of those that verify was given together: whoever deletes
 * files to make room says so, in this stream or in another, and files of which nobody says so were
 * taken away. */
#pragma once

#include "consumer/verify/input-order.h"
#include "proto/ringside.pb-c.h"

struct head {
	const struct recording *file; /* the first one of the stream that is there */
	bool told;                    /* the one before it was deleted to make room */
};

struct first_files {
	size_t n;
	struct head *all;
	bool all_told; /* files were deleted, and nobody says which */
};

/* @order is borrowed. 0 or -ENOMEM. A file that was named alone is a part that somebody wants to
 * know about: it is none of them. */
int first_files_new(struct first_files *ret, const struct input_list *order);
void first_files_done(struct first_files *heads);

/* What a stream says that it has deleted. */
void first_files_take(struct first_files *heads, const Ringside__V1__Lost *lost);

/* Whether its folder was changed in the minute before @now (real time, seconds): who writes there
 * may have deleted something that it has not said yet. */
bool first_files_is_fresh(const struct head *head, time_t now);
