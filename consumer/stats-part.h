/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of stats' report share. */
#pragma once

#include "line.h"
#include "stats.h"

#define STATS_LINE 2048 /* a row of the chart: 3 bytes a column */
#define STATS_NUMBER 14 /* columns */
#define STATS_NAME_MIN 15
#define STATS_NAME_MAX 60

/* Writes the line, of STATS_LINE bytes, and begins it anew. */
void stats_put(const struct stats_print *print, struct line *line);
/* Begins a section; what stands behind its title may follow. */
void stats_title(const struct stats_print *print, struct line *line, const char *title);
/* Fills up to @width, counted from @from. */
void stats_pad(struct line *line, const char *from, size_t width);

void stats_text_counters(const struct stats_counters *counters, const struct stats_print *print,
			 struct line *line);
/* Members behind others; none where nothing is known. */
void stats_json_counters(const struct stats_counters *counters, struct writer *writer);
