/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up recordings in one pass, in memory that does not depend on their size. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "consumer/excerpt/excerpt-choices.h"
#include "consumer/kinds/kind.h"
#include "consumer/layout/hosts.h"
#include "consumer/read/lost-reasons.h"
#include "consumer/read/own-usage.h"
#include "consumer/stats/time-buckets.h"
#include "consumer/stats/toplist.h"
#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

#define STATS_KINDS TIME_BUCKETS_ROWS
#define STATS_ID 16
#define STATS_HOST 68

/* A list of containers, and one for each kind that has its own. */
enum { STATS_CONTAINERS, STATS_OF_KINDS, STATS_LISTS = STATS_OF_KINDS + KINDS_COUNT };

struct stats_kind {
	char name[KIND_NAME]; /* safe to print; "any" of a Lost that names none */
	struct toplist_count count;
	struct lost_count lost[LOST_REASONS];
};

struct message_cache;

struct stats {
	uint64_t inputs;
	uint64_t file_bytes;   /* read, compressed as they were */
	uint64_t record_bytes; /* of records */
	uint64_t records;
	struct toplist_count sum; /* of all kinds */
	uint64_t self_tests;      /* Ringside's own denials that were left out of all of this */
	uint64_t hostless;        /* of the events, those that nobody knows the host of */
	uint64_t untimed;         /* events without a time of day, held back ones included */
	bool timed;
	uint64_t first, last; /* of events, ns since 1970 */
	unsigned n_kinds;     /* the last one takes in all kinds that found no room */
	struct stats_kind kinds[STATS_KINDS];
	struct time_buckets buckets; /* a row a kind, held back events included */
	/* Of inputs that are parts of streams, which somebody chose: what else there was is not
	 * known. */
	struct excerpt_choices excerpts;
	struct hosts hosts;
	char host[STATS_HOST]; /* of the record at hand; "": its Header has none */
	uint64_t host_hash;
	char host_part[4 * STATS_HOST + 1]; /* as it begins a name, with its tab */
	size_t host_size;
	/* The parts of a name are separated by tabs, and the first is the host's. */
	struct toplist *lists[STATS_LISTS]; /* NULL: see stats_list() */
	struct own_usage usage;             /* of all streamers together */
	uint8_t stream_id[STATS_ID];
	uint64_t streams;
	void *rows[KINDS_COUNT]; /* what kinds keep of theirs; NULL: nothing */
	/* Where containers may lie that come again (message-cache.h), or NULL. Set by the caller
	 * before each stats_add. */
	struct message_cache *cache;
};

/* All there is to it is to be zero. Some megabytes: allocate it. */
int stats_new(struct stats **ret);
struct stats *stats_free(struct stats *stats); /* NULL is fine; returns NULL */

/* Only these need to be unpacked. */
bool stats_wants(unsigned body);
/* Each Header, wherever filters leave it. */
void stats_begin_stream(struct stats *stats, const Ringside__V1__Header *header);
/* @header: of its stream; NULL: it has none. 0 or -ENOMEM. */
int stats_add(struct stats *stats, const Ringside__V1__Header *header,
	      const Ringside__V1__Record *record);

/* What is in a list; NULL: it is of a kind that has none. */
const struct kind_list *stats_list(unsigned which);
/* Part @n of @name (0: the host's), which has *ret_size bytes; "" if it is not there. */
const char *stats_part(const char *name, unsigned n, size_t *ret_size);

struct stats_print {
	struct writer *writer;
	size_t columns; /* of the terminal */
	bool color;
	bool utc;
	uint64_t missing; /* records that were not there to be read */
	bool filtered;    /* the bytes read are more than what is counted has */
};

void stats_text(const struct stats *stats, const struct stats_print *print);
void stats_json(const struct stats *stats, const struct stats_print *print);

DEFINE_FREEP(stats);
