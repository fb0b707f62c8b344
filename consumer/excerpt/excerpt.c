/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/excerpt.h"

#include <string.h>

#include "consumer/base/shell-word.h"
#include "proto/base/count.h"

#define MORE "(and more, for which there was no room)"
#define MORE_SIZE 64 /* that or the number of the options, and a blank before it */
#define EXCERPT_OF ", and of that "

static const struct option_row *row_in(const struct option_row *rows, int opt)
{
	for (; rows && rows->name; rows++)
		if (rows->opt == opt)
			return rows;
	return NULL;
}

/* With the blank before it or, of the first one, behind it. */
static void cut_out(struct excerpt *excerpt, size_t at, size_t size)
{
	char *text = excerpt->text;

	if (at) {
		at--;
		size++;
	} else if (text[size]) {
		size++;
	}
	memmove(text + at, text + at + size, strlen(text + at + size) + 1);
	for (unsigned i = 0; i < excerpt->n_single; i++)
		if (excerpt->single[i].at > at)
			excerpt->single[i].at -= size;
}

/* Who says such an option twice is told what was valid, and nobody takes it for two. */
static void drop_single(struct excerpt *excerpt, unsigned key)
{
	for (unsigned i = 0; i < excerpt->n_single; i++) {
		const struct excerpt_single before = excerpt->single[i];

		if (before.key != key)
			continue;
		excerpt->single[i] = excerpt->single[--excerpt->n_single];
		cut_out(excerpt, before.at, before.size);
		return;
	}
}

static void keep_single(struct excerpt *excerpt, unsigned key, size_t at)
{
	if (key && excerpt->n_single < EXCERPT_SINGLE)
		excerpt->single[excerpt->n_single++] =
			(struct excerpt_single){key, at, strlen(excerpt->text) - at};
}

const struct option_row *excerpt_row(const struct options *options, int opt)
{
	const struct option_row *row = row_in(options->own, opt);

	if (!row && options->shared)
		row = row_in(options->shared->rows, opt);
	/* these are in a binary output in any case */
	return row && strcmp(row->name, "self-tests") != 0 ? row : NULL;
}

void excerpt_take(struct excerpt *excerpt, const struct options *options, int opt, const char *arg,
		  unsigned key)
{
	const struct option_row *row = excerpt_row(options, opt);
	struct line line;
	size_t n, room;

	if (!row)
		return;
	if (key)
		drop_single(excerpt, key);
	n = strlen(excerpt->text);
	room = sizeof(excerpt->text) - MORE_SIZE - n;
	/* an option without the beginning of its argument says nothing */
	if (room < sizeof(" --") + strlen(row->name) + 2 * LINE_MIN) {
		excerpt->left_out++;
		return;
	}
	line = line_make(excerpt->text + n, room);
	line_text(&line, n ? " --" : "--");
	line_text(&line, row->name);
	if (arg) {
		/* an argument that may be left out is none behind a blank */
		line_text(&line, row->arg && row->arg[0] == '[' ? "=" : " ");
		shell_word(&line, arg);
	}
	(void)line_end(&line);
	keep_single(excerpt, key, n + (n > 0));
}

/* Both have let pass what is chosen of what was chosen: of options side by side it may be either.
 * And that there is more to it than this says. */
void excerpt_text(const struct excerpt *excerpt, const char *before, char buf[EXCERPT_SIZE])
{
	struct line line = line_make(buf, EXCERPT_SIZE - MORE_SIZE + LINE_MIN), more;
	bool cut;

	line_safe(&line, before, EXCERPT_SIZE);
	line_text(&line, text_has(before) ? EXCERPT_OF : "");
	line_text(&line, excerpt->text);
	cut = line.cut;
	more = line_make(buf + line_end(&line), MORE_SIZE - LINE_MIN);
	if (cut) {
		line_text(&more, " " MORE);
	} else if (excerpt->left_out) {
		line_text(&more, " (and ");
		line_counted(&more, excerpt->left_out, "option");
		line_text(&more, " more, without room)");
	}
	(void)line_end(&more);
}

void excerpt_mark(const struct excerpt *excerpt, const Ringside__V1__Record *record, unsigned hosts,
		  struct excerpt_header *ret)
{
	ret->record = *record;
	ret->header = *record->header;
	ret->record.header = &ret->header;
	if (excerpt->flaws.found)
		ret->header.excerpt_flaws =
			(char *)(uintptr_t)excerpt_flaws_text(&excerpt->flaws, ret->flaws);
	if (excerpt->in_progress)
		ret->header.has_excerpt_in_progress = ret->header.excerpt_in_progress = true;
	if (!excerpt_is_any(excerpt))
		return;
	excerpt_text(excerpt, record->header->excerpt, ret->text);
	ret->header.excerpt = ret->text;
	ret->header.has_locked = false; /* of the file it was in */
	ret->header.has_excerpt_checked = false;
	if (hosts < 2)
		return;
	ret->header.has_excerpt_hosts = true;
	ret->header.excerpt_hosts = hosts;
}
