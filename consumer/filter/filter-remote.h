/* SPDX-License-Identifier: Apache-2.0 */
/* What is elsewhere (consumer/cli/remote.h), so that only what a filter may want is brought. */
#pragma once

#include "consumer/filter/filter.h"
#include "consumer/read/reader.h"

/* All there is, host by host, or, as they come of all hosts: */
struct filter_part {
	bool follow;          /* what comes, from now on or from --since */
	uint64_t first, last; /* those of these numbers; last: 0: not so */
};

/* @filter: NULL: all is. As reader_open. */
int filter_open_remote(struct reader **ret, const char *url, const struct filter *filter,
		       struct filter_part part);

/* Numbers of the first and the last that may be wanted; 0: there is none. 0 or -errno. */
int filter_remote_numbers(const char *url, const struct filter *filter, struct filter_part *ret);
