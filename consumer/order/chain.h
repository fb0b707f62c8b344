/* SPDX-License-Identifier: Apache-2.0 */
/* What was forwarded with a filter is a chain: each message says which record of its stream was
 * sent before it, how many were left out so far, and what the filter was. So what is missing by
 * choice can be told from what is lost, and from where on to where it was which choice: who goes on
 * from the same cursor with another filter looks at all records behind the latest one that was
 * acknowledged, and says that one as the one before its first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAIN_LOST_MAX 96u

/* Of a message. */
struct chain_link {
	bool known;            /* there was a filter */
	uint64_t previous_seq; /* 0: none was sent before it */
	uint64_t left_out;     /* of the stream, before it */
	const char *filter;    /* NULL: it does not say, and its file's Header does */
};

/* What chooses. */
enum chain_choice {
	CHAIN_ALL,    /* nothing */
	CHAIN_HEADER, /* what the Header says */
	CHAIN_FILTER,
};

/* What has come of a stream. All there is to it is to be zero. */
struct chain {
	uint64_t next;            /* behind the latest; 0: not known */
	uint64_t left_out;        /* before the latest */
	bool counts;              /* ... which is known */
	bool linked;              /* there was a filter: without one, nothing is left out */
	enum chain_choice choice; /* of the latest */
	char *filter;             /* CHAIN_FILTER: its options */
};

/* Records that were sent and have not come: from @first on, before @end. */
struct chain_gap {
	uint64_t first, end;
	uint64_t count; /* 0: nobody knows how many */
};

/* Whether the message @seq goes on with what came before it; if not, *ret is what is missing. */
bool chain_goes_on(const struct chain *chain, const struct chain_link *link, uint64_t seq,
		   struct chain_gap *ret);
/* It has come. @last: its last number. */
void chain_take(struct chain *chain, const struct chain_link *link, uint64_t last);
/* What chose the message is not what chose the one before it. */
bool chain_changes(const struct chain *chain, const struct chain_link *link);
/* ... and does so from now on. 0 or -ENOMEM. */
int chain_choose(struct chain *chain, const struct chain_link *link);
void chain_done(struct chain *chain);

/* A Lost that stands for @gap before the record @data. Returns its size. */
size_t chain_lost(const struct chain_gap *gap, const void *data, size_t size,
		  uint8_t buf[CHAIN_LOST_MAX]);

/* Says in a Header what chooses the records behind it, and that their chain is followed. @linked:
 * of the Header's own message. *ret is to be freed. 0, -ENOMEM, or -EBADMSG: it stays as it is. */
int chain_mark(const struct chain *chain, const void *header, size_t size, bool linked,
	       uint8_t **ret, size_t *ret_size);
