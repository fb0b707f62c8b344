/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a kind as samples. */
#pragma once

#include "consumer/base/prometheus.h"
#include "consumer/sums/ledger.h"

/* A sample, and what tells the row from others; @series NULL: of all that found no room. */
void row_metrics_begin(struct prometheus *e, const struct series *series);

void row_metrics_begin_group(struct prometheus *e, const struct group *group);

/* One value of all rows of a kind (index of the ledger). */
void row_metrics_values(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			unsigned value);
