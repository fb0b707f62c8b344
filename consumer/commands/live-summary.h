/* SPDX-License-Identifier: Apache-2.0 */
/* What `ringside live` says before the first event, and behind the last: a line each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter.h"
#include "consumer/kinds/kind.h"

/* All there is to it is to be zero. */
struct live_summary {
	/* Whose probes are attached, if the filter lets them pass. */
	struct live_watched {
		const struct kind *kind;
		uint64_t shown, missed_runs;
	} watched[KINDS_COUNT];
	unsigned n_watched;
	uint64_t others; /* events that were shown, of other kinds */
	uint64_t held;   /* by the limits, of what was shown */
	uint64_t lost;
	bool lost_unknown, closed;
};

#define LIVE_SUMMARY_PROBES 256
/* The probes that the kinds of --kind need, with commas between them; NULL: it names none. */
const char *live_summary_probes(const struct filter *filter, char buf[LIVE_SUMMARY_PROBES]);

/* "watching OOM kills (fentry), for --pod web-7f9; Ctrl-C ends it". @chosen: the options that leave
 * something out, or "". */
void live_summary_begin(struct live_summary *summary, const struct filter *filter,
			const Ringside__V1__Header *header, const char *chosen, struct line *line);

/* A kind that --kind names and that is not watched: the line is what to say of it. False: none. */
bool live_summary_misses(struct live_summary *summary, const struct filter *filter,
			 struct line *line);

/* Each record; @printed: it was, or would have been if more were wanted. */
void live_summary_see(struct live_summary *summary, const Ringside__V1__Record *record,
		      bool printed);

/* "3 OOM kills, 20 seccomp denials shown (4,980 held back); nothing lost". */
void live_summary_end(const struct live_summary *summary, const uint64_t rows_shown[KINDS_COUNT],
		      struct line *line);
