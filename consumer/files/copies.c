/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/copies.h"

#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/read/body.h"
#include "consumer/read/span-hash.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

#define LOOKS 64   /* of files that begin alike so many are compared */
#define RUNS 1024  /* of numbers without a gap; files with more are not compared */
#define TIMES 4096 /* of records, spread over the file, that are compared */

struct run {
	uint64_t first, last;
};

/* When a record was written. */
struct written {
	uint64_t seq, nano;
};

/* What is in a file. */
struct look {
	struct recording recording;
	size_t index; /* where it was */
	dev_t device;
	ino_t inode;
	struct timespec written;
	bool growing;
	bool compared; /* runs are all there is: it is of one stream */
	uint64_t n, damages;
	bool closed; /* its latest record is a Footer */
	struct run *runs;
	size_t n_runs, room;
	struct run *doubts; /* over which a hash is wrong: what they say is not what was written */
	size_t n_doubts, doubts_room;
	uint64_t step; /* the times are those of all numbers that are multiples of it */
	struct written *times;
	size_t n_times, times_room;
};

static void add_number(struct look *look, uint64_t seq)
{
	struct run *latest = look->n_runs ? &look->runs[look->n_runs - 1] : NULL;

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
	look->runs[look->n_runs++] = (struct run){seq, seq};
}

/* Every second one makes room for as many. */
static void thin_times(struct look *look)
{
	size_t kept = 0;

	look->step *= 2;
	for (size_t i = 0; i < look->n_times; i++)
		if (look->times[i].seq % look->step == 0)
			look->times[kept++] = look->times[i];
	look->n_times = kept;
}

/* Machines that are copies of one, and go on with its stream, give the same numbers to others. */
static void add_time(struct look *look, const struct peek *peek)
{
	if (!look->step)
		look->step = 1;
	while (look->n_times == TIMES)
		thin_times(look);
	if (!peek->time_unix_nano || peek->seq % look->step ||
	    GROW(look->times, look->n_times, &look->times_room))
		return;
	look->times[look->n_times++] = (struct written){peek->seq, peek->time_unix_nano};
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
	struct run records;
};

/* Without memory the latest doubt is of more. */
static void add_doubt(struct look *look, const struct run *records)
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

static void check_hash(struct look *look, struct span *span, struct reader *reader,
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

/* Its Header is lost, or was made anew by a repair that did not know whose it is. */
static bool is_orphan(const struct recording *one)
{
	static const uint8_t none[FOLDER_ID];

	return one->headless || (one->known && !memcmp(one->id.stream_id, none, FOLDER_ID));
}

static bool is_of(const struct recording *one, const Ringside__V1__Header *header)
{
	if (!header->stream_id.len)
		return is_orphan(one);
	return header->stream_id.len == FOLDER_ID &&
	       !memcmp(header->stream_id.data, one->id.stream_id, FOLDER_ID);
}

static void take_record(struct look *look, struct reader *reader, struct reader_record *item)
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

static void look_at_records(struct look *look, struct span *span, struct reader *reader)
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

static void look_into(struct look *look)
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

/* Of two that have the same, the one that was there first is called the original. */
static int by_age(const struct look *x, const struct look *y)
{
	size_t m = strlen(x->recording.path), n = strlen(y->recording.path);

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? -1 : 1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? -1 : 1;
	if (m != n)
		return m < n ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* What is being written first: it has most, or will. An excerpt last: it vouches for nothing. */
static int by_worth(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	if (x->recording.id.excerpt != y->recording.id.excerpt)
		return y->recording.id.excerpt ? -1 : 1;
	if (x->growing != y->growing)
		return x->growing ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->damages != y->damages)
		return x->damages < y->damages ? -1 : 1;
	if (x->closed != y->closed)
		return x->closed ? -1 : 1;
	return by_age(x, y);
}

static bool has_run(const struct look *look, const struct run *run)
{
	for (size_t i = 0; i < look->n_runs; i++)
		if (run->first >= look->runs[i].first && run->last <= look->runs[i].last)
			return true;
	return false;
}

static bool meets(const struct run *runs, size_t n, const struct run *run)
{
	for (size_t i = 0; i < n; i++)
		if (run->first <= runs[i].last && run->last >= runs[i].first)
			return true;
	return false;
}

static bool is_doubtful(const struct look *look, uint64_t seq)
{
	return meets(look->doubts, look->n_doubts, &(struct run){seq, seq});
}

/* But for those that a hash says are not as they were. */
static bool is_of_same_times(const struct look *look, const struct look *better)
{
	size_t i = 0, j = 0;

	while (i < look->n_times && j < better->n_times) {
		const struct written *a = &look->times[i], *b = &better->times[j];

		if (a->seq == b->seq && a->nano != b->nano && !is_doubtful(look, a->seq) &&
		    !is_doubtful(better, b->seq))
			return false;
		i += a->seq <= b->seq;
		j += b->seq <= a->seq;
	}
	return true;
}

/* @look has as they were written what @other has with a doubt. */
static bool resolves(const struct look *look, const struct look *other)
{
	for (size_t i = 0; i < other->n_doubts; i++) {
		const struct run *doubt = &other->doubts[i];

		if (meets(look->runs, look->n_runs, doubt) &&
		    !meets(look->doubts, look->n_doubts, doubt))
			return true;
	}
	return false;
}

/* All that is in @look is in @better. */
static bool is_within(const struct look *look, const struct look *better)
{
	if (look->inode == better->inode && look->device == better->device)
		return true;
	if (!look->compared || !better->compared || resolves(look, better))
		return false;
	for (size_t i = 0; i < look->n_runs; i++)
		if (!has_run(better, &look->runs[i]))
			return false;
	return look->n_runs && is_of_same_times(look, better);
}

static void note_copy(struct look *look, const struct look *better)
{
	struct recording *one = &look->recording;

	one->copy_of = better->recording.path;
	one->copied = look->n;
	one->copied_of = better->n;
	one->doubtful = resolves(better, look);
	one->same_file = look->inode == better->inode && look->device == better->device;
}

/* What is as it was written comes before what is not, though that may be of more records: what
 * comes first is taken. */
static void put_resolving_first(struct look *looks, size_t n)
{
	for (size_t i = 0; i < n && i < LOOKS; i++) {
		for (size_t j = i + 1; j < n && j < LOOKS && looks[i].n_doubts; j++) {
			const struct look better = looks[j];

			if (better.recording.id.excerpt || !resolves(&better, &looks[i]) ||
			    resolves(&looks[i], &better))
				continue;
			memmove(&looks[i + 1], &looks[i], (j - i) * sizeof(*looks));
			looks[i] = better;
		}
	}
}

/* Of files that begin alike. */
static void find_copies(struct look *looks, size_t n, bool brief)
{
	bool known = brief && looks[0].growing;

	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i && j < LOOKS && !looks[i].recording.copy_of; j++) {
			if (looks[j].recording.copy_of)
				continue;
			if (known || is_within(&looks[i], &looks[j]))
				note_copy(&looks[i], &looks[j]);
		}
	}
}

static bool is_looked_at(const struct look *looks, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (looks[j].inode == looks[i].inode && looks[j].device == looks[i].device)
			return true;
	return false;
}

static void forget(struct look *look)
{
	free(look->runs);
	free(look->doubts);
	free(look->times);
	look->runs = look->doubts = NULL;
	look->times = NULL;
	look->n_runs = look->n_doubts = look->n_times = 0;
	look->room = look->doubts_room = look->times_room = 0;
}

static void note_file(struct look *look)
{
	struct stat st = {0};

	(void)stat(look->recording.path, &st);
	look->device = st.st_dev;
	look->inode = st.st_ino;
	look->written = st.st_mtim;
	look->growing = being_written_path(look->recording.path);
}

static void compare_files(struct look *looks, size_t n, bool brief)
{
	bool growing = false;

	for (size_t i = 0; i < n; i++) {
		note_file(&looks[i]);
		growing |= looks[i].growing;
	}
	for (size_t i = 0; i < n && i < LOOKS && !(brief && growing); i++)
		if (!looks[i].growing && !is_looked_at(looks, i))
			look_into(&looks[i]);
	/* what grows last: it has what any copy of it has */
	for (size_t i = 0; i < n && i < LOOKS && !brief; i++)
		if (looks[i].growing && !is_looked_at(looks, i))
			look_into(&looks[i]);
	qsort(looks, n, sizeof(*looks), by_worth);
	put_resolving_first(looks, n);
	find_copies(looks, n, brief);
	for (size_t i = 0; i < n; i++)
		forget(&looks[i]);
}

static bool begins_alike(const struct recording *a, const struct recording *b)
{
	return folder_tell_alike(a, b) && a->id.first_seq == b->id.first_seq;
}

static int by_beginning(const void *a, const void *b)
{
	const struct look *x = a, *y = b;
	const struct recording *p = &x->recording, *q = &y->recording;
	int r = p->known == q->known ? 0 : p->known ? -1 : 1;

	if (!r && p->known)
		r = memcmp(p->id.stream_id, q->id.stream_id, FOLDER_ID);
	if (!r && p->known)
		r = (p->id.first_seq > q->id.first_seq) - (p->id.first_seq < q->id.first_seq);
	return r ? r : (x->index > y->index) - (x->index < y->index);
}

static int by_place(const void *a, const void *b)
{
	const struct look *x = a, *y = b;
	bool p = x->recording.copy_of, q = y->recording.copy_of;

	return p != q ? (p ? 1 : -1) : (x->index > y->index) - (x->index < y->index);
}

static int by_index(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Those that begin alike take the places they had, the best one the first. 0 or -ENOMEM. */
static int part_group(struct look *looks, size_t n, bool brief)
{
	size_t *places;

	if (n == 1)
		return 0;
	places = calloc(n, sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		places[i] = looks[i].index;
	compare_files(looks, n, brief);
	qsort(places, n, sizeof(*places), by_index);
	for (size_t i = 0; i < n; i++)
		looks[i].index = places[i];
	free(places);
	return 0;
}

/* Records of the two are the same by number and time, to the nanosecond, and none differ. */
static bool share_times(const struct look *a, const struct look *b)
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

/* Which was begun last, of those before @below, when @orphan was not yet. NULL: none. */
static struct look *find_begun(struct look *looks, size_t n, const struct look *orphan,
			       const struct look *below)
{
	struct look *latest = NULL;

	for (size_t i = 0; i < n; i++) {
		struct look *one = &looks[i];
		const uint64_t begun = one->recording.id.time_unix_nano;

		if (one == orphan || !one->recording.known || one->recording.copy_of ||
		    begun > orphan->times[0].nano ||
		    (below && (begun > below->recording.id.time_unix_nano ||
			       (begun == below->recording.id.time_unix_nano && one >= below))))
			continue;
		if (!latest || begun >= latest->recording.id.time_unix_nano)
			latest = one;
	}
	return latest;
}

/* Whose records they are, their times tell. */
static void find_family(struct look *looks, size_t n, struct look *orphan)
{
	struct look *one = NULL;

	note_file(orphan);
	orphan->n = 0;
	look_into(orphan);
	for (unsigned i = 0; i < LOOKS && orphan->n_times && !orphan->recording.copy_of; i++) {
		one = find_begun(looks, n, orphan, one);
		if (!one)
			break;
		note_file(one);
		one->n = 0;
		look_into(one);
		if (share_times(orphan, one) && is_within(orphan, one))
			note_copy(orphan, one);
		forget(one);
	}
	forget(orphan);
}

/* Without memory all are what they are: records are told apart as they come, too. */
size_t copies_part(struct recording *all, size_t n, bool brief)
{
	_cleanup_free_ struct look *looks = n > 1 ? calloc(n, sizeof(*looks)) : NULL;
	size_t from = 0, kept = 0;

	if (!looks)
		return n;
	for (size_t i = 0; i < n; i++)
		looks[i] = (struct look){.recording = all[i], .index = i};
	qsort(looks, n, sizeof(*looks), by_beginning);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && begins_alike(&looks[i].recording, &looks[from].recording))
			continue;
		(void)part_group(looks + from, i - from, brief);
		from = i;
	}
	for (size_t i = 0; i < n && !brief; i++)
		if (is_orphan(&looks[i].recording) && !looks[i].recording.copy_of)
			find_family(looks, n, &looks[i]);
	qsort(looks, n, sizeof(*looks), by_place);
	for (size_t i = 0; i < n; i++) {
		all[i] = looks[i].recording;
		kept += !all[i].copy_of;
	}
	return kept;
}

void copies_what(const struct recording *copy, char buf[COPIES_TEXT])
{
	const char *but = copy->doubtful ? ", but not as they were written there" : "";
	char of[LINE_FILE];

	line_file(copy->copy_of, of);
	if (copy->same_file && !strcmp(copy->path, copy->copy_of))
		(void)snprintf(buf, COPIES_TEXT, "named twice");
	else if (copy->same_file)
		(void)snprintf(buf, COPIES_TEXT, "the same file as %s", of);
	else if (!copy->copied_of)
		(void)snprintf(buf, COPIES_TEXT, "a copy of %s", of);
	else if (copy->copied == copy->copied_of)
		(void)snprintf(buf, COPIES_TEXT, "the same records as %s%s", of, but);
	else
		(void)snprintf(buf, COPIES_TEXT, "%s of the %s of %s, and no others%s",
			       COUNT(copy->copied), COUNTED(copy->copied_of, "record"), of, but);
}

void copies_text(const struct recording *copy, const char *what, char buf[COPIES_TEXT])
{
	char name[LINE_FILE], text[COPIES_TEXT];

	copies_what(copy, text);
	(void)snprintf(buf, COPIES_TEXT, "%s: %.1200s%s", line_file(copy->path, name), text, what);
}
