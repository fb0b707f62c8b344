/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/filter/filter-remote.h"

#include <inttypes.h>

#include "consumer/cli/remote.h"

#define HOSTS_MAX 256
#define NUMBER_SIZE 24

/* What the program is told. */
struct words {
	size_t n;
	const char *all[2 * HOSTS_MAX + 10]; /* NULL ends them */
	char texts[3][NUMBER_SIZE];
	unsigned n_texts;
};

static void add_number(struct words *words, const char *option, uint64_t number)
{
	char *text = words->texts[words->n_texts++];

	(void)snprintf(text, NUMBER_SIZE, "%" PRIu64, number);
	words->all[words->n++] = option;
	words->all[words->n++] = text;
}

static void add_filter(struct words *words, const struct filter *filter)
{
	const char *names[HOSTS_MAX];
	size_t n_hosts = filter ? filter_host_names(filter, names, HOSTS_MAX) : 0;

	for (size_t i = 0; i < n_hosts; i++) {
		words->all[words->n++] = "--host";
		words->all[words->n++] = names[i];
	}
	if (filter && filter_since(filter))
		add_number(words, "--since", filter_since(filter));
}

int filter_open_remote(struct reader **ret, const char *url, const struct filter *filter,
		       struct filter_part part)
{
	struct words words = {0};

	add_filter(&words, filter);
	if (part.last) {
		add_number(&words, "--first", part.first);
		add_number(&words, "--last", part.last);
	}
	if (part.follow)
		words.all[words.n++] = "--follow";
	return reader_open_remote(ret, url, words.all);
}

int filter_remote_numbers(const char *url, const struct filter *filter, struct filter_part *ret)
{
	struct words words = {0};
	int r;

	add_filter(&words, filter);
	words.all[words.n++] = "--numbers";
	r = remote_numbers(url, words.all, &ret->first, &ret->last);
	return r == -ENOENT ? -ENOPKG : r;
}
