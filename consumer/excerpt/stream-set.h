/* SPDX-License-Identifier: Apache-2.0 */
/* Which streams an input has: where they take turns, each counts once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/hash-table.h"

#define STREAM_SET_ID 16
#define STREAM_SET_MAX (1u << 16) /* of more it is not known whether they were met */

/* All there is to it is to be zero. */
struct stream_set {
	struct table table;
};

/* True: it was not in it, as far as is known. */
bool stream_set_add(struct stream_set *set, const uint8_t id[STREAM_SET_ID]);
void stream_set_done(struct stream_set *set);
