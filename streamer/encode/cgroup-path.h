/* SPDX-License-Identifier: Apache-2.0 */
/* The paths in the tail of a ring record, put together and made valid UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf/wire/wire.h"

/* What is longer loses its middle: bounds every frame. */
#define PATH_SIZE 4096
#define PATH_GAP "…"

struct path {
	const char *text; /* inside buf, not terminated */
	size_t size;
	bool cut; /* the middle is missing, which an element PATH_GAP stands for; or, if text does
		   * not start with "/", outer elements are */
	char buf[PATH_SIZE];
};

static inline bool path_is_absent(const struct wire_names *names)
{
	return !names->size && !names->count;
}

/* @fixed: bytes of the record's fixed part. Returns 0, or -EBADMSG when @names point out of the
 * record's tail or do not hold what they say. */
int path_unpack(struct path *ret, const struct wire_head *head, size_t fixed,
		const struct wire_names *names);
