/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a stream: its host, the boot, and labels: "cluster=eu1,eu2", '!cluster=eu1',
 * "cluster" (with any value). Keys are told apart: a stream has to have one of the values of each.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/filter/filter-internal.h"

#define KEY_MAX 256

bool filter_match_host(const struct filter_value *value, const Ringside__V1__Header *header)
{
	return header && filter_glob(value->text, header->host_name);
}

/* Without dashes, which people leave out. Returns how many digits there are, 0 for anything else.
 */
static size_t copy_digits(char digits[33], const char *id)
{
	size_t n = 0;

	for (; *id; id++) {
		if (*id == '-')
			continue;
		if (n == 32 || !isxdigit((unsigned char)*id))
			return 0;
		digits[n++] = (char)tolower((unsigned char)*id);
	}
	digits[n] = '\0';
	return n;
}

int filter_add_boot(struct filter *filter, const char *id)
{
	char digits[33], (*boots)[33];

	if (copy_digits(digits, id) < FILTER_ID_MIN)
		return -EINVAL;
	boots = realloc(filter->boots, (filter->n_boots + 1) * sizeof(*boots));
	if (!boots)
		return -ENOMEM;
	filter->boots = boots;
	memcpy(boots[filter->n_boots++], digits, sizeof(digits));
	filter->streams = true;
	return 0;
}

bool filter_match_boot(const struct filter *filter, const Ringside__V1__Header *header)
{
	char has[33];

	if (!filter->n_boots)
		return true;
	if (!header || !header->boot_id || !copy_digits(has, header->boot_id))
		return false;
	for (size_t i = 0; i < filter->n_boots; i++)
		if (!strncmp(has, filter->boots[i], strlen(filter->boots[i])))
			return true;
	return false;
}

/* What one part says. */
struct label {
	const char *key, *value;
	size_t key_size, size;
	bool negated;
};

/* A part without a key has that of the part before it, if that had a value. */
static void split_label(struct label *label, const char *part, size_t size)
{
	const char *equal;

	label->negated = size && *part == '!';
	part += label->negated;
	size -= label->negated;
	equal = memchr(part, '=', size);
	label->value = part;
	label->size = size;
	if (equal) {
		label->key = part;
		label->key_size = (size_t)(equal - part);
		label->value = equal + 1;
		label->size = size - label->key_size - 1;
	} else if (!label->key) {
		label->value = "*";
		label->size = 1;
	}
	if (equal && label->size && *label->value == '!') {
		label->negated = !label->negated;
		label->value++;
		label->size--;
	}
}

static int add_label(struct filter_term *term, const struct label *label, const char *key,
		     size_t key_size, const struct filter_error *error)
{
	char text[2 * KEY_MAX];
	int n, r;

	if (!key_size || key_size >= KEY_MAX || label->size >= KEY_MAX)
		return filter_invalid(error, "'%.*s' is not a label: say cluster=eu1, or cluster",
				      (int)(key_size < KEY_MAX ? key_size : KEY_MAX), key);
	n = snprintf(text, sizeof(text), "%.*s=%.*s", (int)key_size, key, (int)label->size,
		     label->value);
	r = filter_add(term, text, (size_t)n, (int64_t)key_size, error);
	if (!r)
		term->values[term->n - 1].negated = label->negated;
	return r;
}

int filter_parse_labels(struct filter_term *term, const char *arg, const struct filter_error *error)
{
	struct label label = {0};
	int r = 0;

	for (const char *part = arg; !r; part++) {
		size_t size = strcspn(part, ",");
		bool negated = *part == '!';

		split_label(&label, part, size);
		r = label.key ? add_label(term, &label, label.key, label.key_size, error)
			      : add_label(term, &label, part + negated, size - negated, error);
		part += size;
		if (!*part)
			break;
	}
	return r;
}

static const char *value_of(const Ringside__V1__Header *header, const struct filter_value *value)
{
	size_t size = (size_t)value->number;

	for (size_t i = 0; header && i < header->n_labels; i++) {
		const Ringside__V1__Header__LabelsEntry *label = header->labels[i];

		if (label->key && strlen(label->key) == size &&
		    !memcmp(label->key, value->text, size))
			return label->value;
	}
	return NULL;
}

bool filter_match_label(const struct filter_value *value, const Ringside__V1__Header *header)
{
	const char *has = value_of(header, value), *text = value->text + value->number + 1;

	/* one that is empty is there, too */
	return has && (filter_glob(text, has) || !strcmp(text, has) || !strcmp(text, "*"));
}

static bool same_key(const struct filter_value *a, const struct filter_value *b)
{
	return a->number == b->number && !memcmp(a->text, b->text, (size_t)a->number);
}

/* One of those that are asked for of the key of the @nth. */
static bool has_any(const struct filter_term *term, size_t nth, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < term->n; i++)
		if (!term->values[i].negated && same_key(&term->values[i], &term->values[nth]) &&
		    filter_match_label(&term->values[i], header))
			return true;
	return false;
}

bool filter_match_labels(const struct filter_term *term, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < term->n; i++)
		if (term->values[i].negated ? filter_match_label(&term->values[i], header)
					    : !has_any(term, i, header))
			return false;
	return true;
}
