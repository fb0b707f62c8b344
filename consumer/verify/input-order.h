/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of verify in the order in which their streams have them: files of one stream one
 * behind the other, wherever they were named; streams in the order of time. */
#pragma once

#include "consumer/files/input-list.h"

/* The number of the first record of the file behind @i, if it is the next one of its stream; else
 * 0. */
uint64_t input_order_next_seq(const struct input_list *order, size_t i);

/* Whether the file @i is the last one of its stream where another would be if there was one: in its
 * folder, or among several that were named. A file that was named alone is a part that somebody
 * wants to know about. */
bool input_order_lacks_next(const struct input_list *order, size_t i);

/* Likewise, whether the file @i is the first one that is there, but not the first of its stream. */
bool input_order_lacks_first(const struct input_list *order, size_t i);
