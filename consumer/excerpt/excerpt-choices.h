/* SPDX-License-Identifier: Apache-2.0 */
/* What chose the excerpts that are read (Header.excerpt): each text once, safe to print. */
#pragma once

#include <stdbool.h>

struct json_page;

#define EXCERPT_CHOICES 8 /* are kept */
#define EXCERPT_CHOICE 256

/* All there is to it is to be zero. */
struct excerpt_choices {
	unsigned n;
	bool more; /* for which there was no room */
	char texts[EXCERPT_CHOICES][EXCERPT_CHOICE];
};

void excerpt_choices_take(struct excerpt_choices *choices, const char *excerpt);

/* "--kind oom", "--kind oom; others, too" */
#define EXCERPT_CHOICES_TEXT (EXCERPT_CHOICE + 16)
const char *excerpt_choices_text(const struct excerpt_choices *choices,
				 char buf[EXCERPT_CHOICES_TEXT]);

/* The members "excerpt", that text, and "excerpts", each of them; none if there are none. */
void excerpt_choices_json(const struct excerpt_choices *choices, struct json_page *page);
