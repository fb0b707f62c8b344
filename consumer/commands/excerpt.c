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

int excerpt_pack(const struct excerpt *excerpt, const Ringside__V1__Record *record, uint8_t **ret,
		 size_t *ret_size)
{
	Ringside__V1__Header header = *record->header;
	Ringside__V1__Record marked = *record;
	char text[EXCERPT_SIZE];

	if (excerpt_is_any(excerpt)) {
		join_texts(header.excerpt, excerpt->text, text);
		header.excerpt = text;
		header.has_locked = false; /* of the file it was in */
	}
	marked.header = &header;
	*ret = malloc(ringside__v1__record__get_packed_size(&marked) + 1);
	if (!*ret)
		return -ENOMEM;
	*ret_size = ringside__v1__record__pack(&marked, *ret);
	return 0;
}
