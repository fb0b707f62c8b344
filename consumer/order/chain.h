/* SPDX-License-Identifier: Apache-2.0 */
/* What was forwarded with a filter is a chain: each message says which record of its stream was
 * sent before it, and how many were left out so far. So what is missing by choice can be told from
 * what is lost. */
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
};

/* What has come of a stream. All there is to it is to be zero. */
struct chain {
	uint64_t next;     /* behind the latest; 0: not known */
	uint64_t left_out; /* before the latest */
	bool counts;       /* ... which is known */
	bool linked;       /* there was a filter: without one, nothing is left out */
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

/* A Lost that stands for @gap before the record @data. Returns its size. */
size_t chain_lost(const struct chain_gap *gap, const void *data, size_t size,
		  uint8_t buf[CHAIN_LOST_MAX]);

/* A Header that says of the excerpt it begins that its chain is followed; *ret is to be freed. 0,
 * -ENOMEM, or -EBADMSG: it is none. */
int chain_mark(const void *header, size_t size, uint8_t **ret, size_t *ret_size);
