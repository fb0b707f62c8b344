/* SPDX-License-Identifier: Apache-2.0 */
/* How far a client of /check has read: the streams there are, and of each that counts the record
 * its sums were of. Nothing is kept for a client; a restart of the server changes nothing. */
#pragma once

#include "consumer/sums/ledger.h"

#define CURSOR_STREAMS 8 /* the latest ones */
#define CURSOR_SIZE (CURSOR_STREAMS * (2 * LEDGER_ID + 22) + 1)

struct cursor {
	unsigned n;
	struct series_stamp all[CURSOR_STREAMS]; /* streams the ledger knows, too */
	uint64_t newest;                         /* the greatest order of them */
};

/* Of now. */
void cursor_format(const struct ledger *ledger, char buf[CURSOR_SIZE]);

/* One that was given out, NULL: none. 0; -EINVAL: it is none. Of streams unknown here it knows
 * nothing: then everything is new. */
int cursor_parse(struct cursor *cursor, const struct ledger *ledger, const char *text);

/* Whether it changed since. */
bool cursor_is_new(const struct cursor *cursor, struct series_stamp changed);
