/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/repair/rewrite.h"

#include <string.h>
#include <xxhash.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/recording/recording.h"

#define NOTE "the beginning was damaged: this Header was made anew and knows little"

struct rewrite {
	struct recording_out *out; /* borrowed */
	struct rewrite_report report;
	XXH64_state_t *hash;
	uint64_t hashed;
	uint8_t *buf; /* of a record that is packed anew */

	bool open; /* a stream has begun */
	bool has_footer;
	uint64_t next; /* seq */
	/* of records of our own: the moment of the one before them, if there is one */
	uint64_t boottime_nano, time_unix_nano;
	uint64_t first_seq;  /* as in the config */
	uint64_t footer_seq; /* of a Footer that was lost; 0: not known */
	uint8_t stream_id[RECORDING_STREAM_ID];
	bool has_stream_id;
};

/* protobuf-c's strings are not const. */
#define TEXT(s) ((char *)(uintptr_t)(s))

int rewrite_new(struct rewrite **ret, struct recording_out *out,
		const struct rewrite_config *config)
{
	_cleanup_(rewrite_freep) struct rewrite *mend = calloc(1, sizeof(*mend));

	if (!mend)
		return -ENOMEM;
	mend->out = out;
	mend->hash = XXH64_createState();
	mend->buf = malloc(FRAME_MAX + FRAME_PREFIX_MAX);
	if (!mend->hash || !mend->buf)
		return -ENOMEM;
	(void)XXH64_reset(mend->hash, 0);
	memcpy(mend->stream_id, config->stream_id, sizeof(mend->stream_id));
	mend->has_stream_id = config->has_stream_id;
	mend->first_seq = config->first_seq;
	*ret = TAKE_PTR(mend);
	return 0;
}

struct rewrite *rewrite_free(struct rewrite *mend)
{
	if (mend) {
		(void)XXH64_freeState(mend->hash);
		free(mend->buf);
		free(mend);
	}
	return NULL;
}

static void restart_hash(struct rewrite *mend)
{
	(void)XXH64_reset(mend->hash, 0);
	mend->hashed = 0;
}

static int put_record(struct rewrite *mend, const void *record, size_t size)
{
	(void)XXH64_update(mend->hash, record, size);
	mend->hashed += size;
	return recording_out_put(mend->out, record, size, mend->boottime_nano);
}

static int put_packed(struct rewrite *mend, const Ringside__V1__Record *record)
{
	size_t size = ringside__v1__record__get_packed_size(record);
	uint8_t *p = mend->buf;

	if (size > FRAME_MAX)
		return -EMSGSIZE;
	p = frame_put_length(p, size);
	p += ringside__v1__record__pack(record, p);
	return put_record(mend, mend->buf, (size_t)(p - mend->buf));
}

/* A record of our own. */
static int put_own(struct rewrite *mend, Ringside__V1__Record *record)
{
	record->has_seq = record->has_boottime_nano = record->has_time_unix_nano = 1;
	record->seq = mend->next++;
	record->boottime_nano = mend->boottime_nano;
	record->time_unix_nano = mend->time_unix_nano;
	return put_packed(mend, record);
}

/* Stands for @count records, this one's seq included; 0: nobody knows how many. @before: the moment
 * of the record behind it, 0: there is none. */
static int put_lost(struct rewrite *mend, uint64_t count, uint64_t before_nano)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	int r;

	lost.has_reason = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	lost.has_count = count > 0;
	lost.count = count;
	lost.has_after_boottime_nano = 1;
	lost.after_boottime_nano = mend->boottime_nano;
	lost.has_before_boottime_nano = before_nano > 0;
	lost.before_boottime_nano = before_nano;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	r = put_own(mend, &record);
	mend->report.lost += count;
	mend->report.lost_unknown |= !count;
	if (count)
		mend->next += count - 1;
	return r;
}

static int put_footer(struct rewrite *mend)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Footer footer = RINGSIDE__V1__FOOTER__INIT;

	footer.reason = TEXT(RECORDING_REPAIRED);
	footer.has_records = footer.has_xxh64 = footer.has_hashed_bytes = 1;
	footer.records = mend->next;
	footer.xxh64 = XXH64_digest(mend->hash);
	footer.hashed_bytes = mend->hashed;
	record.body_case = RINGSIDE__V1__RECORD__BODY_FOOTER;
	record.footer = &footer;
	restart_hash(mend);
	mend->report.footers_made++;
	return put_own(mend, &record);
}

/* A stream's end, as far as there is one. */
static int end_stream(struct rewrite *mend)
{
	int r = 0;

	if (!mend->open || mend->has_footer)
		return 0;
	mend->has_footer = true;
	if (mend->footer_seq > mend->next)
		r = put_lost(mend, mend->footer_seq - mend->next, 0);
	else if (mend->footer_seq < mend->next)
		r = put_lost(mend, 0, 0);
	return r ? r : put_footer(mend);
}

void rewrite_hole(struct rewrite *mend, const struct recording_index *index)
{
	if (index->counts[RINGSIDE__V1__RECORD__BODY_FOOTER])
		mend->footer_seq = index->last_seq;
}

static bool is_same_stream(const struct rewrite *mend, const Ringside__V1__Header *header)
{
	return mend->open && mend->has_stream_id &&
	       header->stream_id.len == sizeof(mend->stream_id) &&
	       !memcmp(header->stream_id.data, mend->stream_id, sizeof(mend->stream_id));
}

static void begin_stream(struct rewrite *mend, const Ringside__V1__Header *header, uint64_t seq)
{
	mend->open = true;
	mend->next = seq;
	mend->footer_seq = 0;
	mend->has_stream_id = header->stream_id.len == sizeof(mend->stream_id);
	if (mend->has_stream_id)
		memcpy(mend->stream_id, header->stream_id.data, sizeof(mend->stream_id));
}

/* For records whose own Header is lost, the first of which is @first. It has the number of one
 * of the lost ones: the first of these if that is known; else room is left for a Lost. */
static int make_header(struct rewrite *mend, const Ringside__V1__Record *first)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	bool known = mend->first_seq && mend->first_seq < first->seq;
	char *notes[] = {TEXT(NOTE)};
	int r;

	mend->next = known ? mend->first_seq : first->seq > 2 ? first->seq - 2 : 1;
	header.magic = TEXT("RINGSIDE");
	header.has_format_version = header.has_first_seq = 1;
	header.format_version = READER_FORMAT_VERSION;
	header.first_seq = mend->next;
	header.has_stream_id = mend->has_stream_id;
	header.stream_id.data = mend->stream_id;
	header.stream_id.len = mend->has_stream_id ? sizeof(mend->stream_id) : 0;
	header.streamer_version = TEXT(RECORDING_REPAIRER);
	header.n_notes = 1;
	header.notes = notes;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = &header;
	restart_hash(mend);
	mend->open = mend->report.header_made = true;
	r = put_own(mend, &record);
	if (!r && mend->next < first->seq)
		r = put_lost(mend, known ? first->seq - mend->next : 0, first->boottime_nano);
	return r;
}

/* What comes before the record at hand: Lost for those that are missing. */
static int fill_gap(struct rewrite *mend, const Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER &&
	    !is_same_stream(mend, record->header)) {
		int r = end_stream(mend);

		begin_stream(mend, record->header, record->seq);
		return r;
	}
	if (!mend->open)
		return make_header(mend, record);
	if (record->seq == mend->next)
		return 0;
	return put_lost(mend, record->seq - mend->next, record->boottime_nano);
}

static void set_hash(struct rewrite *mend, uint64_t *hash, uint64_t *bytes, bool *ret_changed)
{
	uint64_t now = XXH64_digest(mend->hash);

	*ret_changed = *hash != now || *bytes != mend->hashed;
	*hash = now;
	*bytes = mend->hashed;
	restart_hash(mend);
}

/* Hashes and numbers that were right for what was there. The message is the reader's, and gone
 * with its next record. */
static bool change_record(struct rewrite *mend, const Ringside__V1__Record *record)
{
	bool changed = false;

	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
		changed = record->header->first_seq != record->seq;
		record->header->first_seq = record->seq;
		restart_hash(mend);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		if (record->counters->has_xxh64)
			set_hash(mend, &record->counters->xxh64, &record->counters->hashed_bytes,
				 &changed);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		if (record->footer->has_xxh64)
			set_hash(mend, &record->footer->xxh64, &record->footer->hashed_bytes,
				 &changed);
		break;
	default:
		break;
	}
	return changed;
}

/* There is no place for it. */
static bool is_late(const struct rewrite *mend, const Ringside__V1__Record *record)
{
	if (!record->has_seq || !record->seq)
		return true;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		return is_same_stream(mend, record->header) && record->seq < mend->next;
	if (!mend->open)
		return record->seq < 2; /* a Header goes before it */
	return record->seq < mend->next || mend->has_footer;
}

int rewrite_put(struct rewrite *mend, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;
	int r;

	if (is_late(mend, record)) {
		mend->report.left_out++;
		return 0;
	}
	if (!mend->open) {
		mend->boottime_nano = record->boottime_nano;
		mend->time_unix_nano = record->time_unix_nano;
	}
	r = fill_gap(mend, record);
	if (r)
		return r;
	mend->boottime_nano = record->boottime_nano;
	mend->time_unix_nano = record->time_unix_nano;
	mend->next = record->seq + 1;
	mend->has_footer = record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER;
	mend->report.saved++;
	if (change_record(mend, record))
		return put_packed(mend, record);
	return put_record(mend, item->start, (size_t)(item->frame - item->start) + item->size);
}

int rewrite_end(struct rewrite *mend, struct rewrite_report *ret)
{
	int r = end_stream(mend);

	*ret = mend->report;
	return r;
}
