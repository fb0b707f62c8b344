/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer over memory that looks like the kernel's; the e2e tests have the kernel's own. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "streamer/tables/ring.h"
#include "tests/lib/test.h"

#define SIZE 65536u
#define STRIDE 64u /* of the records here: a header and 56 bytes */

struct rig {
	struct ring ring;
	uint64_t consumer, producer;
	uint8_t data[2 * SIZE];
	uint64_t next; /* number the next record has to have */
	uint64_t most; /* bytes taken and not given back, at most */
	uint64_t stop_at;
	int stop_with;
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->ring = (struct ring){
		.fd = -1,
		.mask = SIZE - 1,
		.consumer_pos = &rig->consumer,
		.producer_pos = &rig->producer,
		.data = rig->data,
	};
	rig->stop_at = UINT64_MAX;
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void put(struct rig *rig, uint64_t number, uint32_t flags)
{
	uint8_t *at = rig->data + (rig->producer & (SIZE - 1));
	uint32_t header = (STRIDE - 8) | flags;

	memcpy(at, &header, sizeof(header));
	memcpy(at + 8, &number, sizeof(number));
	rig->producer += STRIDE;
}

static void set_flags(struct rig *rig, uint64_t pos, uint32_t flags)
{
	uint32_t header = (STRIDE - 8) | flags;

	memcpy(rig->data + (pos & (SIZE - 1)), &header, sizeof(header));
}

/* ring_fn */
static int take(void *data, const void *record, size_t size)
{
	struct rig *rig = data;
	uint64_t number, held = rig->next * STRIDE - rig->consumer;

	assert_int_equal(size, STRIDE - 8);
	memcpy(&number, record, sizeof(number));
	assert_true(number == rig->next);
	if (rig->most < held)
		rig->most = held;
	if (number == rig->stop_at && rig->stop_with == RING_KEEP)
		return RING_KEEP;
	rig->next++;
	return number == rig->stop_at ? rig->stop_with : 0;
}

static unsigned drain(struct rig *rig, unsigned max, int want)
{
	unsigned n = UINT32_MAX;

	assert_int_equal(ring_drain(&rig->ring, max, take, rig, &n), want);
	/* whatever ended it, all that was taken is given back */
	assert_true(rig->ring.pos == rig->next * STRIDE);
	assert_true(rig->ring.holds || rig->consumer == rig->ring.pos);
	return n;
}

static void records_come_in_order_and_their_room_is_given_back(void **state)
{
	struct rig *rig = *state;
	uint64_t number = 0;

	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < SIZE / STRIDE; i++)
			put(rig, number++, 0);
		assert_int_equal(drain(rig, 100, 0), 100);
		assert_int_equal(drain(rig, UINT32_MAX, 0), SIZE / STRIDE - 100);
		assert_int_equal(drain(rig, UINT32_MAX, 0), 0);
	}
	/* not one by one, but soon */
	assert_in_range(rig->most, STRIDE, SIZE / 64 + STRIDE);
}

static void a_busy_record_holds_up_those_behind_it(void **state)
{
	struct rig *rig = *state;

	for (unsigned i = 0; i < 4; i++)
		put(rig, i, i == 2 ? BPF_RINGBUF_BUSY_BIT : 0);
	assert_int_equal(drain(rig, 100, 0), 2);
	set_flags(rig, 2 * STRIDE, 0);
	assert_int_equal(drain(rig, 100, 0), 2);
}

static void a_discarded_record_is_passed_over(void **state)
{
	struct rig *rig = *state;
	unsigned n;

	put(rig, 77, BPF_RINGBUF_DISCARD_BIT);
	put(rig, 0, 0);
	assert_ok(ring_drain(&rig->ring, 100, take, rig, &n));
	assert_int_equal(rig->next, 1);
	assert_true(rig->consumer == 2 * STRIDE);
}

static void whoever_stops_has_the_record_or_leaves_it(void **state)
{
	struct rig *rig = *state;

	for (unsigned i = 0; i < 10; i++)
		put(rig, i, 0);
	rig->stop_at = 3;
	rig->stop_with = RING_KEEP;
	assert_int_equal(drain(rig, 100, RING_KEEP), 3);
	rig->stop_with = RING_STOP;
	assert_int_equal(drain(rig, 100, RING_STOP), 1);
	rig->stop_at = 6;
	rig->stop_with = -5;
	assert_int_equal(drain(rig, 100, -5), 3);
	assert_int_equal(drain(rig, 100, 0), 3);
}

static void what_is_held_stays_until_it_is_released(void **state)
{
	struct rig *rig = *state;

	rig->ring.holds = true;
	for (uint64_t i = 0; i < 5; i++)
		put(rig, i, 0);
	assert_int_equal(drain(rig, 3, 0), 3);
	assert_int_equal(rig->consumer, 0);
	assert_int_equal(ring_held(&rig->ring), 3 * STRIDE);
	assert_true(ring_release(&rig->ring));
	assert_int_equal(rig->consumer, 3 * STRIDE);
	assert_int_equal(drain(rig, 100, 0), 2);
	assert_int_equal(rig->consumer, 3 * STRIDE);
	assert_false(ring_release(&rig->ring));
	assert_int_equal(ring_held(&rig->ring), 0);
	put(rig, 5, BPF_RINGBUF_BUSY_BIT);
	assert_false(ring_release(&rig->ring));
}

/* Another process has read up to there. */
static void reading_goes_on_where_it_can(void **state)
{
	struct rig *rig = *state;

	for (uint64_t i = 0; i < 5; i++)
		put(rig, i, 0);
	rig->consumer = STRIDE;
	assert_int_equal(ring_resume(&rig->ring, 0), -EBADMSG);
	assert_int_equal(ring_resume(&rig->ring, 2 * STRIDE + 4), -EBADMSG);
	assert_int_equal(ring_resume(&rig->ring, 6 * STRIDE), -EBADMSG);
	assert_int_equal(ring_resume(&rig->ring, 2 * STRIDE), 0);
	rig->next = 2;
	assert_int_equal(drain(rig, 100, 0), 3);
	assert_int_equal(rig->consumer, 5 * STRIDE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_come_in_order_and_their_room_is_given_back),
		TEST(a_busy_record_holds_up_those_behind_it),
		TEST(a_discarded_record_is_passed_over),
		TEST(what_is_held_stays_until_it_is_released),
		TEST(reading_goes_on_where_it_can),
		TEST(whoever_stops_has_the_record_or_leaves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
