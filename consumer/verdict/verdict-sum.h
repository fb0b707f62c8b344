/* SPDX-License-Identifier: Apache-2.0 */
/* What verify says of all its inputs together. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/verify/verify.h"

struct verdict_sum {
	int status;   /* the worst: VERIFY_*; VERIFY_COMPLETE at first */
	bool foreign; /* an input is no recording */
	bool broken;  /* one is damaged, or what is between two is, whatever is worse */
	bool cut;     /* one is unclosed, likewise */
	uint64_t files, copies, records, events, lost;
	uint64_t excerpts_lost; /* may be what recordings lost that were read, too */
	bool recordings;
	bool doubtful;  /* of one it cannot be told whether it is complete */
	bool lost_more; /* and others that nobody could count */
	struct named_hosts hosts, damaged, unclosed, lossy; /* of all; and those of which is that */
};

void verdict_sum_worsen(struct verdict_sum *sum, int status);

/* The input that was verified last, and what is wrong between it and the one before. @copy: of
 * another one, of which nothing counts twice. */
void verdict_sum_add(struct verdict_sum *sum, const struct verify *verify, bool copy);

/* There are no more. */
void verdict_sum_end(struct verdict_sum *sum);

/* "in all 9 files, 81 records: unclosed (mail-3); at least 37 lost (db-2)" */
#define VERDICT_SUM_TEXT 1024
void verdict_sum_text(const struct verdict_sum *sum, char buf[VERDICT_SUM_TEXT]);
