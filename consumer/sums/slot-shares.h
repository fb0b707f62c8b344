/* SPDX-License-Identifier: Apache-2.0 */
/* Who may take how much of what all have in common, by the paths of their cgroups. Of what its
 * parent has left, a cgroup takes at most half, with all below it (and with what it has itself, as
 * one more below it): so it leaves as much as it has to those beside it, whatever it does. The same
 * rule as the kernel's tables have. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/base/hash-table.h"

/* All there is to it is to be zero. */
struct slot_shares {
	struct table nodes; /* cgroups that have something */
	size_t n;           /* of all */
};

/* Whether one more of the cgroup fits into @limit, of all; then it is counted. @path, of @size
 * bytes: "" is one of its own. False also where there is no memory. */
bool slot_shares_take(struct slot_shares *shares, const char *path, size_t size, size_t limit);
/* One that was taken. */
void slot_shares_give(struct slot_shares *shares, const char *path, size_t size);
void slot_shares_done(struct slot_shares *shares);
