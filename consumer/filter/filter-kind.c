/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of --kind, and the words people have for them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "consumer/cli/options.h"
#include "consumer/filter/filter-internal.h"
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define WORD_SIZE 64
#define WORDS_SIZE 256

/* In small letters, with "_" between its parts. Returns the kind's number, or 0. */
static unsigned read_kind(const char *part, size_t size, char word[WORD_SIZE])
{
	size_t n = size < WORD_SIZE ? size : WORD_SIZE - 1;

	for (size_t i = 0; i < n; i++)
		word[i] = part[i] == '-' ? '_' : (char)tolower((unsigned char)part[i]);
	word[n] = 0;
	return size < WORD_SIZE ? body_kind(word, n) : 0;
}

static bool is_meant(const struct kind *kind, const char *word)
{
	for (size_t i = 0; kind->meant[i]; i++)
		if (!strcmp(word, kind->meant[i]))
			return true;
	return false;
}

/* The kinds that are called so, with commas between them; NULL: none. */
static const char *find_called(const char *word, char words[WORDS_SIZE])
{
	struct line line = line_make(words, WORDS_SIZE);

	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		if (!is_meant(kinds[i], word))
			continue;
		line_text(&line, line.p > line.start ? "," : "");
		line_text(&line, kinds[i]->option);
	}
	return line_end(&line) ? words : NULL;
}

/* What our lines are labelled with, and what else the kinds are called; or what is spelt nearly so.
 */
static const char *find_meant(const char *word, char words[WORDS_SIZE])
{
	static const struct {
		const char *word, *kind;
	} others[] = {
		{"oomkill", "oom"},
		{"oomkilled", "oom"},
		{"loss", "lost"},
		{"losses", "lost"},
		{"info", "header,counters,footer,clock"},
	};
	static const char *const of_stream[] = {"header", "counters", "lost",
						"footer", "limited",  "clock"};
	const char *names[KINDS_COUNT + ARRAY_SIZE(of_stream) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(word, others[i].word))
			return others[i].kind;
	if (find_called(word, words))
		return words;
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		names[i] = kinds[i]->option;
	memcpy(names + KINDS_COUNT, of_stream, sizeof(of_stream));
	names[ARRAY_SIZE(names) - 1] = NULL;
	return option_nearest(word, names);
}

/* KIND_X of a kind that has no events, but rows in Counters; -1: none is called so. */
static int find_rows(const char *word)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (!kinds[i]->body &&
		    (!strcmp(word, kinds[i]->name) || !strcmp(word, kinds[i]->option)))
			return (int)i;
	return -1;
}

static void add_rows(struct filter_kinds *all, unsigned kind, bool negated)
{
	*(negated ? &all->negated_rows : &all->rows) |= UINT64_C(1) << kind;
	if (!negated)
		all->wanted |= UINT64_C(1) << RINGSIDE__V1__RECORD__BODY_COUNTERS;
}

/* 0: there is no such kind. */
static int add_kind(struct filter_kinds *all, const char *part, size_t size, bool negated,
		    char word[WORD_SIZE])
{
	const unsigned kind = read_kind(part, size, word);
	const int rows = kind ? -1 : find_rows(word);

	if (rows >= 0)
		add_rows(all, (unsigned)rows, negated);
	else if (kind && kind < 64)
		*(negated ? &all->negated : &all->wanted) |= UINT64_C(1) << kind;
	else
		return 0;
	all->counters |= kind == RINGSIDE__V1__RECORD__BODY_COUNTERS && !negated;
	return 1;
}

int filter_parse_kinds(struct filter_kinds *ret, const char *arg, const struct filter_error *error)
{
	char word[WORD_SIZE], words[WORDS_SIZE];
	struct filter_kinds all = *ret;

	for (const char *part = arg;; part++) {
		bool negated = *part == '!';
		size_t size = strcspn(part += negated, ",");
		const int known = add_kind(&all, part, size, negated, word);
		const char *near = known ? NULL : find_meant(word, words);

		if (near)
			return filter_invalid(error, "'%.*s' is not a kind: did you mean %s?",
					      (int)size, part, near);
		if (!known)
			return filter_invalid(error, "'%.*s' is not a kind: say %s, tcp, bpf",
					      (int)size, part, body_kinds(words, sizeof(words)));
		part += size;
		if (!*part)
			break;
	}
	*ret = all;
	return 0;
}

static uint64_t row_bit(const struct kind *kind)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (kinds[i] == kind)
			return UINT64_C(1) << i;
	return 0;
}

bool filter_names_kind(const struct filter *filter, const struct kind *kind)
{
	if (!kind->body)
		return filter->kinds.rows & row_bit(kind);
	return filter->kinds.wanted & UINT64_C(1) << kind->body;
}

bool filter_takes_kind(const struct filter *filter, const struct kind *kind)
{
	if (kind->body)
		return filter_kind_wanted(filter, kind->body);
	return (!filter->kinds.wanted || filter->kinds.rows & row_bit(kind)) &&
	       !(filter->kinds.negated_rows & row_bit(kind));
}

bool filter_hides_counters(const struct filter *filter)
{
	return filter->kinds.wanted && !filter->kinds.counters;
}
