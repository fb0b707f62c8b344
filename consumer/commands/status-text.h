/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "consumer/serve/health.h"

/* All that is known of a recording, but for what is in it. */
void status_text(struct writer *writer, const struct ledger *ledger, const struct health *health);
