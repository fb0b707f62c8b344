/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of --kind, and the words people have for them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "consumer/cli/options.h"
#include "consumer/filter/filter-internal.h"
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

/* What our lines are labelled with, and what else the kinds are called. */
static const char *meant(const char *word)
{
	static const struct {
		const char *word, *kind;
	} others[] = {
		{"deny", "seccomp"},   {"denied", "seccomp"},
		{"denial", "seccomp"}, {"denials", "seccomp"},
		{"log", "seccomp"},    {"syscall", "seccomp"},
		{"kill", "oom"},       {"kills", "oom"},
		{"memory", "oom"},     {"loss", "lost"},
		{"losses", "lost"},    {"info", "header,counters,footer,clock"},
		{"tcp", "counters"},   {"bpf", "counters"},
	};
	static const char *const kinds[] = {"header", "oom",     "seccomp", "counters", "lost",
					    "footer", "limited", "clock",   NULL};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(word, others[i].word))
			return others[i].kind;
	return options_nearest(word, kinds);
}

int filter_parse_kinds(uint64_t *ret, const char *arg, const struct filter_error *error)
{
	char word[WORD_SIZE], words[WORDS_SIZE];
	uint64_t kinds = 0;

	for (const char *part = arg;; part++) {
		size_t size = strcspn(part, ",");
		unsigned kind = read_kind(part, size, word);
		const char *near = kind ? NULL : meant(word);

		if (near)
			return filter_invalid(error, "'%.*s' is not a kind: did you mean %s?",
					      (int)size, part, near);
		if (!kind || kind >= 64)
			return filter_invalid(error, "'%.*s' is not a kind: say %s", (int)size,
					      part, body_kinds(words, sizeof(words)));
		kinds |= UINT64_C(1) << kind;
		part += size;
		if (!*part)
			break;
	}
	*ret |= kinds;
	return 0;
}
