/* SPDX-License-Identifier: Apache-2.0 */
/* What the sums of a stream say about its losses and doubts, in sentences. */
#pragma once

#include "consumer/verify/findings.h"
#include "consumer/verify/recount.h"

/* What was lost since the previous call, and forgets nothing: the next call tells the rest. */
void losses_add(struct recount *recount, struct findings *losses);

/* Events held back since the previous call. */
uint64_t losses_limited(struct recount *recount);

/* What was lost before the sums at hand is not this input's, unless its own records tell of it: as
 * if it had been told. */
void losses_skip(struct recount *recount);

/* At a Footer: why no more can be known of the attached probes. @last: the stream ends with it. */
void losses_doubt(const struct recount *recount, bool last, struct findings *doubts);
