/* SPDX-License-Identifier: Apache-2.0 */
/* The sums as JSON, an object a kind, as Datadog's checks have it. Reading takes nothing away. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "consumer/sums/cursor.h"

/* What changed since @cursor; of an empty one, everything. */
void check_write(struct writer *writer, const struct ledger *ledger, const struct cursor *cursor,
		 uint64_t now_nano);
