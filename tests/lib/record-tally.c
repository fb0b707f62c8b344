/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/record-tally.h"

static unsigned kind_index(const char *kind)
{
	return strcmp(kind, "oom_kill") ? DENIAL : KILL;
}

static void check_sums(const Ringside__V1__ProbeSums *sums, const struct tally *tally)
{
	unsigned probe = kind_index(sums->kind);

	assert_int_equal(sums->lost_in_sink, tally->lost_in_sink[probe]);
	for (size_t i = 0; i < sums->n_cpus; i++) {
		const Ringside__V1__CpuCounters *c = sums->cpus[i];

		assert_int_equal(c->written, tally->cpu[probe][c->cpu].written);
		assert_int_equal(c->carried_seen, tally->cpu[probe][c->cpu].seen);
		assert_int_equal(c->carried_limited, tally->cpu[probe][c->cpu].limited);
		assert_int_equal(c->carried_dropped, tally->cpu[probe][c->cpu].dropped);
		assert_int_equal(c->dropped, tally->cpu[probe][c->cpu].ring_full);
	}
}

static void raise_to(uint64_t *v, uint64_t least)
{
	if (*v < least)
		*v = least;
}

void take_lost(const Ringside__V1__Lost *lost, struct tally *tally)
{
	if (lost->reason == RINGSIDE__V1__LOST__REASON__SINK)
		tally->lost_in_sink[kind_index(lost->kind)] += lost->count;
	else if (lost->reason == RINGSIDE__V1__LOST__REASON__RETENTION)
		tally->retention += lost->count;
	else
		tally->cpu[kind_index(lost->kind)][lost->cpu].ring_full += lost->count;
}

static void take(const Record *r, struct tally *tally)
{
	assert_int_equal(r->seq, ++tally->seq);
	if (r->cpu_sums) {
		unsigned probe = r->body_case == BODY(OOM_KILL) ? KILL : DENIAL;

		tally->cpu[probe][r->cpu_sums->cpu].written++;
		raise_to(&tally->cpu[probe][r->cpu_sums->cpu].seen, r->cpu_sums->seen);
		raise_to(&tally->cpu[probe][r->cpu_sums->cpu].limited, r->cpu_sums->limited);
		raise_to(&tally->cpu[probe][r->cpu_sums->cpu].dropped, r->cpu_sums->dropped);
	}
	if (r->body_case == BODY(LOST))
		take_lost(r->lost, tally);
	if (r->body_case == BODY(LIMITED))
		tally->limited[kind_index(r->limited->kind)] += r->limited->count;
	if (r->body_case == BODY(COUNTERS))
		for (size_t i = 0; i < r->counters->n_probes; i++)
			check_sums(r->counters->probes[i], tally);
	if (r->body_case == BODY(FOOTER)) {
		tally->footers++;
		assert_int_equal(r->footer->records, r->seq);
		for (size_t i = 0; i < r->footer->n_probes; i++)
			check_sums(r->footer->probes[i], tally);
	}
}

/* Hashes cover the file from its Header on, each from where the previous one's record began. */
static void check_hashes(const struct records *records)
{
	size_t from = 0;

	for (size_t i = 0; i < records->n; i++) {
		const Record *r = records->all[i];
		uint64_t hash, bytes;

		if (r->body_case == BODY(COUNTERS)) {
			hash = r->counters->xxh3;
			bytes = r->counters->hashed_bytes;
		} else if (r->body_case == BODY(FOOTER)) {
			hash = r->footer->xxh3;
			bytes = r->footer->hashed_bytes;
		} else {
			continue;
		}
		assert_int_equal(bytes, records->starts[i] - from);
		assert_true(hash == XXH3_64bits(records->bytes + from, bytes));
		from = records->starts[i];
	}
}

void take_file(const char *path, struct tally *tally)
{
	bool whole;
	_cleanup_records_ struct records records = recordings_read(path, &whole);
	const Ringside__V1__Header *header = records.all[0]->header;
	size_t opening = 2;

	tally->unfinished += !whole;
	assert_int_equal(records.all[0]->body_case, BODY(HEADER));
	assert_int_equal(records.all[1]->body_case, BODY(CLOCK));
	while (records.all[opening]->body_case == BODY(LOST) ||
	       records.all[opening]->body_case == BODY(LIMITED))
		opening++;
	assert_int_equal(records.all[opening]->body_case, BODY(COUNTERS));
	assert_true(records.all[opening]->counters->full);
	assert_int_equal(header->file_index, tally->files);
	assert_int_equal(header->first_seq, tally->seq + 1);
	if (!tally->files++)
		memcpy(tally->stream_id, header->stream_id.data, 16);
	assert_memory_equal(tally->stream_id, header->stream_id.data, 16);
	for (size_t i = 0; i < records.n; i++)
		take(records.all[i], tally);
	check_hashes(&records);
}
