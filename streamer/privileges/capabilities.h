/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities of this thread. Numbers: linux/capability.h. */
#pragma once

#include <stdint.h>

#define CAPS_OF(cap) (UINT64_C(1) << (cap))

struct caps {
	uint64_t effective;
	uint64_t permitted;
};

int caps_get(struct caps *ret);
/* The inheritable set becomes empty. */
int caps_set(const struct caps *caps);

/* Of the bounding set: what is in it still, after all that may go went. */
uint64_t caps_empty_bounds(void);
