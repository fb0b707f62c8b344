/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/excerpt-choices.h"

#include <stdio.h>
#include <string.h>

#include "consumer/base/json-page.h"
#include "consumer/base/text-line.h"

void excerpt_choices_take(struct excerpt_choices *choices, const char *excerpt)
{
	char text[EXCERPT_CHOICE];
	struct line line = line_make(text, sizeof(text));

	line_safe(&line, excerpt, sizeof(text));
	(void)line_end(&line);
	for (unsigned i = 0; i < choices->n; i++)
		if (!strcmp(choices->texts[i], text))
			return;
	if (choices->n == EXCERPT_CHOICES)
		choices->more = true;
	else
		memcpy(choices->texts[choices->n++], text, sizeof(text));
}

const char *excerpt_choices_text(const struct excerpt_choices *choices,
				 char buf[EXCERPT_CHOICES_TEXT])
{
	(void)snprintf(buf, EXCERPT_CHOICES_TEXT, "%s%s", choices->texts[0],
		       choices->n > 1 ? "; others, too" : "");
	return buf;
}

void excerpt_choices_json(const struct excerpt_choices *choices, struct json_page *page)
{
	char text[EXCERPT_CHOICES_TEXT];

	if (!choices->n)
		return;
	json_add_text(page, "excerpt", excerpt_choices_text(choices, text));
	json_begin_list(page, "excerpts");
	for (unsigned i = 0; i < choices->n; i++)
		json_add_text(page, NULL, choices->texts[i]);
	json_end_list(page);
}
