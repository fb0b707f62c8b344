/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about an input, collected while it is read. The first ones are kept, all are
 * counted: one broken sum can make thousands. */
#pragma once

#include <stdint.h>

#include "proto/base/util.h"

#define FINDINGS_MAX 32
#define FINDING_SIZE 320

/* Real time, ns: what it is about happened in between. 0: not known, or no end. */
struct finding_time {
	uint64_t from, until;
};

struct findings {
	uint64_t n;
	char texts[FINDINGS_MAX][FINDING_SIZE];
	struct finding_time times[FINDINGS_MAX];
};

_printf_(2, 3) void findings_add(struct findings *findings, const char *format, ...);

/* When that was which was added last. */
void findings_when(struct findings *findings, uint64_t from, uint64_t until);

static inline unsigned findings_kept(const struct findings *findings)
{
	return findings->n < FINDINGS_MAX ? (unsigned)findings->n : FINDINGS_MAX;
}
