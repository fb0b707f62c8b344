/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about an input, collected while it is read. The first ones are kept, all are
 * counted: one broken sum can make thousands. */
#pragma once

#include <stdint.h>

#include "consumer/excerpt/named-hosts.h"
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
	char hosts[FINDINGS_MAX][NAMED_HOST]; /* whose; "": not known */
	char host[NAMED_HOST];                /* of what is added next, safe to print */
};

_printf_(2, 3) void findings_add(struct findings *findings, const char *format, ...);

/* When that was which was added last. */
void findings_when(struct findings *findings, uint64_t from, uint64_t until);

/* What is added from here on is of this host. */
void findings_set_host(struct findings *findings, const char *name);
/* All that have a host. */
void findings_add_hosts(const struct findings *findings, struct named_hosts *hosts);

/* ", from 2026-11-22T03:04:05.123+01:00 to 2026-11-22T03:04:06.000+01:00"; "" if it is not known.
 */
#define FINDING_TIME_TEXT 96
const char *finding_time_text(const struct finding_time *when, char buf[FINDING_TIME_TEXT]);

/* The same of the @i-th, with its host before it if @several: ", of db-2, from ...". */
#define FINDING_WHERE (FINDING_TIME_TEXT + NAMED_HOST + 8)
const char *findings_where(const struct findings *findings, unsigned i, bool several,
			   char buf[FINDING_WHERE]);

static inline unsigned findings_kept(const struct findings *findings)
{
	return findings->n < FINDINGS_MAX ? (unsigned)findings->n : FINDINGS_MAX;
}
