/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are wider than their column lose their middle. Two that would look the same then do
 * not: the second one has a hash of all of it in the gap. So has every one that is met when as many
 * are known as are kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHORT_NAMES_KEPT 256

/* All there is to it is to be zero. */
struct short_names {
	size_t n;
	struct short_name {
		uint64_t shown, whole; /* hashes */
	} known[SHORT_NAMES_KEPT];
};

/* Makes @name, of @size bytes, at most @columns wide, in its place. Returns its bytes. */
size_t short_names_fit(struct short_names *names, char *name, size_t size, size_t columns);
