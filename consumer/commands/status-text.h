/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "consumer/forwarding/forward-status.h"
#include "consumer/serve/health.h"

/* All that is known of a recording, but for what is in it. */
void status_text(struct writer *writer, const struct ledger *ledger, const struct health *health);

/* What is forwarded from this machine, a line for each target. */
void status_forwards_text(struct writer *writer, const struct forward_status *all, size_t n,
			  uint64_t now);
