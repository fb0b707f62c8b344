/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/ids.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/util.h"

void ids_done(struct ids *ids)
{
	free(ids->all);
	*ids = (struct ids){0};
}

/* How many stretches begin at or before @number. */
static size_t count_before(const struct ids *ids, const uint8_t *stream, uint64_t number)
{
	size_t low = 0, high = ids->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = memcmp(ids->all[middle].stream, stream, IDS_STREAM);

		if (r < 0 || (r == 0 && ids->all[middle].first <= number))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of(const struct ids_stretch *stretch, const uint8_t *stream)
{
	return !memcmp(stretch->stream, stream, IDS_STREAM);
}

bool ids_has(const struct ids *ids, const uint8_t *stream, uint64_t number)
{
	size_t at = count_before(ids, stream, number);

	return at && is_of(&ids->all[at - 1], stream) && ids->all[at - 1].last >= number;
}

static void remove_at(struct ids *ids, size_t at)
{
	ids->n--;
	memmove(ids->all + at, ids->all + at + 1, (ids->n - at) * sizeof(*ids->all));
}

static int insert_at(struct ids *ids, size_t at, const uint8_t *stream, uint64_t number)
{
	struct ids_stretch stretch = {.first = number, .last = number};

	if (ids->n == IDS_STRETCHES)
		return -ENOSPC;
	if (GROW(ids->all, ids->n, &ids->room))
		return -ENOMEM;
	memcpy(stretch.stream, stream, IDS_STREAM);
	memmove(ids->all + at + 1, ids->all + at, (ids->n - at) * sizeof(*ids->all));
	ids->all[at] = stretch;
	ids->n++;
	return 0;
}

int ids_add(struct ids *ids, const uint8_t *stream, uint64_t number)
{
	size_t at = count_before(ids, stream, number);
	struct ids_stretch *before =
		at && is_of(&ids->all[at - 1], stream) ? &ids->all[at - 1] : NULL;
	struct ids_stretch *after =
		at < ids->n && is_of(&ids->all[at], stream) ? &ids->all[at] : NULL;

	if (before && before->last >= number)
		return 0;
	if (before && before->last + 1 == number) {
		before->last = number;
		if (after && after->first == number + 1) {
			before->last = after->last;
			remove_at(ids, at);
		}
		return 0;
	}
	if (after && after->first == number + 1) {
		after->first = number;
		return 0;
	}
	return insert_at(ids, at, stream, number);
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool ids_parse(const char *name, uint8_t stream[IDS_STREAM], uint64_t *ret_number,
	       uint64_t *ret_last)
{
	char *end;

	for (size_t i = 0; i < IDS_STREAM; i++) {
		int high = digit(*name), low = high < 0 ? -1 : digit(name[1]);

		if (low < 0)
			return false;
		stream[i] = (uint8_t)(high << 4 | low);
		name += 2;
	}
	if (*name != ':' || !isdigit((unsigned char)name[1]))
		return false;
	*ret_number = *ret_last = strtoull(name + 1, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		*ret_last = strtoull(end + 1, &end, 10);
	return !*end;
}
