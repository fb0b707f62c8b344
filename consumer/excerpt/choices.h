/* SPDX-License-Identifier: Apache-2.0 */
/* Options that choose, so that the same choice always has the same text (excerpt.h): in which order
 * options and the values of one are said, how often, and whether at once, makes no difference to
 * what they let pass. */
#pragma once

#include <stddef.h>

#include "consumer/cli/options.h"

struct excerpt;

struct choice {
	int opt;
	unsigned key;
	const char *name; /* the option's */
	char *arg;        /* NULL: it has none */
};

/* All there is to it is to be zero; choices_done() in any case. */
struct choices {
	struct choice *all;
	size_t n, room;
};

/* As excerpt_take(). 0 or -ENOMEM. */
int choices_take(struct choices *choices, const struct options *options, int opt, const char *arg,
		 unsigned key);
/* All that was taken goes to @excerpt. */
void choices_tell(struct choices *choices, const struct options *options, struct excerpt *excerpt);
void choices_done(struct choices *choices);
