/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the recordings that an excerpt is of (Header.excerpt_flaws), in words that go
 * on "a recording that", with the hosts of which it is known: "lost events (db-2), ends without a
 * Footer (mail-3)". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/excerpt/named-hosts.h"
#include "proto/ringside.pb-c.h"

enum {
	EXCERPT_DAMAGED = 1 << 0,
	EXCERPT_LOST = 1 << 1,
	EXCERPT_UNREAD = 1 << 2,
	EXCERPT_NO_END = 1 << 3,
	EXCERPT_GAPS = 1 << 4,
	EXCERPT_NO_NEXT = 1 << 5,
	EXCERPT_NO_FIRST = 1 << 6,
};
#define EXCERPT_FLAW_WORDS 7
#define EXCERPT_FLAWS 320 /* of the text */

/* All there is to it is to be zero. */
struct excerpt_flaws {
	unsigned found;                               /* EXCERPT_* */
	struct named_hosts hosts[EXCERPT_FLAW_WORDS]; /* by bit */
};

void excerpt_flaws_reset(struct excerpt_flaws *flaws);

/* @host: whose recording it is, NULL: that is not known, or needs no word. */
void excerpt_flaws_add(struct excerpt_flaws *flaws, unsigned found, const char *host);
/* What a Header says: of its own host, or, if it does not say whose they are, of any. */
void excerpt_flaws_take(struct excerpt_flaws *flaws, const Ringside__V1__Header *header);

/* Returns @buf. Of what has no room the hosts are left out first. */
const char *excerpt_flaws_text(const struct excerpt_flaws *flaws, char buf[EXCERPT_FLAWS]);

/* The bits of a Header's text; what is no word of ours is lost. */
unsigned excerpt_flaws_found(const char *text);
/* They are those of the Header's own stream, and the text names its host. */
bool excerpt_flaws_is_own(const char *text);
