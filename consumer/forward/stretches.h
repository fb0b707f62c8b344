/* SPDX-License-Identifier: Apache-2.0 */
/* Which records of a stream were given: mostly one stretch of numbers, from the first to the latest
 * one. Where files come out of order there are several; when there are too many, the one with the
 * lowest numbers is forgotten: its records would be given once more, which their identity tells. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define STRETCHES_MAX 16u

struct stretches {
	unsigned n; /* in the order of their numbers, with gaps between them */
	struct {
		uint64_t first, last;
	} all[STRETCHES_MAX];
};

static inline bool stretches_have(const struct stretches *s, uint64_t seq)
{
	for (unsigned i = s->n; i--;)
		if (seq >= s->all[i].first)
			return seq <= s->all[i].last;
	return false;
}

static inline uint64_t stretches_top(const struct stretches *s)
{
	return s->n ? s->all[s->n - 1].last : 0;
}

static inline void stretches_remove(struct stretches *s, unsigned i)
{
	s->n--;
	memmove(s->all + i, s->all + i + 1, (s->n - i) * sizeof(s->all[0]));
}

/* The numbers from @first to @last, none of which it has. */
static inline void stretches_add(struct stretches *s, uint64_t first, uint64_t last)
{
	unsigned at = s->n;

	while (at && s->all[at - 1].first > first)
		at--;
	if (at && s->all[at - 1].last + 1 == first) {
		s->all[--at].last = last;
	} else {
		if (s->n == STRETCHES_MAX) {
			if (!at)
				return;
			stretches_remove(s, 0);
			at--;
		}
		memmove(s->all + at + 1, s->all + at, (s->n - at) * sizeof(s->all[0]));
		s->all[at].first = first;
		s->all[at].last = last;
		s->n++;
	}
	if (at + 1 < s->n && s->all[at].last + 1 == s->all[at + 1].first) {
		s->all[at].last = s->all[at + 1].last;
		stretches_remove(s, at + 1);
	}
}
