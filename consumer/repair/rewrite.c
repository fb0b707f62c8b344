/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/repair/rewrite.h"

#include <string.h>

#include "consumer/read/derived.h"
#include "consumer/read/made-header.h"
#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/record/stream-hash.h"
#include "proto/recording/recording.h"

struct rewrite {
	struct recording_out *out; /* borrowed */
	struct rewrite_report report;
	XXH3_state_t *xxh3;
	XXH64_state_t *xxh64;
	bool has_xxh64; /* what is read has this one */
	uint64_t hashed;
	uint8_t *buf; /* of a record that is packed anew */

	struct derived_put put;
	bool open; /* a stream has begun */
	bool has_footer;
	bool excerpt; /* what is missing was left out: its records stay as they are */
	char *choice; /* ... which is what these options chose */
	uint32_t excerpt_hosts;
	bool has_header;   /* one was read, */
	uint32_t identity; /* ... which says this (Header.identity_version); 0: nothing */
	unsigned orphan; /* the stretch at hand of records that nobody knows the stream of; 0: none
			  */
	bool damaged;    /* an excerpt, of which nobody can tell how many records are lost */
	bool between;    /* something is lost where no stream was open: maybe one as a whole */
	uint64_t next;   /* seq */
	/* of records of our own: the moment of the one before them, if there is one */
	uint64_t boottime_nano, time_unix_nano;
	uint64_t first_seq;  /* of what is missing at the beginning; 0: not known */
	uint64_t footer_seq; /* of a Footer that was lost; 0: not known */
	uint8_t stream_id[RECORDING_STREAM_ID];
	bool has_stream_id;
};

/* protobuf-c's strings are not const. */
#define TEXT(s) ((char *)(uintptr_t)(s))

static void restart_hash(struct rewrite *rewrite)
{
	(void)XXH3_64bits_reset(rewrite->xxh3);
	(void)XXH64_reset(rewrite->xxh64, 0);
	rewrite->hashed = 0;
}

int rewrite_new(struct rewrite **ret, struct recording_out *out, const struct suspects *suspects)
{
	_cleanup_(rewrite_freep) struct rewrite *rewrite = calloc(1, sizeof(*rewrite));

	if (!rewrite)
		return -ENOMEM;
	rewrite->out = out;
	rewrite->xxh3 = XXH3_createState();
	rewrite->xxh64 = XXH64_createState();
	rewrite->buf = malloc(FRAME_PREFIX_MAX + FRAME_MAX + DERIVED_MORE);
	if (!rewrite->xxh3 || !rewrite->xxh64 || !rewrite->buf)
		return -ENOMEM;
	restart_hash(rewrite);
	memcpy(rewrite->stream_id, suspects->stream_id, sizeof(rewrite->stream_id));
	rewrite->has_stream_id = suspects->has_stream_id;
	rewrite->first_seq = suspects->first_seq;
	*ret = TAKE_PTR(rewrite);
	return 0;
}

struct rewrite *rewrite_free(struct rewrite *rewrite)
{
	if (rewrite) {
		(void)XXH3_freeState(rewrite->xxh3);
		(void)XXH64_freeState(rewrite->xxh64);
		free(rewrite->buf);
		free(rewrite->choice);
		free(rewrite);
	}
	return NULL;
}

static int put_record(struct rewrite *rewrite, const void *record, size_t size)
{
	stream_hash_update(rewrite->xxh3, record, size);
	(void)XXH64_update(rewrite->xxh64, record, size);
	rewrite->hashed += size;
	return recording_out_put(rewrite->out, record, size, rewrite->boottime_nano);
}

static int put_packed(struct rewrite *rewrite, const Ringside__V1__Record *record)
{
	size_t size = ringside__v1__record__get_packed_size(record);
	uint8_t *p = rewrite->buf;

	if (size > FRAME_MAX)
		return -EMSGSIZE;
	p = frame_put_length(p, size);
	p += ringside__v1__record__pack(record, p);
	return put_record(rewrite, rewrite->buf, (size_t)(p - rewrite->buf));
}

/* A record of our own. */
static int put_own(struct rewrite *rewrite, Ringside__V1__Record *record)
{
	record->has_seq = record->has_time_unix_nano = 1;
	record->has_boottime_nano = rewrite->boottime_nano > 0;
	record->seq = rewrite->next++;
	record->boottime_nano = rewrite->boottime_nano;
	record->time_unix_nano = rewrite->time_unix_nano;
	return put_packed(rewrite, record);
}

/* Stands for @count records, this one's seq included; 0: nobody knows how many. @before: the moment
 * of the record behind it, 0: there is none. */
static int put_lost(struct rewrite *rewrite, uint64_t count, uint64_t before_nano)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	int r;

	lost.has_reason = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	lost.has_count = count > 0;
	lost.count = count;
	lost.has_after_boottime_nano = rewrite->boottime_nano > 0;
	lost.after_boottime_nano = rewrite->boottime_nano;
	lost.has_before_boottime_nano = before_nano > 0;
	lost.before_boottime_nano = before_nano;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	r = put_own(rewrite, &record);
	rewrite->between = false;
	rewrite->report.lost += count;
	rewrite->report.lost_unknown |= !count;
	if (count)
		rewrite->next += count - 1;
	return r;
}

static int put_footer(struct rewrite *rewrite)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Footer footer = RINGSIDE__V1__FOOTER__INIT;

	footer.reason = TEXT(RECORDING_REPAIRED);
	footer.has_records = footer.has_hashed_bytes = 1;
	footer.has_xxh3 = !rewrite->has_xxh64;
	footer.has_xxh64 = rewrite->has_xxh64;
	footer.records = rewrite->next;
	footer.xxh3 = XXH3_64bits_digest(rewrite->xxh3);
	footer.xxh64 = XXH64_digest(rewrite->xxh64);
	footer.hashed_bytes = rewrite->hashed;
	record.body_case = RINGSIDE__V1__RECORD__BODY_FOOTER;
	record.footer = &footer;
	restart_hash(rewrite);
	return put_own(rewrite, &record);
}

/* A stream's end, as far as there is one. */
static int end_stream(struct rewrite *rewrite)
{
	int r = 0;

	if (rewrite->open && rewrite->excerpt && rewrite->damaged) {
		rewrite->damaged = false;
		return put_lost(rewrite, 0, 0);
	}
	if (!rewrite->open || rewrite->has_footer || rewrite->excerpt)
		return 0;
	rewrite->has_footer = true;
	if (rewrite->footer_seq > rewrite->next)
		r = put_lost(rewrite, rewrite->footer_seq - rewrite->next, 0);
	else if (rewrite->footer_seq < rewrite->next)
		r = put_lost(rewrite, 0, 0);
	return r ? r : put_footer(rewrite);
}

void rewrite_damaged(struct rewrite *rewrite)
{
	rewrite->damaged = true;
	rewrite->between |= !rewrite->excerpt && (!rewrite->open || rewrite->has_footer);
}

void rewrite_hole(struct rewrite *rewrite, const struct recording_index *index)
{
	if (index->counts[RINGSIDE__V1__RECORD__BODY_FOOTER])
		rewrite->footer_seq = index->last_seq;
}

static bool is_same_stream(const struct rewrite *rewrite, const Ringside__V1__Header *header)
{
	return rewrite->open && rewrite->has_stream_id &&
	       header->stream_id.len == sizeof(rewrite->stream_id) &&
	       !memcmp(header->stream_id.data, rewrite->stream_id, sizeof(rewrite->stream_id));
}

static int begin_stream(struct rewrite *rewrite, const Ringside__V1__Header *header, uint64_t seq)
{
	free(rewrite->choice);
	rewrite->choice = header->excerpt ? strdup(header->excerpt) : NULL;
	if (header->excerpt && !rewrite->choice)
		return -ENOMEM;
	rewrite->excerpt_hosts = header->excerpt_hosts;
	rewrite->has_header = true;
	rewrite->identity = header->identity_version;
	rewrite->open = true;
	rewrite->excerpt = header->excerpt != NULL;
	rewrite->next = seq;
	rewrite->footer_seq = 0;
	rewrite->has_stream_id = header->stream_id.len == sizeof(rewrite->stream_id);
	if (rewrite->has_stream_id)
		memcpy(rewrite->stream_id, header->stream_id.data, sizeof(rewrite->stream_id));
	return 0;
}

/* The containers behind it are told as those of the Header before, if there was one: without its
 * identity_version a reader would work them out again, and has no names of Kubernetes then. */
static int put_made(struct rewrite *rewrite, struct made_header *made)
{
	if (rewrite->has_header) {
		made->header.has_identity_version = rewrite->identity > 0;
		made->header.identity_version = rewrite->identity;
	}
	restart_hash(rewrite);
	rewrite->open = rewrite->report.header_made = true;
	rewrite->between = false;
	return put_own(rewrite, &made->record);
}

/* Between two streams, before the first or behind the last, where all numbers go on: what was lost
 * may have been another one, from its Header to its Footer. So one of nobody stands there. */
static int put_unknown_stream(struct rewrite *rewrite)
{
	struct made_header made;
	int r;

	rewrite->excerpt = false;
	rewrite->next = 1;
	made_header_init(&made, NULL, rewrite->next);
	r = put_made(rewrite, &made);
	if (!r)
		r = put_lost(rewrite, 0, 0);
	return r ? r : put_footer(rewrite);
}

/* For records whose own Header is lost, the first of which is @first. It has the number of one
 * of the lost ones: the first of these if that is known; else room is left for a Lost. */
static int make_header(struct rewrite *rewrite, const Ringside__V1__Record *first)
{
	struct made_header made;
	bool known = rewrite->first_seq && rewrite->first_seq < first->seq;
	int r;

	rewrite->next = known ? rewrite->first_seq : made_header_seq(first->seq);
	made_header_init(&made, NULL, rewrite->next);
	made.header.has_stream_id = rewrite->has_stream_id;
	made.header.stream_id.data = rewrite->stream_id;
	made.header.stream_id.len = rewrite->has_stream_id ? sizeof(rewrite->stream_id) : 0;
	made.header.excerpt = rewrite->choice;
	made.header.has_excerpt_hosts = rewrite->choice && rewrite->excerpt_hosts;
	made.header.excerpt_hosts = rewrite->excerpt_hosts;
	r = put_made(rewrite, &made);
	if (!r && !rewrite->excerpt && rewrite->next < first->seq)
		r = put_lost(rewrite, known ? first->seq - rewrite->next : 0, first->boottime_nano);
	return r;
}

/* What comes before the record at hand: Lost for those that are missing. */
static int fill_gap(struct rewrite *rewrite, const Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER &&
	    !is_same_stream(rewrite, record->header)) {
		int r = end_stream(rewrite);

		if (!r && rewrite->between && !record->header->excerpt)
			r = put_unknown_stream(rewrite);
		return r ? r : begin_stream(rewrite, record->header, record->seq);
	}
	if (!rewrite->open)
		return make_header(rewrite, record);
	if (record->seq == rewrite->next || rewrite->excerpt)
		return 0;
	return put_lost(rewrite, record->seq - rewrite->next, record->boottime_nano);
}

/* @xxh3 is NULL if it is the other that the record has. */
static bool set_hash(struct rewrite *rewrite, uint64_t *xxh3, uint64_t *xxh64, uint64_t *bytes)
{
	uint64_t *hash = xxh3 ? xxh3 : xxh64, was = *hash, of = *bytes;

	*hash = xxh3 ? XXH3_64bits_digest(rewrite->xxh3) : XXH64_digest(rewrite->xxh64);
	*bytes = rewrite->hashed;
	rewrite->has_xxh64 = !xxh3;
	restart_hash(rewrite);
	return *hash != was || *bytes != of;
}

#define SET_HASH(rewrite, message)                                                                 \
	(((message)->has_xxh3 || (message)->has_xxh64) &&                                          \
	 set_hash(rewrite, (message)->has_xxh3 ? &(message)->xxh3 : NULL, &(message)->xxh64,       \
		  &(message)->hashed_bytes))

/* Hashes and numbers that were right for what was there. The message is the reader's, and gone
 * with its next record. */
static bool change_record(struct rewrite *rewrite, const Ringside__V1__Record *record)
{
	bool changed = false;

	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
		changed = record->header->first_seq != record->seq;
		record->header->first_seq = record->seq;
		restart_hash(rewrite);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		changed = SET_HASH(rewrite, record->counters);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		changed = SET_HASH(rewrite, record->footer);
		break;
	default:
		break;
	}
	return changed;
}

/* There is no place for it. */
static bool is_late(const struct rewrite *rewrite, const Ringside__V1__Record *record)
{
	if (!record->has_seq || !record->seq)
		return true;
	/* of an excerpt it comes again, where there is more to say */
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		return is_same_stream(rewrite, record->header) && record->seq < rewrite->next &&
		       !rewrite->excerpt;
	if (!rewrite->open)
		return record->seq < 2; /* a Header goes before it */
	return record->seq < rewrite->next || rewrite->has_footer;
}

/* Of an event whose boottime went with those before it, there is none: then the latest one stands.
 */
static void note_times(struct rewrite *rewrite, const Ringside__V1__Record *record)
{
	if (record->has_boottime_nano)
		rewrite->boottime_nano = record->boottime_nano;
	rewrite->time_unix_nano = record->time_unix_nano;
}

static int put_complete(struct rewrite *rewrite, const struct reader_record *item)
{
	uint8_t *record = rewrite->buf + FRAME_PREFIX_MAX, prefix[FRAME_PREFIX_MAX];
	size_t size = derived_complete(item->derived, item->frame, item->size, record);
	size_t n = (size_t)(frame_put_length(prefix, size) - prefix);

	memcpy(record - n, prefix, n);
	return put_record(rewrite, record - n, n + size);
}

/* Behind what was left out nobody knows whose the records are: not those of the stream before. */
static int begin_orphans(struct rewrite *rewrite)
{
	int r = end_stream(rewrite);

	rewrite->open = rewrite->has_footer = rewrite->has_stream_id = false;
	rewrite->first_seq = rewrite->footer_seq = 0;
	return r;
}

int rewrite_put(struct rewrite *rewrite, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;
	int r = 0;

	if (item->orphan && item->orphan != rewrite->orphan && rewrite->open)
		r = begin_orphans(rewrite);
	rewrite->orphan = item->orphan;
	if (r)
		return r;
	if (is_late(rewrite, record))
		return 0;
	if (!rewrite->open)
		note_times(rewrite, record);
	r = fill_gap(rewrite, record);
	if (r)
		return r;
	note_times(rewrite, record);
	rewrite->next = record->seq + 1;
	rewrite->has_footer = record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER;
	rewrite->report.saved++;
	if (!rewrite->excerpt && change_record(rewrite, record))
		return put_packed(rewrite, record);
	if (derived_apart(&rewrite->put, item->derived, record->seq))
		return put_complete(rewrite, item);
	return put_record(rewrite, item->start, (size_t)(item->frame - item->start) + item->size);
}

int rewrite_end(struct rewrite *rewrite, struct rewrite_report *ret)
{
	int r = end_stream(rewrite);

	if (!r && rewrite->between && rewrite->report.saved)
		r = put_unknown_stream(rewrite);
	*ret = rewrite->report;
	return r;
}
