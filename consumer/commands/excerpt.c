/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/excerpt.h"

#include <string.h>

#include "consumer/base/shell-word.h"
#include "proto/base/util.h"

static const char *name_in(const struct option_row *rows, int opt)
{
	for (; rows && rows->name; rows++)
		if (rows->opt == opt)
			return rows->name;
	return NULL;
}

void excerpt_take(struct excerpt *excerpt, const struct options *options, int opt, const char *arg)
{
	const char *name = name_in(options->own, opt);
	size_t n = strlen(excerpt->text);
	struct line line;

	if (!name && options->shared)
		name = name_in(options->shared->rows, opt);
	/* these are in a binary output in any case */
	if (name && !strcmp(name, "self-tests"))
		return;
	if (!name || n + LINE_MIN >= sizeof(excerpt->text))
		return;
	line = line_make(excerpt->text + n, sizeof(excerpt->text) - n);
	line_text(&line, n ? " --" : "--");
	line_text(&line, name);
	if (arg) {
		line_text(&line, " ");
		shell_word(&line, arg);
	}
	(void)line_end(&line);
}

/* What is chosen of what was chosen. */
static void join_texts(const char *before, const char *text, char buf[EXCERPT_SIZE])
{
	struct line line = line_make(buf, EXCERPT_SIZE);

	line_safe(&line, before, EXCERPT_SIZE);
	line_text(&line, text_has(before) ? " " : "");
	line_text(&line, text);
	(void)line_end(&line);
}

void excerpt_mark(const struct excerpt *excerpt, const Ringside__V1__Record *record, unsigned hosts,
		  struct excerpt_header *ret)
{
	ret->record = *record;
	ret->header = *record->header;
	ret->record.header = &ret->header;
	if (!excerpt_is_any(excerpt))
		return;
	join_texts(record->header->excerpt, excerpt->text, ret->text);
	ret->header.excerpt = ret->text;
	ret->header.has_locked = false; /* of the file it was in */
	if (hosts < 2)
		return;
	ret->header.has_excerpt_hosts = true;
	ret->header.excerpt_hosts = hosts;
}
