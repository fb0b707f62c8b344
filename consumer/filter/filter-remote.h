/* SPDX-License-Identifier: Apache-2.0 */
/* What is elsewhere (consumer/cli/remote.h), so that only what a filter may want is brought. */
#pragma once

#include "consumer/filter/filter.h"
#include "consumer/read/reader.h"

/* @filter: NULL: all is. @follow: goes on with what comes, from now on or from --since. As
 * reader_open. */
int filter_open_remote(struct reader **ret, const char *url, const struct filter *filter,
		       bool follow);
