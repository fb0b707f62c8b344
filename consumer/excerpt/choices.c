/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/choices.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/excerpt/excerpt.h"
#include "proto/base/util.h"

void choices_done(struct choices *choices)
{
	for (size_t i = 0; i < choices->n; i++)
		free(choices->all[i].arg);
	free(choices->all);
	*choices = (struct choices){0};
}

/* Its values stand between commas, and none has commas of its own, as paths may. */
static bool is_list(const struct option_row *row, const char *arg)
{
	return arg && row->arg && !strcmp(row->arg, "LIST") && !strchr(arg, '/');
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "b,a,b" → "a,b", in its place. 0 or -ENOMEM. */
static int sort_list(char *list)
{
	_cleanup_free_ char *copy = strdup(list);
	_cleanup_free_ const char **words = calloc(strlen(list) + 1, sizeof(*words));
	char *rest = copy, *word;
	size_t n = 0;

	if (!copy || !words)
		return -ENOMEM;
	while ((word = strsep(&rest, ",")))
		words[n++] = word;
	qsort(words, n, sizeof(*words), compare_words);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(words[i], words[i - 1]))
			continue;
		if (i)
			*list++ = ',';
		list = stpcpy(list, words[i]);
	}
	return 0;
}

static void remove_at(struct choices *choices, size_t at)
{
	free(choices->all[at].arg);
	choices->n--;
	memmove(choices->all + at, choices->all + at + 1,
		(choices->n - at) * sizeof(*choices->all));
}

/* Of options that replace each other the last one is valid. */
static void drop_replaced(struct choices *choices, unsigned key)
{
	for (size_t i = choices->n; key && i--;)
		if (choices->all[i].key == key)
			remove_at(choices, i);
}

/* *arg, and behind it what the same option said before, if both are lists. 0 or -ENOMEM. */
static int join_lists(struct choices *choices, const struct option_row *row, int opt, char **arg)
{
	for (size_t i = choices->n; i--;) {
		const struct choice *before = &choices->all[i];
		char *both;

		if (before->opt != opt || !is_list(row, before->arg))
			continue;
		if (asprintf(&both, "%s,%s", before->arg, *arg) < 0)
			return -ENOMEM;
		free(*arg);
		*arg = both;
		remove_at(choices, i);
	}
	return sort_list(*arg);
}

int choices_take(struct choices *choices, const struct options *options, int opt, const char *arg,
		 unsigned key)
{
	const struct option_row *row = excerpt_row(options, opt);
	_cleanup_free_ char *copy = NULL;
	int r = 0;

	if (!row)
		return 0;
	drop_replaced(choices, key);
	copy = arg ? strdup(arg) : NULL;
	if (arg && !copy)
		return -ENOMEM;
	if (is_list(row, arg))
		r = join_lists(choices, row, opt, &copy);
	if (r || GROW(choices->all, choices->n, &choices->room))
		return -ENOMEM;
	choices->all[choices->n++] = (struct choice){opt, key, row->name, TAKE_PTR(copy)};
	return 0;
}

static int compare_choices(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->arg ? x->arg : "", y->arg ? y->arg : "");
}

void choices_tell(struct choices *choices, const struct options *options, struct excerpt *excerpt)
{
	if (choices->n)
		qsort(choices->all, choices->n, sizeof(*choices->all), compare_choices);
	for (size_t i = 0; i < choices->n; i++)
		excerpt_take(excerpt, options, choices->all[i].opt, choices->all[i].arg,
			     choices->all[i].key);
}
