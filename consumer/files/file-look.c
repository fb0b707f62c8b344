/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/file-look.h"

#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/read/body.h"
#include "consumer/read/span-hash.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"

#define RUNS 1024  /* of numbers without a gap; files with more are not compared */
#define TIMES 4096 /* of records, spread over the file, that are compared */

static void add_number(struct file_look *look, uint64_t seq)
{
	struct file_look_run *latest = look->n_runs ? &look->runs[look->n_runs - 1] : NULL;

	look->n++;
	if (latest && seq == latest->last + 1) {
		latest->last = seq;
		return;
	}
	/* one that goes back is two in one, or numbered anew */
	if (!seq || (latest && seq <= latest->last) || look->n_runs == RUNS ||
	    GROW(look->runs, look->n_runs, &look->room)) {
		look->compared = false;
		return;
	}
	look->runs[look->n_runs++] = (struct file_look_run){seq, seq};
}

/* Every second one makes room for as many. */
static void thin_times(struct file_look *look)
{
	size_t kept = 0;

	look->step *= 2;
	for (size_t i = 0; i < look->n_times; i++)
		if (look->times[i].seq % look->step == 0)
			look->times[kept++] = look->times[i];
	look->n_times = kept;
}

/* Machines that are copies of one, and go on with its stream, give the same numbers to others. */
static void add_time(struct file_look *look, const struct peek *peek)
{
	if (!look->step)
		look->step = 1;
	while (look->n_times == TIMES)
		thin_times(look);
	if (!peek->time_unix_nano || peek->seq % look->step ||
	    GROW(look->times, look->n_times, &look->times_room))
		return;
	look->times[look->n_times++] = (struct file_look_time){peek->seq, peek->time_unix_nano};
}

/* A Lost that stands for what a repair left out is not that; nor is a Header made anew. */
static bool stands_in(struct reader *reader, struct reader_record *item)
{
	if (item->header)
		return text_equal(reader_header(reader)->streamer_version, RECORDING_REPAIRER);
	return item->peek.kind == RINGSIDE__V1__RECORD__BODY_LOST && !reader_unpack(reader, item) &&
	       body_stands_in(item->record);
}

/* The bytes since the latest hash. */
struct span {
	struct span_hash hash;
	bool broken; /* some are missing: nothing is known of them */
	struct file_look_run records;
};

/* Without memory the latest doubt is of more. */
static void add_doubt(struct file_look *look, const struct file_look_run *records)
{
	look->damages++;
	if (look->n_doubts < RUNS && !GROW(look->doubts, look->n_doubts, &look->doubts_room))
		look->doubts[look->n_doubts++] = *records;
	else if (look->n_doubts)
		look->doubts[look->n_doubts - 1].last = records->last;
}

static bool may_carry_hash(const struct peek *peek)
{
	return peek->kind == RINGSIDE__V1__RECORD__BODY_COUNTERS ||
	       peek->kind == RINGSIDE__V1__RECORD__BODY_FOOTER;
}

/* Of an excerpt they are of what it was chosen from; where there is no Header it may be one. */
static bool has_hashes(const struct reader *reader)
{
	const Ringside__V1__Header *header = reader_header(reader);

	return header && !header->excerpt;
}

static void check_hash(struct file_look *look, struct span *span, struct reader *reader,
		       struct reader_record *item)
{
	int answer = SPAN_HASH_NONE;

	span_hash_empty(&span->hash, item);
	if (item->header) {
		span_hash_begin(&span->hash, item->offset);
		span->broken = !has_hashes(reader);
		span->records.first = item->peek.seq;
	}
	if (may_carry_hash(&item->peek) && !reader_unpack(reader, item))
		answer = span_hash_compare(&span->hash, item);
	if (answer == SPAN_HASH_WRONG && !span->broken)
		add_doubt(look, &span->records);
	if (answer != SPAN_HASH_NONE) {
		span->records.first = item->peek.seq;
		span->broken = !has_hashes(reader);
	}
	span->records.last = item->peek.seq;
	span_hash_add(&span->hash, item);
}

bool file_look_is_orphan(const struct recording *one)
{
	static const uint8_t none[FOLDER_ID];

	return one->headless || (one->known && !memcmp(one->id.stream_id, none, FOLDER_ID));
}

static bool is_of(const struct recording *one, const Ringside__V1__Header *header)
{
	if (!header->stream_id.len)
		return file_look_is_orphan(one);
	return header->stream_id.len == FOLDER_ID &&
	       !memcmp(header->stream_id.data, one->id.stream_id, FOLDER_ID);
}

static void take_record(struct file_look *look, struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);

	if (item->header && !is_of(&look->recording, header))
		look->compared = false;
	look->closed = item->peek.kind == RINGSIDE__V1__RECORD__BODY_FOOTER;
	if (stands_in(reader, item))
		return;
	add_number(look, item->peek.seq);
	add_time(look, &item->peek);
}

void file_look_at_file(struct file_look *look)
{
	struct stat st = {0};

	(void)stat(look->recording.path, &st);
	look->device = st.st_dev;
	look->inode = st.st_ino;
	look->written = st.st_mtim;
	look->growing = being_written_path(look->recording.path);
}

static void look_at_records(struct file_look *look, struct span *span, struct reader *reader)
{
	struct reader_record item;
	int r;

	do {
		r = reader_next(reader, &item);
		if (!r) {
			check_hash(look, span, reader, &item);
			take_record(look, reader, &item);
		} else if (r != READER_END && !(r == READER_CUT && look->growing)) {
			look->damages++;
			span->broken = true;
		}
	} while (!r || r == READER_DAMAGED);
}

void file_look_into(struct file_look *look)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct span span = {0};
	int r = reader_open_file(&reader, look->recording.path);

	if (!r)
		r = span_hash_init(&span.hash);
	look->compared = !r;
	if (r)
		return;
	span.broken = true;
	reader_set_raw(reader, true);
	input_run_ahead(reader_input(reader));
	look_at_records(look, &span, reader);
	span_hash_done(&span.hash);
}

void file_look_forget(struct file_look *look)
{
	free(look->runs);
	free(look->doubts);
	free(look->times);
	look->runs = look->doubts = NULL;
	look->times = NULL;
	look->n_runs = look->n_doubts = look->n_times = 0;
	look->room = look->doubts_room = look->times_room = 0;
}

static bool has_run(const struct file_look *look, const struct file_look_run *run)
{
	for (size_t i = 0; i < look->n_runs; i++)
		if (run->first >= look->runs[i].first && run->last <= look->runs[i].last)
			return true;
	return false;
}

static bool meets(const struct file_look_run *runs, size_t n, const struct file_look_run *run)
{
	for (size_t i = 0; i < n; i++)
		if (run->first <= runs[i].last && run->last >= runs[i].first)
			return true;
	return false;
}

static bool is_doubtful(const struct file_look *look, uint64_t seq)
{
	return meets(look->doubts, look->n_doubts, &(struct file_look_run){seq, seq});
}

/* But for those that a hash says are not as they were. */
static bool is_of_same_times(const struct file_look *look, const struct file_look *better)
{
	size_t i = 0, j = 0;

	while (i < look->n_times && j < better->n_times) {
		const struct file_look_time *a = &look->times[i], *b = &better->times[j];

		if (a->seq == b->seq && a->nano != b->nano && !is_doubtful(look, a->seq) &&
		    !is_doubtful(better, b->seq))
			return false;
		i += a->seq <= b->seq;
		j += b->seq <= a->seq;
	}
	return true;
}

bool file_look_shares_times(const struct file_look *a, const struct file_look *b)
{
	size_t i = 0, j = 0, same = 0;

	while (i < a->n_times && j < b->n_times) {
		same += a->times[i].seq == b->times[j].seq;
		if (a->times[i].seq <= b->times[j].seq)
			i++;
		else
			j++;
	}
	return same && is_of_same_times(a, b);
}

bool file_look_resolves(const struct file_look *look, const struct file_look *other)
{
	for (size_t i = 0; i < other->n_doubts; i++) {
		const struct file_look_run *doubt = &other->doubts[i];

		if (meets(look->runs, look->n_runs, doubt) &&
		    !meets(look->doubts, look->n_doubts, doubt))
			return true;
	}
	return false;
}

bool file_look_is_within(const struct file_look *look, const struct file_look *better)
{
	if (look->inode == better->inode && look->device == better->device)
		return true;
	if (!look->compared || !better->compared || file_look_resolves(look, better))
		return false;
	for (size_t i = 0; i < look->n_runs; i++)
		if (!has_run(better, &look->runs[i]))
			return false;
	return look->n_runs && is_of_same_times(look, better);
}
