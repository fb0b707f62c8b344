/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about an input, collected while it is read. The first ones are kept, all are
 * counted: one broken sum can make thousands. */
#pragma once

#include <stdint.h>

#include "proto/base/util.h"

#define FINDINGS_MAX 32
#define FINDING_SIZE 320

struct findings {
	uint64_t n;
	char texts[FINDINGS_MAX][FINDING_SIZE];
};

_printf_(2, 3) void findings_add(struct findings *findings, const char *format, ...);

static inline unsigned findings_kept(const struct findings *findings)
{
	return findings->n < FINDINGS_MAX ? (unsigned)findings->n : FINDINGS_MAX;
}
