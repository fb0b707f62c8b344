/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of stats' report share. */
#pragma once

#include "consumer/base/columns.h"
#include "consumer/base/json-page.h"
#include "consumer/stats/stats.h"

#define STATS_NUMBER 14 /* columns */
#define STATS_NAME_MIN 15
#define STATS_NAME_MAX 60

void stats_text_counters(const struct stats_counters *counters, struct columns *columns);
/* No members where nothing is known. */
void stats_json_counters(const struct stats_counters *counters, struct json_page *page);
