/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic that the programs share, and rows as they become CounterRows. */
#include "tests/lib/wire-record.h"

#define MIB (1024u * 1024)
#define CPUS 3u

static void bytes_between_sequence_numbers_wrap(void **state)
{
	assert_int_equal(wire_queue_bytes(0, 0), 0);
	assert_int_equal(wire_queue_bytes(150, 100), 50);
	assert_int_equal(wire_queue_bytes(10, 0xfffffff0), 26);
	assert_int_equal(wire_queue_bytes(0x80000010, 0x7ffffff0), 32);
	assert_int_equal(wire_queue_bytes(0x7fffffff, 0), 0x7fffffff);
	/* the second number has been passed, as after a reset */
	assert_int_equal(wire_queue_bytes(100, 101), 0);
	assert_int_equal(wire_queue_bytes(0xfffffff0, 10), 0);
}

static void a_fill_is_of_the_class_up_to_which_it_goes(void **state)
{
	static const uint32_t limits[] = {1, 10, 25, 50, 75, 90, 100};

	assert_int_equal(WIRE_FILLS, ARRAY_SIZE(limits) + 1);
	assert_int_equal(wire_fill_class(0, 1), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(limits); i++) {
		assert_int_equal(wire_fill_class(limits[i] * 1000, 100000), i);
		assert_int_equal(wire_fill_class(limits[i] * 1000 + 1, 100000), i + 1);
	}
}

static void large_buffers_do_not_overflow(void **state)
{
	/* 100 * bytes is beyond 32 bits from 41 MiB on, 1000 * bytes from 4 MiB */
	assert_int_equal(wire_fill_class(50 * MIB, 100 * MIB), 3);
	assert_int_equal(wire_fill_class(100 * MIB, 100 * MIB), 6);
	assert_int_equal(wire_fill_class(2047 * MIB, 2047 * MIB), 6);
	assert_int_equal(wire_fill_class(5 * MIB, 512 * MIB), 0);
	assert_int_equal(wire_fill_class(0x7fffffff, 1), 7); /* more than the buffer */
}

static void the_fuller_of_two_is_so_by_its_share(void **state)
{
	const uint64_t small = wire_fill_pack(90, 100),
		       large = wire_fill_pack(900 * MIB, 1024 * MIB);

	assert_true(wire_fill_above(small, large));
	assert_false(wire_fill_above(large, small));
	assert_false(wire_fill_above(small, small));
	assert_true(
		wire_fill_above(wire_fill_pack(300, 100), small)); /* both above and below 100 % */
	assert_true(wire_fill_above(wire_fill_pack(2047 * MIB, 2046 * MIB), large));
	/* an empty queue is something */
	assert_true(wire_fill_above(wire_fill_pack(0, 100), 0));
	assert_false(wire_fill_above(wire_fill_pack(0, 200), wire_fill_pack(0, 100)));
}

/* As the programs send it. */
static void path_of(struct encoder *encoder, uint64_t id, const char *path)
{
	struct wire_record record;

	record_init(&record, WIRE_TCP_QUEUE);
	record.path.cgroup.id = id;
	record_path(&record, &record.path.cgroup.path, path);
	assert_ok(encoder_learn(encoder, &record.head, record.head.size));
}

/* The row as a reader finds it in Counters; the caller frees it. */
static Ringside__V1__Counters *row_of(struct encoder *encoder, const struct wire_cgroup_key *key,
				      const struct wire_tcp_row *cpus, uint64_t epoch)
{
	const struct row_view view = {.epoch = epoch, .n_values = CPUS};
	uint8_t buf[1024], *mark;
	struct pb pb = pb_make(buf, sizeof(buf));
	Ringside__V1__Counters *counters;

	mark = pb_open(&pb, 5);
	encoder_row_key(encoder, WIRE_TCP_QUEUE, key, &pb);
	probe_tcp_queue.row_values(cpus, &view, &pb);
	pb_close(&pb, mark);
	assert_false(pb.overflow);
	counters = ringside__v1__counters__unpack(NULL, (size_t)(pb.p - buf), buf);
	assert_non_null(counters);
	return counters;
}

static void a_row_is_the_sum_of_all_cpus(void **state)
{
	static const uint64_t by_fill[] = {101, 2, 0, 0, 0, 0, 0, 7};
	const struct wire_cgroup_key key = {.id = 77};
	struct wire_tcp_row cpus[CPUS] = {
		{.receive = {.samples = {100, 2},
			     .epochs = {0, 5},
			     .max = {0, wire_fill_pack(9, 100)}}},
		{.receive = {.samples = {[7] = 7},
			     .epochs = {4, 5},
			     .max = {wire_fill_pack(900, 100), wire_fill_pack(130, 100)}}},
		{.receive = {.samples = {1},
			     .epochs = {6, 3},
			     .max = {wire_fill_pack(500, 100), wire_fill_pack(700, 100)}}},
	};
	Ringside__V1__Counters *counters;
	const Ringside__V1__CounterRow *row;

	path_of(*state, 77, "/system.slice/web.service");
	counters = row_of(*state, &key, cpus, 5);
	row = counters->rows[0];
	assert_string_equal(row->kind, "tcp_queue");
	assert_string_equal(row->container->cgroup_path, "/system.slice/web.service");
	assert_string_equal(row->container->systemd_unit, "web.service");
	assert_int_equal(row->count, 110);
	assert_false(row->has_limited);
	assert_null(row->tcp_queue->send);
	assert_int_equal(row->tcp_queue->receive->samples, 110);
	assert_int_equal(row->tcp_queue->receive->n_by_fill, WIRE_FILLS);
	for (size_t i = 0; i < WIRE_FILLS; i++)
		assert_int_equal(row->tcp_queue->receive->by_fill[i], by_fill[i]);
	/* of epoch 5, neither of those before nor of the one that runs */
	assert_int_equal(row->tcp_queue->receive->max_bytes, 130);
	assert_int_equal(row->tcp_queue->receive->max_buffer_bytes, 100);
	ringside__v1__counters__free_unpacked(counters, NULL);
}

static void without_a_sample_in_the_interval_there_is_no_maximum(void **state)
{
	const struct wire_cgroup_key key = {.id = 78, .hierarchy = 4};
	struct wire_tcp_row cpus[CPUS] = {
		{.send = {.samples = {3}, .epochs = {2, 1}, .max = {wire_fill_pack(1, 2), 5}}}};
	Ringside__V1__Counters *counters = row_of(*state, &key, cpus, 3);
	const Ringside__V1__CounterRow *row = counters->rows[0];

	assert_int_equal(row->count, 3);
	assert_null(row->container->cgroup_path); /* it has not come yet: the ids alone */
	assert_int_equal(row->container->cgroup_id, 78);
	assert_int_equal(row->container->hierarchy_id, 4);
	assert_null(row->tcp_queue->receive);
	assert_int_equal(row->tcp_queue->send->samples, 3);
	assert_false(row->tcp_queue->send->has_max_bytes);
	assert_false(row->tcp_queue->send->has_max_buffer_bytes);
	ringside__v1__counters__free_unpacked(counters, NULL);
}

static void what_found_no_row_is_of_no_container(void **state)
{
	const struct wire_cgroup_key key = {0};
	struct wire_tcp_row cpus[CPUS] = {{.receive = {.samples = {4}}}};
	Ringside__V1__Counters *counters = row_of(*state, &key, cpus, 1);

	assert_null(counters->rows[0]->container);
	assert_int_equal(counters->rows[0]->count, 4);
	ringside__v1__counters__free_unpacked(counters, NULL);
}

static void a_row_is_news_if_any_cpu_has_seen_something(void **state)
{
	struct wire_tcp_row cpus[CPUS] = {{.send.epochs = {4, 1}}, {.receive.epochs = {2, 7}}};
	struct row_view view = {.reported = 6, .n_values = CPUS};

	assert_true(probe_tcp_queue.row_changed(cpus, &view));
	view.reported = 7;
	assert_false(probe_tcp_queue.row_changed(cpus, &view));
	view.reported = 0; /* a full set leaves out only what has never been used */
	assert_true(probe_tcp_queue.row_changed(cpus, &view));
	memset(cpus, 0, sizeof(cpus));
	assert_false(probe_tcp_queue.row_changed(cpus, &view));
}

static void its_ring_records_become_no_events(void **state)
{
	const struct record_stamp stamp = RECORD_STAMP;
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct wire_record record;
	size_t size;

	record_init(&record, WIRE_TCP_QUEUE);
	assert_int_equal(encoder_event(*state, &record.head, record.head.size, &stamp, frame,
				       &size),
			 -EBADMSG);
	record.head.size--;
	assert_int_equal(encoder_learn(*state, &record.head, record.head.size), -EBADMSG);
	record_init(&record, WIRE_SECCOMP_DENIAL);
	assert_int_equal(encoder_learn(*state, &record.head, record.head.size), -EBADMSG);
}

#define with_encoder(test) cmocka_unit_test_setup_teardown(test, new_encoder, free_encoder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_between_sequence_numbers_wrap),
		cmocka_unit_test(a_fill_is_of_the_class_up_to_which_it_goes),
		cmocka_unit_test(large_buffers_do_not_overflow),
		cmocka_unit_test(the_fuller_of_two_is_so_by_its_share),
		with_encoder(a_row_is_the_sum_of_all_cpus),
		with_encoder(without_a_sample_in_the_interval_there_is_no_maximum),
		with_encoder(what_found_no_row_is_of_no_container),
		cmocka_unit_test(a_row_is_news_if_any_cpu_has_seen_something),
		with_encoder(its_ring_records_become_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
