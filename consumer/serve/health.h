/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a machine is being recorded now, and whether anything is lost. */
#pragma once

#include "consumer/base/json-page.h"
#include "consumer/serve/ledger-feed.h"

enum health_status {
	HEALTH_WHOLE,   /* alive, and nothing is lost so far */
	HEALTH_LOSSES,  /* alive, with losses */
	HEALTH_STALE,   /* nothing was written for three intervals */
	HEALTH_GONE,    /* nobody writes it any more, and it was not closed */
	HEALTH_ENDED,   /* the stream was closed */
	HEALTH_EXCERPT, /* a part of a stream that somebody chose: of the stream it tells nothing */
	HEALTH_UNWRITABLE, /* it cannot be written: the disk is full */
	HEALTH_NONE,       /* nothing was recorded */
	HEALTH_UNREAD,     /* none of the above, or that: something cannot be read */
};

struct health {
	enum health_status status;
	const struct ledger_stream *stream; /* NULL: none was found */
	const struct stream_writer *writer; /* of its latest file; NULL: not known */
	uint64_t record_age_nano, counters_age_nano;
	uint64_t trouble_nano; /* for how long it cannot be written, and since the latest try */
	uint64_t tried_age_nano;
	struct lost_count lost;
	bool attached; /* at least one probe */
	int error;     /* of HEALTH_UNREAD: -errno */
};

/* Of what @feed has read, and of who writes it now: a stream that nobody has written for
 * @patience_nano is not any more. The lock is the caller's. */
struct health health_of(struct ledger_feed *feed, uint64_t now_nano, uint64_t patience_nano);
bool health_is_alive(enum health_status status);

/* A probe's sum as of the stream's end, and events of it that are lost, those included that could
 * not be written down. */
uint64_t health_sum(const struct health *health, const struct ledger *ledger, unsigned kind,
		    enum ledger_sum sum);
struct lost_count health_lost(const struct health *health, const struct ledger *ledger,
			      unsigned kind);

/* Whose streams an excerpt is of, as far as they are remembered; of anything else none. */
#define HEALTH_HOSTS LEDGER_STREAMS
unsigned health_hosts(const struct health *health, const struct ledger *ledger,
		      const char *names[HEALTH_HOSTS]);

/* "Permission denied (join the group ringside, or use sudo)" */
#define HEALTH_WHY 160
const char *health_why(const struct health *health, char buf[HEALTH_WHY]);

/* The members of a page, which is begun: of /health, and of status. */
void health_put(struct json_page *page, const struct ledger *ledger, const struct health *health);
