/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts of a compressed recording have to be read, by its index frames. */
#pragma once

#include <stdint.h>

#include "consumer/files/whole-streams.h"
#include "consumer/filter/filter.h"
#include "consumer/read/reader.h"

/* From @begin, which a frame does, to the end; and before it what has the Header in force there.
 * *ret is to be given to input_select. Returns 0, or -errno. */
int frame_selection_from(int fd, uint64_t begin, struct recording_ranges *ret);

/* The frames that may hold what @filter wants, those with Headers, and all that has no index: if it
 * is worth it, and possible with the input, @reader reads nothing else from now on. @ranges belongs
 * to the reader as long as it lives. @whole is told of what is passed over; may be NULL. Returns 0
 * or -errno. */
int frame_selection_for(struct reader *reader, const struct filter *filter,
			struct whole_streams *whole, struct recording_ranges *ranges);
/* The same for Headers alone. */
int frame_selection_of_headers(struct reader *reader, struct recording_ranges *ranges);
