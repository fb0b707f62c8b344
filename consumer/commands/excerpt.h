/* SPDX-License-Identifier: Apache-2.0 */
/* What options choose of a stream, for the Headers of what is written then (Header.excerpt): who
 * reads it must not take for lost what was left out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/cli/options.h"
#include "proto/ringside.pb-c.h"

#define EXCERPT_SIZE 1024

/* All there is to it is to be zero. */
struct excerpt {
	char text[EXCERPT_SIZE]; /* "--since -1h --container app"; "": all is wanted */
};

/* An option that chooses, and its argument or NULL. */
void excerpt_take(struct excerpt *excerpt, const struct options *options, int opt, const char *arg);

static inline bool excerpt_is_any(const struct excerpt *excerpt)
{
	return *excerpt->text;
}

struct excerpt_header {
	Ringside__V1__Record record;
	Ringside__V1__Header header; /* of the record */
	char text[EXCERPT_SIZE];
};

/* The Header @record, which *ret borrows from, marked if something was chosen: of what may be an
 * excerpt itself. @hosts: that are known to be in it. */
void excerpt_mark(const struct excerpt *excerpt, const Ringside__V1__Record *record, unsigned hosts,
		  struct excerpt_header *ret);
