/* SPDX-License-Identifier: Apache-2.0 */
/* Small words for the parser of cgroup paths alone. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "proto/record/container.h"

#define SPAN(literal) ((struct container_name){(literal), sizeof(literal) - 1})
#define ANY SPAN("")

static inline bool name_equal(struct container_name s, struct container_name other)
{
	return s.size == other.size && !memcmp(s.p, other.p, s.size);
}

static inline bool name_cut_start(struct container_name *s, struct container_name prefix)
{
	if (s->size < prefix.size || memcmp(s->p, prefix.p, prefix.size))
		return false;
	s->p += prefix.size;
	s->size -= prefix.size;
	return true;
}

static inline bool name_cut_end(struct container_name *s, struct container_name suffix)
{
	if (s->size < suffix.size || memcmp(s->p + s->size - suffix.size, suffix.p, suffix.size))
		return false;
	s->size -= suffix.size;
	return true;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_lower_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static inline bool is_digit_or_lower(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z');
}

static inline bool name_all(struct container_name s, bool (*is)(char))
{
	for (size_t i = 0; i < s.size; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}
