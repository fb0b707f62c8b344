/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings cut at every byte of their ends, with single bits flipped, and with pages zeroed:
 * never a crash, a hang or much memory; no wrong record that verify passes as good; and what repair
 * makes of them is accepted by verify, and has no wrong record in it either. The same of recordings
 * in which events leave out what those before them tell: what is derived is right, or absent.
 *
 * A part of the cases by default; RINGSIDE_DAMAGE=all: 4 KiB of cuts, 2,000 flips of each. */
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "consumer/repair/repair.h"
#include "consumer/verify/verify.h"
#include "tests/lib/zstd-fixture.h"

#define SEED 20261122u
#define CUTS 4096u
#define FLIPS 2000u
#define PAGE 4096u
#define MEMORY_KIB (64 * 1024)
#define SECONDS 2

struct original {
	struct stream stream;
	size_t n;
	size_t *starts; /* of the records; and the end */
	struct packed packed;
	size_t covered; /* of the plain one: bytes before its last record */
	struct right {  /* of each record; no boottime: not looked at */
		uint64_t boottime, seen, limited, dropped;
	} * right;
	char out[64]; /* where repair writes */
};

/* The record whose seq is @seq, with its length. */
static const uint8_t *original_record(const struct original *original, uint64_t seq,
				      size_t *ret_size)
{
	if (!seq || seq > original->n)
		return NULL;
	*ret_size = original->starts[seq] - original->starts[seq - 1];
	return original->stream.data + original->starts[seq - 1];
}

static void fill(struct stream *stream, bool runs, bool has_xxh64)
{
	stream_init(stream);
	stream->runs = runs;
	stream->has_xxh64 = has_xxh64;
	stream_header(stream);
	stream_clock(stream);
	stream_counters(stream);
	for (unsigned i = 0; i < 420; i++) {
		stream_event(stream, i % 11 ? STREAM_SECCOMP : STREAM_OOM, i % STREAM_CPUS);
		if (i % 50 == 20) {
			stream_hold(stream, STREAM_SECCOMP, 1, 3);
			stream_limited(stream, STREAM_SECCOMP, 3);
		}
		if (i % 40 == 39)
			stream_counters(stream);
	}
	stream_counters(stream);
	stream_footer(stream);
}

/* What the records hold if nothing is left out. */
static void note_right(struct original *original)
{
	struct stream whole;
	struct frame frame;
	size_t need;

	fill(&whole, false, false);
	original->right = calloc(whole.seq + 1, sizeof(*original->right));
	assert_non_null(original->right);
	for (size_t at = 0; at < whole.size; at += frame_whole(&frame)) {
		Ringside__V1__Record *record;
		struct right *right;

		assert_ok(frame_parse(whole.data + at, whole.size - at, &frame, &need));
		record = ringside__v1__record__unpack(NULL, frame.size, frame.data);
		right = &original->right[record->seq];
		right->boottime = record->boottime_nano;
		if (record->cpu_sums) {
			right->seen = record->cpu_sums->seen;
			right->limited = record->cpu_sums->limited;
			right->dropped = record->cpu_sums->dropped;
		}
		ringside__v1__record__free_unpacked(record, NULL);
	}
	stream_done(&whole);
}

static bool is_right(const struct original *original, const Ringside__V1__Record *record)
{
	const struct right *right = &original->right[record->seq];
	const Ringside__V1__CpuSums *sums = record->cpu_sums;

	return (!record->has_boottime_nano || record->boottime_nano == right->boottime) &&
	       (!sums || ((!sums->has_seen || sums->seen == right->seen) &&
			  (!sums->has_limited || sums->limited == right->limited) &&
			  (!sums->has_dropped || sums->dropped == right->dropped)));
}

static struct original *make_original(bool runs, bool has_xxh64)
{
	struct original *original = calloc(1, sizeof(*original));
	struct frame frame;
	size_t at = 0, need;

	assert_non_null(original);
	fill(&original->stream, runs, has_xxh64);
	note_right(original);
	original->starts = calloc(original->stream.seq + 1, sizeof(size_t));
	while (at < original->stream.size) {
		original->starts[original->n++] = at;
		assert_ok(frame_parse(original->stream.data + at, original->stream.size - at,
				      &frame, &need));
		at += (size_t)(frame.data - frame.start) + frame.size;
	}
	original->starts[original->n] = at;
	assert_int_equal(original->n, original->stream.seq);
	original->covered = original->stream.latest;
	packed_stream(&original->packed, &original->stream, 37);
	/* memory, if there is: each repair waits for its file to be on the disk */
	(void)snprintf(original->out, sizeof(original->out), "%s/ringside-damage-%d",
		       access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
	return original;
}

static struct original *free_original(struct original *original)
{
	stream_done(&original->stream);
	packed_done(&original->packed);
	free(original->starts);
	free(original->right);
	free(original);
	return NULL;
}

/* A case has a file, as verify and repair are given one. */
struct damaged {
	int fd;
	char path[64];
};

static struct damaged damaged_file(const void *data, size_t size)
{
	struct damaged damaged = {.fd = memory_file(data, size)};

	(void)snprintf(damaged.path, sizeof(damaged.path), "/proc/self/fd/%d", damaged.fd);
	return damaged;
}

/* What repair makes anew: hashes; and of what an event left out, which is_right knows. */
static bool same_but_for_repair(const Ringside__V1__Record *record, const uint8_t *was, size_t size)
{
	Ringside__V1__Record *before;
	uint8_t a[8192], b[8192];
	size_t n, m, need;
	struct frame frame;

	assert_ok(frame_parse(was, size, &frame, &need));
	before = ringside__v1__record__unpack(NULL, frame.size, frame.data);
	assert_non_null(before);
	if (before->body_case == record->body_case &&
	    record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS) {
		before->counters->xxh3 = record->counters->xxh3;
		before->counters->xxh64 = record->counters->xxh64;
		before->counters->hashed_bytes = record->counters->hashed_bytes;
	}
	if (before->body_case == record->body_case &&
	    record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER) {
		before->footer->xxh3 = record->footer->xxh3;
		before->footer->xxh64 = record->footer->xxh64;
		before->footer->hashed_bytes = record->footer->hashed_bytes;
	}
	if (before->cpu_sums && record->cpu_sums) {
		before->has_boottime_nano = record->has_boottime_nano;
		before->boottime_nano = record->boottime_nano;
		*before->cpu_sums = *record->cpu_sums;
	}
	n = ringside__v1__record__pack(record, a);
	m = ringside__v1__record__pack(before, b);
	ringside__v1__record__free_unpacked(before, NULL);
	return n == m && !memcmp(a, b, n);
}

/* Made by repair, and not there before. */
static bool is_made(const Ringside__V1__Record *record)
{
	const char *reason = record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER
				     ? record->footer->reason
				     : "";
	const char *version = record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER
				      ? record->header->streamer_version
				      : "";

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LOST)
		return record->lost->reason == RINGSIDE__V1__LOST__REASON__DAMAGED;
	return (reason && !strcmp(reason, RECORDING_REPAIRED)) ||
	       (version && !strcmp(version, RECORDING_REPAIRER));
}

/* How many records are not as they were written. *ret_n: all. */
static unsigned count_wrong(const struct original *original, const char *path, size_t *ret_n)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	struct reader_record item;
	unsigned wrong = 0;
	int r;

	*ret_n = 0;
	assert_ok(damaged_reader_open(&damaged, path));
	while ((r = damaged_reader_next(damaged, &item)) != READER_END && r != READER_CUT &&
	       r >= 0 && r != READER_FOREIGN) {
		size_t size, whole;
		const uint8_t *was;

		if (r)
			continue;
		++*ret_n;
		if (is_made(item.record))
			continue;
		was = original_record(original, item.record->seq, &size);
		whole = (size_t)(item.frame - item.start) + item.size;
		if (was && !is_right(original, item.record))
			wrong++;
		else if (!was || ((size != whole || memcmp(was, item.start, size) != 0) &&
				  !same_but_for_repair(item.record, was, size)))
			wrong++;
	}
	return wrong;
}

static int verify_it(const char *path, struct verify_report *ret)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_config config = {0};

	assert_ok(damaged_reader_open(&damaged, path));
	assert_ok(verify_new(&verify));
	assert_ok(verify_input(verify, damaged, &config));
	*ret = verify->report;
	return verify_exit_status((int)ret->status);
}

/* @named: bytes at the end of which verify says that no checksum covers them may be wrong. */
static void check_verify(const struct original *original, const char *path, unsigned wrong,
			 size_t n)
{
	static struct verify_report report;
	int status = verify_it(path, &report);

	assert_in_set(status, ((const LargestIntegralType[]){0, 1, 3, 4}), 4);
	if (status == VERIFY_DAMAGED || status == VERIFY_FOREIGN)
		return;
	/* passed as good: then it is, but for what is named */
	assert_int_equal(n, original->n);
	assert_true(wrong <= report.uncovered_records);
}

static void check_repair(const struct original *original, const char *path, bool may_be_wrong)
{
	const struct repair_config config = {0};
	char error[REPAIR_ERROR_SIZE];
	struct repair_report report;
	static struct verify_report after;
	unsigned wrong;
	size_t n;
	int r;

	r = repair(path, original->out, &config, &report, error);
	if (r) {
		/* nothing of it can be saved */
		assert_true(verify_it(path, &after) == VERIFY_FOREIGN || r == -ENODATA);
		assert_int_equal(access(original->out, F_OK), -1);
		return;
	}
	assert_in_set(verify_it(original->out, &after), ((const LargestIntegralType[]){0, 4}), 2);
	wrong = count_wrong(original, original->out, &n);
	assert_true(wrong <= (may_be_wrong ? 1u : 0u));
	assert_ok(unlink(original->out));
}

/* @may_be_wrong: what was damaged is covered by no checksum. */
static void check(const struct original *original, const void *data, size_t size, bool may_be_wrong)
{
	struct damaged damaged = damaged_file(data, size);
	struct timespec begin, end;
	unsigned wrong;
	size_t n;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	wrong = count_wrong(original, damaged.path, &n);
	check_verify(original, damaged.path, wrong, n);
	check_repair(original, damaged.path, may_be_wrong);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - begin.tv_sec <= SECONDS);
	assert_ok(close(damaged.fd));
}

/* Sanitizers need memory of their own. */
static void check_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
	struct rusage usage;

	assert_ok(getrusage(RUSAGE_SELF, &usage));
	assert_true(usage.ru_maxrss < MEMORY_KIB);
#endif
}

static bool all_cases(void)
{
	const char *value = getenv("RINGSIDE_DAMAGE");

	return value && !strcmp(value, "all");
}

static void cut_everywhere(const struct original *original, const uint8_t *data, size_t size)
{
	size_t step = all_cases() ? 1 : 13;

	for (size_t cut = 1; cut <= CUTS && cut < size; cut += step)
		check(original, data, size - cut, false);
	check_memory();
}

static void a_plain_recording_may_be_cut_anywhere(void **state)
{
	const struct original *original = *state;

	cut_everywhere(original, original->stream.data, original->stream.size);
}

static void a_compressed_recording_may_be_cut_anywhere(void **state)
{
	const struct original *original = *state;

	cut_everywhere(original, original->packed.data, original->packed.size);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* @covered: bytes from there on are covered by no checksum. */
static void flip_bits(const struct original *original, const uint8_t *whole, size_t size,
		      size_t covered)
{
	_cleanup_free_ uint8_t *data = malloc(size);
	unsigned n = all_cases() ? FLIPS : FLIPS / 10;
	uint32_t random = SEED;

	assert_non_null(data);
	memcpy(data, whole, size);
	for (unsigned i = 0; i < n; i++) {
		size_t at = next_random(&random) % size;
		uint8_t bit = (uint8_t)(1u << next_random(&random) % 8);

		data[at] ^= bit;
		check(original, data, size, at >= covered);
		data[at] ^= bit;
	}
	check_memory();
}

static void any_bit_of_a_plain_recording_may_be_wrong(void **state)
{
	const struct original *original = *state;

	flip_bits(original, original->stream.data, original->stream.size, original->covered);
}

static void any_bit_of_a_compressed_recording_may_be_wrong(void **state)
{
	const struct original *original = *state;

	flip_bits(original, original->packed.data, original->packed.size, SIZE_MAX);
}

static void zero_pages(const struct original *original, const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size);

	assert_non_null(copy);
	for (size_t at = 0; at < size; at += PAGE) {
		memcpy(copy, data, size);
		memset(copy + at, 0, size - at < PAGE ? size - at : PAGE);
		check(original, copy, size, false);
	}
}

static void any_page_may_be_zero(void **state)
{
	const struct original *original = *state;

	zero_pages(original, original->stream.data, original->stream.size);
	zero_pages(original, original->packed.data, original->packed.size);
}

static void bytes_may_be_missing_or_be_too_many(void **state)
{
	const struct original *original = *state;
	uint32_t random = SEED;

	for (unsigned i = 0; i < 60; i++) {
		bool plain = i & 1;
		const uint8_t *data = plain ? original->stream.data : original->packed.data;
		size_t size = plain ? original->stream.size : original->packed.size;
		size_t at = next_random(&random) % size;
		size_t n = next_random(&random) % 3000;
		_cleanup_free_ uint8_t *copy = malloc(size + n);

		assert_non_null(copy);
		memcpy(copy, data, at);
		n = n < size - at ? n : size - at;
		if (i & 2) { /* some come twice */
			memcpy(copy + at, data + at, n);
			memcpy(copy + at + n, data + at, size - at);
			check(original, copy, size + n, false);
		} else {
			memcpy(copy + at, data + at + n, size - at - n);
			check(original, copy, size - n, false);
		}
	}
}

static void what_is_whole_is_called_complete_and_copied(void **state)
{
	const struct original *original = *state;
	static struct verify_report report;
	struct damaged plain = damaged_file(original->stream.data, original->stream.size);
	struct damaged packed = damaged_file(original->packed.data, original->packed.size);

	assert_int_equal(verify_it(plain.path, &report), 0);
	assert_int_equal(report.uncovered_records, 1);
	assert_int_equal(verify_it(packed.path, &report), 0);
	assert_int_equal(report.uncovered_records, 0);
	assert_int_equal(report.tables, 1);
	assert_int_equal(report.indexed, report.frames);
	check(original, original->stream.data, original->stream.size, false);
	check(original, original->packed.data, original->packed.size, false);
	assert_ok(close(plain.fd));
	assert_ok(close(packed.fd));
}

int main(void)
{
	struct original *full = make_original(false, false), *runs = make_original(true, false);
	struct original *earlier = make_original(false, true); /* as before XXH3 */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(what_is_whole_is_called_complete_and_copied, full),
		cmocka_unit_test_prestate(a_plain_recording_may_be_cut_anywhere, full),
		cmocka_unit_test_prestate(a_compressed_recording_may_be_cut_anywhere, full),
		cmocka_unit_test_prestate(any_bit_of_a_plain_recording_may_be_wrong, full),
		cmocka_unit_test_prestate(any_bit_of_a_compressed_recording_may_be_wrong, full),
		cmocka_unit_test_prestate(any_page_may_be_zero, full),
		cmocka_unit_test_prestate(bytes_may_be_missing_or_be_too_many, full),
		cmocka_unit_test_prestate(what_is_whole_is_called_complete_and_copied, runs),
		cmocka_unit_test_prestate(a_plain_recording_may_be_cut_anywhere, runs),
		cmocka_unit_test_prestate(a_compressed_recording_may_be_cut_anywhere, runs),
		cmocka_unit_test_prestate(any_bit_of_a_plain_recording_may_be_wrong, runs),
		cmocka_unit_test_prestate(any_bit_of_a_compressed_recording_may_be_wrong, runs),
		cmocka_unit_test_prestate(any_page_may_be_zero, runs),
		cmocka_unit_test_prestate(bytes_may_be_missing_or_be_too_many, runs),
		cmocka_unit_test_prestate(what_is_whole_is_called_complete_and_copied, earlier),
		cmocka_unit_test_prestate(a_plain_recording_may_be_cut_anywhere, earlier),
		cmocka_unit_test_prestate(any_page_may_be_zero, earlier),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	full = free_original(full);
	runs = free_original(runs);
	earlier = free_original(earlier);
	return r;
}
