/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include <xxhash.h>

#include "proto/ringside-fields.h"
#include "streamer/report/clock.h"
#include "streamer/report/footer.h"
#include "streamer/report/header.h"
#include "tests/lib/stream-fixture.h"
#include "tests/lib/wire-record.h"

static struct header_config some_config(void)
{
	struct header_config config = {
		.counters_interval = 10,
		.n_labels = 1,
		.host_name = "somewhere",
	};

	config.labels[0] = (struct header_label){.key = "cluster=", .key_size = 7, .value = "eu1"};
	return config;
}

static void put_event(struct fixture *f, unsigned cpu)
{
	struct wire_record record;

	record_init(&record, WIRE_SECCOMP_DENIAL);
	record.head.cpu = cpu;
	assert_ok(fixture_event(f, &record.head, record.head.size));
	totals_wrote(&f->totals, &record.head, f->stream->run.number);
}

static void put_clock(struct fixture *f)
{
	const struct clock_pair now = {.boottime = 1, .realtime = 2};

	assert_ok(clock_write(f->stream, &now, false));
}

static void put_counters(struct fixture *f)
{
	counters_read(&f->counters);
	assert_ok(counters_write(&f->counters, &f->totals, f->stream, true));
}

static void a_stream_begins_with_the_magic_and_says_what_it_is(void **state)
{
	struct fixture *f = *state;
	const struct header_config config = some_config();

	f->kernel->config = (struct kernel_config){.probes = 3,
						   .rate = 1,
						   .burst = 20,
						   .critical_ring_bytes = 524288,
						   .bulk_ring_bytes = 8388608};
	f->kernel->probes[WIRE_SECCOMP_DENIAL] = (struct kernel_probe){
		.n_attempts = 1,
		.attempts = {{.tier = KERNEL_TIER_FENTRY, .error = "refused \xff"}},
	};
	assert_ok(header_write(f->stream, &f->counters.machine, f->kernel, &config));
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__Header *h = records.all[0]->header;

		assert_memory_equal(memmem(records.bytes, 16, "\x0a\x08RI", 4), "\x0a\x08RINGSIDE",
				    10);
		assert_string_equal(h->magic, "RINGSIDE");
		assert_int_equal(h->format_version, 2);
		assert_int_equal(h->stream_id.len, 16);
		assert_memory_equal(h->stream_id.data, f->stream->id, 16);
		assert_int_equal(h->first_seq, 1);
		assert_string_equal(h->host_name, "somewhere");
		assert_int_equal(h->n_labels, 1);
		assert_string_equal(h->labels[0]->key, "cluster");
		assert_string_equal(h->labels[0]->value, "eu1");
		assert_int_equal(h->n_probes, 2);
		assert_int_equal(h->probes[0]->tier, RINGSIDE__V1__TIER__TIER_FENTRY);
		assert_int_equal(h->probes[0]->n_blind_spots, 1);
		assert_false(h->probes[1]->has_tier);
		assert_string_equal(h->probes[1]->attempts[0]->error, "refused \xef\xbf\xbd");
		assert_int_equal(h->limits->burst, 20);
		assert_int_equal(h->possible_cpus, FAKE_CPUS);
		assert_int_equal(h->map_bytes, FAKE_MAP_BYTES);
		assert_int_equal(h->counters_interval_nano, 10000000000);
		assert_int_equal(strlen(h->boot_id), 36);
		assert_true(!h->machine_id || strlen(h->machine_id) == 32);
	}
}

/* Whether an event would go on with a run now. One is put in. */
static bool goes_on(struct fixture *f)
{
	struct record_stamp stamp = {0};
	uint64_t run = f->stream->run.number;

	assert_non_null(stream_reserve(f->stream, ENCODER_FRAME_MAX, &stamp));
	assert_int_equal(f->stream->run.number != run, !stamp.goes_on);
	put_event(f, 0);
	return stamp.goes_on;
}

static void runs_of_events_begin_where_nothing_before_may_be_needed(void **state)
{
	struct fixture *f = *state;
	size_t events = 1;

	assert_false(goes_on(f));
	assert_true(goes_on(f));
	put_clock(f); /* behind any other record */
	assert_false(goes_on(f));
	assert_true(goes_on(f));
	f->stream->realtime_offset++;
	assert_false(goes_on(f));
	assert_true(goes_on(f));
	stream_commit(f->stream);
	assert_true(goes_on(f)); /* a flush is no reason */
	stream_rollback(f->stream);
	assert_false(goes_on(f)); /* its number was another's, which may have been read */
	assert_false(goes_on(f)); /* and this one's is the next */
	while (goes_on(f))        /* and after so many bytes */
		events++;
	assert_in_range(events * (f->stream->tail / (events + 1)), STREAM_RUN - 1024,
			STREAM_RUN + 1024);
}

static void two_streams_have_different_ids(void **state)
{
	struct fixture *f = *state;
	struct stream *other = NULL;

	assert_ok(stream_new(&other, f->sink));
	assert_memory_not_equal(f->stream->id, other->id, STREAM_ID_SIZE);
	(void)stream_free(other);
}

static void assert_hash(const struct records *records, size_t from, size_t to, uint64_t hash,
			uint64_t bytes)
{
	const size_t size = records->starts[to] - records->starts[from];

	assert_int_equal(bytes, size);
	assert_true(hash == XXH3_64bits(records->bytes + records->starts[from], size));
}

static void hashes_cover_every_byte_once(void **state)
{
	struct fixture *f = *state;

	put_clock(f);    /* 0 */
	put_counters(f); /* 1: covers 0 */
	for (unsigned i = 0; i < 5; i++)
		put_event(f, i);            /* 2-6 */
	assert_ok(stream_flush(f->stream)); /* a hash runs on across flushes */
	put_event(f, 1);                    /* 7 */
	put_counters(f);                    /* 8: covers 1-7 */
	put_counters(f);                    /* 9: covers 8 */
	assert_ok(footer_write(f->stream, &f->counters, &f->totals, "test")); /* 10: covers 9 */
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__Counters *a = records.all[1]->counters,
					     *b = records.all[8]->counters,
					     *c = records.all[9]->counters;
		const Ringside__V1__Footer *d = records.all[10]->footer;

		assert_hash(&records, 0, 1, a->xxh3, a->hashed_bytes);
		assert_hash(&records, 1, 8, b->xxh3, b->hashed_bytes);
		assert_hash(&records, 8, 9, c->xxh3, c->hashed_bytes);
		assert_hash(&records, 9, 10, d->xxh3, d->hashed_bytes);
		assert_int_equal(d->records, 11);
		assert_string_equal(d->reason, "test");
		assert_int_equal(d->totals[WIRE_SECCOMP_DENIAL]->written, 6);
	}
}

static void a_record_that_is_not_whole_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct wire_record record;

	put_event(f, 0);
	record_init(&record, WIRE_OOM_KILL);
	assert_int_equal(fixture_event(f, &record.head, 60), -EBADMSG);
	put_event(f, 0);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 2);
	}
}

static void a_body_too_long_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct pb pb;

	assert_ok(stream_begin(f->stream, 100, &pb));
	for (int i = 0; i < 20; i++)
		pb_string(&pb, 1, "0123456789");
	assert_int_equal(stream_end(f->stream, &pb), -EMSGSIZE);
	put_clock(f);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.n, 1);
	}
}

static void a_length_of_each_size_is_framed_right(void **state)
{
	struct fixture *f = *state;
	static char text[70000];
	static const size_t sizes[] = {1, 60, 90, 100, 110, 130, 16300, 16340, 16400, 65000};

	memset(text, 'r', sizeof(text));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct pb pb;
		uint8_t *mark;

		assert_ok(stream_begin(f->stream, sizes[i] + 64, &pb));
		mark = pb_open(&pb, FIELD_RECORD_FOOTER);
		pb_bytes(&pb, FIELD_FOOTER_REASON, text, sizes[i]);
		pb_close(&pb, mark);
		assert_ok(stream_end(f->stream, &pb));
	}
	{
		_cleanup_records_ struct records records = fixture_records(f);

		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			assert_int_equal(strlen(records.all[i]->footer->reason), sizes[i]);
	}
}

/* A named pipe in place of the file; nobody reads it yet. */
static int become_pipe(struct fixture *f)
{
	struct folder_path path = in_folder(&f->folder, "fifo");
	char error[256];
	int reader;

	assert_ok(mkfifo(path.s, 0600));
	reader = open(path.s, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)stream_free(f->stream);
	(void)sink_free(f->sink);
	assert_ok(sink_open(&f->sink, &(struct sink_config){.path = path.s}, error, sizeof(error)));
	assert_ok(stream_new(&f->stream, f->sink));
	return reader;
}

static void the_buffer_for_events_is_bounded(void **state)
{
	struct fixture *f = *state;
	_cleanup_close_ int reader = become_pipe(f);
	unsigned n = 0;

	for (; stream_has_room(f->stream, ENCODER_FRAME_MAX); n++) {
		put_event(f, 0);
		assert_true(stream_flush(f->stream) >= 0);
	}
	assert_true(stream_pending(f->stream) > STREAM_BUFFER - 2 * ENCODER_FRAME_MAX);
	assert_true(stream_pending(f->stream) <= STREAM_BUFFER - ENCODER_FRAME_MAX);
	assert_int_equal(stream_flush(f->stream), STREAM_BLOCKED);
	assert_int_equal(f->stream->now.seq, n);
}

static void a_slow_reader_gets_every_byte_in_order(void **state)
{
	struct fixture *f = *state;
	_cleanup_close_ int reader = become_pipe(f);
	uint8_t *bytes = malloc(4 * STREAM_BUFFER);
	size_t size = 0;
	ssize_t n;

	/* odd sizes: frames are cut at every place, and the buffer is compacted now and then */
	for (unsigned i = 0; i < 5000; i++) {
		put_event(f, i % FAKE_CPUS);
		if (i % 100 == 0)
			put_counters(f);
		assert_true(stream_flush(f->stream) >= 0);
		if (i % 3 == 0 && (n = read(reader, bytes + size, 777)) > 0)
			size += (size_t)n;
		if (!stream_has_room(f->stream, 2 * ENCODER_FRAME_MAX))
			for (unsigned k = 0; k < 500; k++, (void)stream_flush(f->stream))
				if ((n = read(reader, bytes + size, 1999)) > 0)
					size += (size_t)n;
	}
	while (stream_flush(f->stream) == STREAM_BLOCKED || size < 100)
		if ((n = read(reader, bytes + size, 65536)) > 0)
			size += (size_t)n;
	while ((n = read(reader, bytes + size, 65536)) > 0)
		size += (size_t)n;
	{
		_cleanup_records_ struct records records = records_decode(bytes, size);

		assert_int_equal(records.n, 5050);
		for (size_t i = 1; i < 50; i++) {
			const Record *r = records_get(&records, BODY(COUNTERS), i);
			size_t at = r->seq - 1;

			assert_hash(&records, at - 101, at, r->counters->xxh3,
				    r->counters->hashed_bytes);
		}
	}
}

static void giving_up_tells_which_events_did_not_get_out(void **state)
{
	struct fixture *f = *state;
	_cleanup_close_ int reader = become_pipe(f);
	uint64_t events[RECORD_BODIES];
	struct wire_record kill;
	static uint8_t got[65536 + 4];
	size_t whole = 0, at = 0;
	bool torn = false;

	record_init(&kill, WIRE_OOM_KILL);
	kill.head.cpu = 0;
	for (unsigned i = 0; i < 3000; i++)
		put_event(f, 0);
	put_clock(f);
	assert_ok(fixture_event(f, &kill.head, kill.head.size));
	assert_int_equal(stream_flush(f->stream), STREAM_BLOCKED);
	assert_int_equal(read_full(reader, got, 65536), 65536);
	while (at < 65536) {
		at += records_frame(got + at);
		whole += at <= 65536;
	}
	stream_abandon(f->stream, events, &torn);
	assert_int_equal(events[BODY(SECCOMP_DENIAL)], 3000 - whole);
	assert_int_equal(events[BODY(OOM_KILL)], 1);
	assert_true(torn);
	assert_int_equal(stream_pending(f->stream), 0);
}

static void a_full_disk_leaves_whole_records_only(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, full;
	uint64_t events[RECORD_BODIES];
	bool torn = true;
	int r;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_ok(getrlimit(RLIMIT_FSIZE, &before));
	full = (struct rlimit){.rlim_cur = 100001, .rlim_max = before.rlim_max};
	for (unsigned i = 0; i < 3000; i++)
		put_event(f, 0);
	assert_ok(setrlimit(RLIMIT_FSIZE, &full));
	r = stream_flush(f->stream);
	stream_abandon(f->stream, events, &torn);
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
	assert_int_equal(r, -EFBIG);
	assert_false(torn);
	{
		/* which checks that the last one is whole */
		_cleanup_records_ struct records records = records_read(f->path.s);

		assert_true(records.size > 99000 && records.size <= 100001);
		assert_int_equal(records.n + events[BODY(SECCOMP_DENIAL)], 3000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(a_stream_begins_with_the_magic_and_says_what_it_is),
		test_with_fixture(two_streams_have_different_ids),
		test_with_fixture(runs_of_events_begin_where_nothing_before_may_be_needed),
		test_with_fixture(hashes_cover_every_byte_once),
		test_with_fixture(a_record_that_is_not_whole_leaves_no_trace),
		test_with_fixture(a_body_too_long_leaves_no_trace),
		test_with_fixture(a_length_of_each_size_is_framed_right),
		test_with_fixture(the_buffer_for_events_is_bounded),
		test_with_fixture(a_slow_reader_gets_every_byte_in_order),
		test_with_fixture(giving_up_tells_which_events_did_not_get_out),
		test_with_fixture(a_full_disk_leaves_whole_records_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
