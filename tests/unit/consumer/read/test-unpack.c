/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and the memo give what protobuf-c gives, of whatever bytes. */
#include "consumer/read/unpack.h"

#include <string.h>

#include "consumer/base/arena.h"
#include "consumer/read/message-cache.h"
#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

#define ROUNDS 40000
#define RECORD_MAX 4096

struct bench {
	struct unpacker *unpacker;
	struct arena arena;
};

static void bench_init(struct bench *bench)
{
	assert_ok(unpacker_new(&bench->unpacker, &ringside__v1__record__descriptor));
	arena_init(&bench->arena);
}

static void bench_done(struct bench *bench)
{
	bench->unpacker = unpacker_free(bench->unpacker);
	arena_done(&bench->arena);
}

static const Ringside__V1__Record *unpack(struct bench *bench, const uint8_t *data, size_t size)
{
	return unpacker_unpack(bench->unpacker, &bench->arena, data, size);
}

/* Both, packed again, are the same. Returns whether the bytes are readable. */
static bool assert_same(struct bench *bench, const uint8_t *data, size_t size)
{
	Ringside__V1__Record *expected = ringside__v1__record__unpack(NULL, size, data);
	const Ringside__V1__Record *record = unpack(bench, data, size);
	_cleanup_free_ uint8_t *a = NULL, *b = NULL;

	assert_int_equal(record != NULL, expected != NULL);
	if (!record)
		return false;
	assert_int_equal(ringside__v1__record__get_packed_size(record),
			 ringside__v1__record__get_packed_size(expected));
	size = ringside__v1__record__get_packed_size(record);
	a = malloc(size + 1);
	b = malloc(size + 1);
	assert_true(a && b);
	(void)ringside__v1__record__pack(record, a);
	(void)ringside__v1__record__pack(expected, b);
	assert_memory_equal(a, b, size);
	ringside__v1__record__free_unpacked(expected, NULL);
	return true;
}

static void build(struct stream *stream)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	stream_event(stream, STREAM_OOM, 0);
	stream_event(stream, STREAM_SECCOMP, 1);
	stream_lost(stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 3);
	stream_limited(stream, STREAM_SECCOMP, 48201);
	stream_counters(stream);
	stream_footer(stream);
}

static void every_kind_of_record_is_as_protobuf_c_has_it(void **state)
{
	struct bench bench;
	struct stream stream;
	struct frame frame;
	size_t need, n = 0;

	bench_init(&bench);
	build(&stream);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t at = 0; at < stream.size; n++) {
			assert_ok(frame_parse(stream.data + at, stream.size - at, &frame, &need));
			assert_true(assert_same(&bench, frame.data, frame.size));
			at += (size_t)(frame.data - frame.start) + frame.size;
		}
	}
	assert_int_equal(n, 18);
	stream_done(&stream);
	bench_done(&bench);
}

static uint64_t any(uint64_t *random, uint64_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random % below;
}

/* One of: another byte, a bit, a piece twice, a piece less, cut. */
static size_t mutate(uint64_t *random, uint8_t *p, size_t size)
{
	size_t at = any(random, size), n = any(random, size - at) + 1;

	switch (any(random, 5)) {
	case 0:
		p[at] = (uint8_t)any(random, 256);
		return size;
	case 1:
		p[at] ^= (uint8_t)(1u << any(random, 8));
		return size;
	case 2:
		n = n < RECORD_MAX - size ? n : RECORD_MAX - size;
		memmove(p + at + n, p + at, size - at);
		return size + n;
	case 3:
		memmove(p + at, p + at + n, size - at - n);
		return size - n > 0 ? size - n : 1;
	default:
		return at + 1;
	}
}

static void broken_records_are_as_protobuf_c_has_them(void **state)
{
	uint64_t random = 88172645463325252u;
	struct bench bench;
	struct stream stream;
	struct frame frame;
	size_t need, at = 0, readable = 0;

	bench_init(&bench);
	build(&stream);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t record[RECORD_MAX];
		size_t size;

		assert_ok(frame_parse(stream.data + at, stream.size - at, &frame, &need));
		at += (size_t)(frame.data - frame.start) + frame.size;
		at = at < stream.size ? at : 0;
		size = frame.size;
		assert_true(size <= sizeof(record));
		memcpy(record, frame.data, size);
		for (uint64_t n = any(&random, 3) + 1; n--;)
			size = mutate(&random, record, size);
		readable += assert_same(&bench, record, size);
	}
	/* both answers were given often */
	assert_in_range(readable, ROUNDS / 10, ROUNDS - ROUNDS / 10);
	stream_done(&stream);
	bench_done(&bench);
}

/* Records that differ in nothing but how they are written. */
#define DENIAL(size) 0x1a, size

static void unusual_forms_mean_the_same(void **state)
{
	static const struct {
		uint8_t size, bytes[40];
	} rows[] = {
		{10, {DENIAL(8), 0x0a, 2, 0x08, 77, 0x0a, 2, 0x10, 78}}, /* merged */
		{7, {DENIAL(5), 0x62, 3, 1, 2, 3}},                      /* packed */
		{10, {DENIAL(8), 0x60, 1, 0x18, 5, 0x60, 2, 0x60, 3}},   /* not in a row */
		{8, {DENIAL(2), 0x18, 5, 0x2a, 2, 0x08, 1}},             /* another body */
		{8, {DENIAL(2), 0x18, 5, DENIAL(2), 0x20 - 8, 6}},       /* the same, merged */
		{6, {DENIAL(4), 0x70, 0x82, 0x80, 0x00}},                /* a long 2 for true */
		{5, {DENIAL(0x83), 0x00, 0x18, 5}},                      /* cut */
		{6, {DENIAL(0x82), 0x80, 0x00, 0x18, 5}},                /* a long length */
		{9, {DENIAL(0x82), 0x80, 0x80, 0x80, 0x80, 0x00, 0x18, 5}},
		{5, {0x9a, 0x00, 2, 0x18, 5}}, /* a long key */
		{5, {DENIAL(3), 0x1d, 5, 0}},  /* wrong wire type */
		{4, {DENIAL(2), 0x1b, 0x1c}},  /* a group */
		{4, {DENIAL(2), 0x00, 0x01}},  /* field 0 */
		{13, {DENIAL(11), 0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}},
		{14, {DENIAL(12), 0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}},
		{13, {DENIAL(11), 0x70, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2}},
		{9, {DENIAL(7), 0x32, 5, 'a', 0, 'b', 'c', 'd'}}, /* NUL */
		{4, {DENIAL(2), 0x32, 0}},                        /* empty */
		{7, {DENIAL(5), 0x0a, 0, 0x12, 1, 0xff}},         /* not readable below */
		{0, {0}},
	};
	struct bench bench;

	bench_init(&bench);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		(void)assert_same(&bench, rows[i].bytes, rows[i].size);
	bench_done(&bench);
}

static void many_values_are_all_there(void **state)
{
	struct bench bench;

	bench_init(&bench);
	for (uint8_t n = 30; n < 36; n++) {
		uint8_t record[80] = {DENIAL((uint8_t)(2 * n))};

		for (uint8_t i = 0; i < n; i++) {
			record[2 + 2 * i] = 0x60;
			record[3 + 2 * i] = i;
		}
		assert_true(assert_same(&bench, record, 2 + (size_t)2 * n));
		assert_int_equal(unpack(&bench, record, 2 + (size_t)2 * n)->seccomp_denial->n_args,
				 n);
	}
	bench_done(&bench);
}

/* A denial by process @pid. Returns its bytes. */
static size_t make_denial(uint8_t *buf, uint32_t pid, const char *comm)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Ringside__V1__Process process = RINGSIDE__V1__PROCESS__INIT;

	process.has_pid = 1;
	process.pid = pid;
	process.comm = (char *)comm;
	denial.process = &process;
	record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	record.seccomp_denial = &denial;
	return ringside__v1__record__pack(&record, buf);
}

static void what_comes_again_is_not_unpacked_again(void **state)
{
	const Ringside__V1__Process *nginx, *again, *other;
	uint8_t buf[256];
	struct bench bench;
	size_t size;

	bench_init(&bench);
	size = make_denial(buf, 77, "nginx");
	nginx = unpack(&bench, buf, size)->seccomp_denial->process;
	other = unpack(&bench, buf, make_denial(buf, 78, "nginx"))->seccomp_denial->process;
	assert_int_equal(other->pid, 78);
	again = unpack(&bench, buf, make_denial(buf, 77, "nginx"))->seccomp_denial->process;
	assert_ptr_equal(nginx, again);
	assert_ptr_not_equal(nginx, other);
	assert_int_equal(again->pid, 77);
	assert_string_equal(again->comm, "nginx");
	assert_non_null(
		message_cache_note(unpacker_memo(bench.unpacker), again, MESSAGE_CACHE_OBJECT));
	assert_null(message_cache_note(unpacker_memo(bench.unpacker), buf, MESSAGE_CACHE_OBJECT));
	bench_done(&bench);
}

/* As many processes as a large machine has in a storm: none pushes another out. */
static void a_thousand_processes_are_all_kept(void **state)
{
	struct bench bench;
	struct message_cache *cache;
	size_t used = 0;

	bench_init(&bench);
	cache = unpacker_memo(bench.unpacker);
	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t buf[256];

		(void)unpack(&bench, buf, make_denial(buf, i % 1000, "nginx"));
		if (i < 1000)
			used = cache->used;
	}
	assert_int_equal(cache->used, used);
	bench_done(&bench);
}

/* More processes than there is room for: all are right, and the memory does not grow. */
static void a_full_memo_begins_anew(void **state)
{
	static const char *const text = "as it looks";
	struct bench bench;
	struct message_cache *cache;
	unsigned anew = 0;

	bench_init(&bench);
	cache = unpacker_memo(bench.unpacker);
	for (uint32_t pid = 1; pid < 40000; pid++) {
		const Ringside__V1__Process *process;
		size_t used = cache->used;
		struct message_cache_note *note;
		uint8_t buf[256];

		process =
			unpack(&bench, buf, make_denial(buf, pid, "fork"))->seccomp_denial->process;
		assert_int_equal(process->pid, pid);
		assert_string_equal(process->comm, "fork");
		note = message_cache_note(cache, process, MESSAGE_CACHE_OBJECT);
		if (note) {
			assert_null(note->owner); /* none of the one that was here before */
			message_cache_note_keep(cache, note, text, text, strlen(text));
		}
		anew += cache->used < used;
		assert_true(cache->used <= MESSAGE_CACHE_SIZE);
	}
	assert_in_range(anew, 1, 10);
	bench_done(&bench);
}

static void a_long_message_is_not_kept(void **state)
{
	char comm[MESSAGE_CACHE_BYTES_MAX + 1];
	uint8_t buf[2 * sizeof(comm)];
	const Ringside__V1__Process *process;
	struct bench bench;

	memset(comm, 'x', sizeof(comm) - 1);
	comm[sizeof(comm) - 1] = '\0';
	bench_init(&bench);
	process = unpack(&bench, buf, make_denial(buf, 1, comm))->seccomp_denial->process;
	assert_string_equal(process->comm, comm);
	assert_null(
		message_cache_note(unpacker_memo(bench.unpacker), process, MESSAGE_CACHE_OBJECT));
	bench_done(&bench);
}

/* Bytes are one message as a Process, and another one as a Container. */
static void the_same_bytes_of_another_type_are_not_mixed_up(void **state)
{
	static const uint8_t record[] = {DENIAL(8), 0x0a, 2, 0x3a, 0, 0x12, 2, 0x3a, 0};
	const Ringside__V1__SeccompDenial *denial;
	struct bench bench;

	bench_init(&bench);
	denial = unpack(&bench, record, sizeof(record))->seccomp_denial;
	assert_string_equal(denial->process->comm, "");
	assert_string_equal(denial->container->systemd_unit, "");
	assert_null(denial->container->id);
	assert_true(assert_same(&bench, record, sizeof(record)));
	bench_done(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_record_is_as_protobuf_c_has_it),
		cmocka_unit_test(broken_records_are_as_protobuf_c_has_them),
		cmocka_unit_test(unusual_forms_mean_the_same),
		cmocka_unit_test(many_values_are_all_there),
		cmocka_unit_test(what_comes_again_is_not_unpacked_again),
		cmocka_unit_test(a_thousand_processes_are_all_kept),
		cmocka_unit_test(a_full_memo_begins_anew),
		cmocka_unit_test(a_long_message_is_not_kept),
		cmocka_unit_test(the_same_bytes_of_another_type_are_not_mixed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
