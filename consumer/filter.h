/* SPDX-License-Identifier: Apache-2.0 */
/* Which records are wanted: the same options for every command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "ringside.pb-c.h"

struct filter;

/* --kind, --host, -u/--unit, ...; opt is a letter or from OPTIONS_FILTER on. */
extern const struct option_row filter_options[];

int filter_new(struct filter **ret);
struct filter *filter_free(struct filter *filter); /* NULL is fine; returns NULL */

/* Returns 0; -ENOENT: @opt is not one of filter_options; -EINVAL: @arg is wrong, with a sentence
 * in @error that says what is right. */
int filter_option(struct filter *filter, int opt, const char *arg, char *error, size_t size);

/* @latest: the latest Header of the stream, or NULL. An empty filter matches everything. */
bool filter_match(const struct filter *filter, const Ringside__V1__Record *record,
		  const Ringside__V1__Header *latest);

static inline void filter_freep(struct filter **filter)
{
	*filter = filter_free(*filter);
}
