/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "proto/ringside-fields.h"
#include "streamer/encode/probe-table.h"
#include "streamer/report/limited.h"

#define KEY_MAX LIMITED_KEY_MAX
#define RECORD_MAX (32u * 1024) /* with the longest path there can be */
#define SIZE_MIN 64u
/* The rows are ahead of the ring: the event with a cgroup's path may still be in it. */
#define PATH_NANO 20000000000u

struct limited_row {
	uint64_t reported;                  /* limited of the row, as last reported */
	uint64_t last;                      /* boottime of the last one held back until then */
	uint64_t committed, committed_last; /* the same, as of the latest commit */
	uint32_t probe;
	uint32_t used;        /* 0: the place is free */
	uint8_t key[KEY_MAX]; /* zeros behind the key */
};

/* One Limited record. */
struct report {
	unsigned probe;
	const void *key; /* NULL: all keys without a row */
	uint64_t count;
	uint64_t first;
	uint64_t last;
};

struct walk {
	struct limited *limited;
	const struct counters *counters;
	struct stream *stream;
	unsigned probe;
	uint64_t unkept; /* limited of the rows there is no place for */
	bool all;        /* the last time: nothing can wait */
	bool waiting;    /* some have to */
};

int limited_init(struct limited *limited, size_t n_rows_max)
{
	struct limited_row *rows = calloc(SIZE_MIN, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	*limited = (struct limited){.rows = rows, .size = SIZE_MIN, .n_rows_max = n_rows_max};
	return 0;
}

void limited_done(struct limited *limited)
{
	free(limited->rows);
	*limited = (struct limited){0};
}

/* The row of the key, or the free place where it belongs. */
static struct limited_row *find_place(struct limited_row *rows, size_t size, uint32_t probe,
				      const uint8_t *key)
{
	size_t i = XXH64(key, KEY_MAX, probe) & (size - 1);

	while (rows[i].used && (rows[i].probe != probe || memcmp(rows[i].key, key, KEY_MAX)))
		i = (i + 1) & (size - 1);
	return &rows[i];
}

static struct limited_row *find_row(const struct limited *limited, unsigned probe, const void *key)
{
	uint8_t padded[KEY_MAX] = {0};

	memcpy(padded, key, probes[probe]->key_size);
	return find_place(limited->rows, limited->size, probe, padded);
}

/* Makes sure that a free place stays free after one more row. */
static int grow_rows(struct limited *limited)
{
	size_t size = limited->size * 2;
	struct limited_row *rows;

	if (limited->n_rows >= limited->n_rows_max)
		return -ENOSPC;
	if ((limited->n_rows + 1) * 4 <= limited->size * 3)
		return 0;
	rows = calloc(size, sizeof(*rows));
	if (!rows) {
		/* for good: a key must not be reported as overflow now and by itself later */
		limited->n_rows_max = limited->n_rows;
		return -ENOMEM;
	}
	for (size_t i = 0; i < limited->size; i++) {
		const struct limited_row *row = &limited->rows[i];

		if (row->used)
			*find_place(rows, size, row->probe, row->key) = *row;
	}
	free(limited->rows);
	limited->rows = rows;
	limited->size = size;
	return 0;
}

static int write_report(const struct walk *walk, const struct report *report)
{
	uint8_t *mark;
	struct pb pb;
	int r;

	r = stream_begin(walk->stream, RECORD_MAX, &pb);
	if (r < 0)
		return r;
	mark = pb_open(&pb, FIELD_RECORD_LIMITED);
	if (report->key)
		encoder_limited_key(walk->counters->encoder, report->probe, report->key, &pb);
	else
		pb_string(&pb, FIELD_LIMITED_KIND, probes[report->probe]->name);
	pb_uint(&pb, FIELD_LIMITED_COUNT, report->count);
	if (report->first)
		pb_fixed64(&pb, FIELD_LIMITED_FIRST_BOOTTIME_NANO, report->first);
	pb_fixed64(&pb, FIELD_LIMITED_LAST_BOOTTIME_NANO, report->last);
	if (!report->key)
		pb_bool(&pb, FIELD_LIMITED_OVERFLOW, true);
	pb_close(&pb, mark);
	if (report->key && probe_is_trial(probes[report->probe], report->key))
		pb_bool(&pb, FIELD_RECORD_SELF_TEST, true);
	return stream_end(walk->stream, &pb);
}

/* Whether it may yet be learnt whose row this is. */
static bool is_early(const struct walk *walk, const struct wire_cgroup_key *cgroup,
		     const struct wire_row *row)
{
	return !walk->all && probes[walk->probe]->limited_key && cgroup->id &&
	       walk->counters->read_nano <= row->first_limited + PATH_NANO &&
	       !encoder_knows(walk->counters->encoder, cgroup);
}

/* rows_fn */
static int report_row(void *data, const void *key, const void *value)
{
	const struct wire_row *row = value;
	struct walk *walk = data;
	struct limited *limited = walk->limited;
	struct limited_row *kept;
	struct report report = {.probe = walk->probe, .key = key};
	int r;

	if (!row->limited)
		return 0;
	kept = find_row(limited, walk->probe, key);
	if (kept->reported >= row->limited)
		return 0;
	if (is_early(walk, key, row)) {
		walk->waiting = true;
		return 0;
	}
	if (!kept->used) {
		if (grow_rows(limited) < 0) {
			walk->unkept += row->limited;
			return 0;
		}
		kept = find_row(limited, walk->probe, key);
	}
	report.count = row->limited - kept->reported;
	report.first = kept->reported ? kept->last : row->first_limited;
	/* the row's members are written one after another: a moment may be older than the count */
	report.last = row->last_limited > report.first ? row->last_limited : report.first;
	r = write_report(walk, &report);
	if (r < 0)
		return r;
	if (!kept->used)
		limited->n_rows++;
	kept->used = 1;
	kept->reported = row->limited;
	kept->last = report.last;
	limited->uncommitted = true;
	kept->probe = walk->probe;
	memcpy(kept->key, key, probes[walk->probe]->key_size);
	return 0;
}

/* What has no row, in the kernel or here. */
static int report_overflow(const struct walk *walk, uint64_t in_kernel)
{
	struct limited *limited = walk->limited;
	uint64_t now = in_kernel + walk->unkept;
	struct report report = {
		.probe = walk->probe,
		.count = now - limited->sums.overflow[walk->probe],
		.first = limited->sums.overflow_nano[walk->probe],
		.last = walk->counters->read_nano,
	};
	int r;

	if (now <= limited->sums.overflow[walk->probe])
		return 0;
	r = write_report(walk, &report);
	if (r < 0)
		return r;
	limited->sums.overflow[walk->probe] = now;
	limited->sums.overflow_nano[walk->probe] = report.last;
	return 0;
}

static int walk_probe(struct walk *walk, const struct wire_sums *sums)
{
	int r;

	if (probes[walk->probe]->key_size > KEY_MAX)
		return -EINVAL;
	walk->unkept = 0;
	walk->waiting = false;
	r = kernel_rows(walk->counters->kernel, walk->probe, report_row, walk);
	if (r)
		return r;
	r = report_overflow(walk, sums->overflow_limited);
	if (!r && !walk->waiting)
		walk->limited->sums.seen[walk->probe] = sums->limited;
	return r;
}

uint64_t limited_reported(const struct limited *limited, unsigned probe, const void *key)
{
	const struct limited_row *row = find_row(limited, probe, key);

	return row->used ? row->reported : 0;
}

/* Those behind it that had to go further than their place move up. */
void limited_forget(struct limited *limited, unsigned probe, const void *key)
{
	struct limited_row *row = find_row(limited, probe, key), moved;
	size_t at = (size_t)(row - limited->rows);

	if (!row->used)
		return;
	*row = (struct limited_row){0};
	limited->n_rows--;
	for (;;) {
		at = (at + 1) & (limited->size - 1);
		if (!limited->rows[at].used)
			return;
		moved = limited->rows[at];
		limited->rows[at] = (struct limited_row){0};
		*find_place(limited->rows, limited->size, moved.probe, moved.key) = moved;
	}
}

bool limited_moved(const struct limited *limited, const struct counters *counters)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (totals_kernel(counters->now, counters->n_cpus, i).limited >
		    limited->sums.seen[i])
			return true;
	return false;
}

int limited_write(struct limited *limited, const struct counters *counters, struct stream *stream,
		  bool all)
{
	struct walk walk = {.limited = limited, .counters = counters, .stream = stream, .all = all};

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		struct wire_sums sums = totals_kernel(counters->now, counters->n_cpus, i);
		int r;

		if (!(counters->probes & 1u << i) ||
		    (!all && sums.limited <= limited->sums.seen[i]))
			continue;
		walk.probe = i;
		r = walk_probe(&walk, &sums);
		if (r < 0)
			return r;
	}
	return 0;
}

int limited_walk(const struct limited *limited, limited_fn fn, void *data)
{
	int r = 0;

	for (size_t i = 0; i < limited->size && !r; i++) {
		const struct limited_row *row = &limited->rows[i];
		struct limited_told told = {.count = row->committed,
					    .last = row->committed_last,
					    .probe = row->probe};

		if (!row->used || !row->committed)
			continue;
		memcpy(told.key, row->key, sizeof(told.key));
		r = fn(data, &told);
	}
	return r;
}

int limited_recall(struct limited *limited, const struct limited_told *told)
{
	struct limited_row *row;
	int r = grow_rows(limited);

	if (r < 0)
		return r;
	if (told->probe >= WIRE_PROBE_COUNT)
		return -EBADMSG;
	row = find_place(limited->rows, limited->size, told->probe, told->key);
	limited->n_rows += !row->used;
	*row = (struct limited_row){.reported = told->count,
				    .last = told->last,
				    .committed = told->count,
				    .committed_last = told->last,
				    .probe = told->probe,
				    .used = 1};
	memcpy(row->key, told->key, sizeof(row->key));
	return 0;
}

void limited_commit(struct limited *limited)
{
	limited->committed = limited->sums;
	if (!limited->uncommitted)
		return;
	for (size_t i = 0; i < limited->size; i++) {
		limited->rows[i].committed = limited->rows[i].reported;
		limited->rows[i].committed_last = limited->rows[i].last;
	}
	limited->uncommitted = false;
	limited->changes++;
}

/* A row that is new keeps its place, with nothing reported. */
void limited_rollback(struct limited *limited)
{
	limited->sums = limited->committed;
	if (!limited->uncommitted)
		return;
	for (size_t i = 0; i < limited->size; i++) {
		limited->rows[i].reported = limited->rows[i].committed;
		limited->rows[i].last = limited->rows[i].committed_last;
	}
	limited->uncommitted = false;
}
