/* SPDX-License-Identifier: Apache-2.0 */
/* What a BPF iterator's program writes: records of one size, one after another. */
#pragma once

#include <stddef.h>

/* Returns 0 to go on; what else it returns ends the walk. */
typedef int (*iterator_fn)(void *data, const void *record);

/* Runs the iterator of the link @link_fd once, and calls @fn for each record of @size bytes (at
 * most 4,096), which is aligned for any type. Returns 0, what @fn returned, or -errno: -EBADMSG for
 * a record that is not whole. */
int iterator_walk(int link_fd, size_t size, iterator_fn fn, void *data);
