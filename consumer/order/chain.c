/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "proto/record/peek.h"
#include "proto/ringside.pb-c.h"

#define EXCERPT_OF ", and of that "         /* FORMAT.md */
#define UNTOLD "a filter that was not told" /* by a sender that says it in Headers only */

/* Of the numbers between, those that the filter left out are not missing. */
static uint64_t count_missing(const struct chain *chain, const struct chain_link *link,
			      uint64_t seq)
{
	uint64_t most = link->previous_seq - chain->next + 1, left_out;

	/* who goes on with another filter may count anew */
	if (!chain->counts || link->left_out < chain->left_out ||
	    (chain->linked && chain_changes(chain, link)))
		return 0;
	left_out = link->left_out - chain->left_out;
	return seq - chain->next > left_out ? min_u64(seq - chain->next - left_out, most) : 0;
}

bool chain_goes_on(const struct chain *chain, const struct chain_link *link, uint64_t seq,
		   struct chain_gap *ret)
{
	if (!link->known && chain->linked && seq > chain->next) {
		*ret = (struct chain_gap){
			.first = chain->next,
			.end = seq,
			.count = seq - chain->next,
		};
		/* behind what a filter chose nobody knows which of them it had left out */
		if (chain->choice != CHAIN_ALL && ret->count > 1)
			ret->count = 0;
		return false;
	}
	/* a cursor that was begun behind what came before it */
	if (link->known && !link->previous_seq && chain->next > 1 && seq > chain->next) {
		*ret = (struct chain_gap){.first = chain->next, .end = seq};
		return false;
	}
	if (!link->known || !chain->next || link->previous_seq < chain->next)
		return true;
	*ret = (struct chain_gap){
		.first = chain->next,
		.end = link->previous_seq + 1,
		.count = count_missing(chain, link, seq),
	};
	return false;
}

void chain_take(struct chain *chain, const struct chain_link *link, uint64_t last)
{
	chain->next = max_u64(chain->next, last + 1);
	if (!link->known)
		return;
	chain->left_out = link->left_out;
	chain->counts = chain->linked = true;
}

static enum chain_choice choice_of(const struct chain_link *link)
{
	return !link->known ? CHAIN_ALL : link->filter ? CHAIN_FILTER : CHAIN_HEADER;
}

bool chain_changes(const struct chain *chain, const struct chain_link *link)
{
	const enum chain_choice choice = choice_of(link);

	return choice != chain->choice ||
	       (choice == CHAIN_FILTER && strcmp(chain->filter, link->filter) != 0);
}

int chain_choose(struct chain *chain, const struct chain_link *link)
{
	const enum chain_choice choice = choice_of(link);
	char *filter = choice == CHAIN_FILTER ? strdup(link->filter) : NULL;

	if (choice == CHAIN_FILTER && !filter)
		return -ENOMEM;
	free(chain->filter);
	chain->filter = filter;
	chain->choice = choice;
	return 0;
}

void chain_done(struct chain *chain)
{
	free(chain->filter);
	*chain = (struct chain){0};
}

size_t chain_lost(const struct chain_gap *gap, const void *data, size_t size,
		  uint8_t buf[CHAIN_LOST_MAX])
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	struct peek peek;

	if (peek_record(data, size, &peek)) {
		lost.has_before_boottime_nano = peek.has_boottime;
		lost.before_boottime_nano = peek.boottime_nano;
		record.has_time_unix_nano = peek.has_time;
		record.time_unix_nano = peek.time_unix_nano;
		record.has_boottime_nano = peek.has_boottime;
		record.boottime_nano = peek.boottime_nano;
	}
	lost.has_reason = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	lost.has_count = gap->count > 0;
	lost.count = gap->count;
	record.has_seq = 1;
	record.seq = gap->first;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	return ringside__v1__record__pack(&record, buf);
}

/* What the recording was chosen by itself, before a filter chose of it. */
static char *source_of(char *excerpt)
{
	const size_t size = strlen(EXCERPT_OF);
	char *end = NULL;

	for (char *at = excerpt; (at = strstr(at, EXCERPT_OF)); at += size)
		end = at;
	*(end ? end : excerpt) = '\0';
	return excerpt;
}

/* What it is to say: in @header, or a constant. NULL: as it is. */
static const char *text_for(const struct chain *chain, const Ringside__V1__Header *header,
			    bool linked)
{
	switch (chain->choice) {
	case CHAIN_FILTER:
		return chain->filter;
	case CHAIN_HEADER:
		return linked && header->excerpt && *header->excerpt ? header->excerpt : UNTOLD;
	default:
		if (!chain->linked || (!linked && header->excerpt))
			return NULL;
		return header->excerpt ? source_of(header->excerpt) : "";
	}
}

int chain_mark(const struct chain *chain, const void *header, size_t size, bool linked,
	       uint8_t **ret, size_t *ret_size)
{
	Ringside__V1__Record *record = ringside__v1__record__unpack(NULL, size, header);
	const bool is_header = record && record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER;
	char *excerpt = is_header ? record->header->excerpt : NULL;
	const char *text = is_header ? text_for(chain, record->header, linked) : NULL;
	int r = text ? 0 : -EBADMSG;

	if (!r) {
		record->header->excerpt = (char *)(uintptr_t)text;
		record->header->has_excerpt_checked = record->header->excerpt_checked = 1;
		*ret_size = ringside__v1__record__get_packed_size(record);
		*ret = malloc(*ret_size);
		r = *ret ? 0 : -ENOMEM;
	}
	if (!r)
		(void)ringside__v1__record__pack(record, *ret);
	if (is_header)
		record->header->excerpt = excerpt;
	if (record)
		ringside__v1__record__free_unpacked(record, NULL);
	return r;
}
