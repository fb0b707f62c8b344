/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/damage/resync.h"

#include "tests/lib/zstd-fixture.h"

/* A stream of 20 denials with something between two of them. */
struct damaged {
	struct stream stream;
	size_t begin, end; /* of what is between */
	int fd;
	struct file_window window;
	struct resync resync;
};

static void damage_marked(struct damaged *d, const void *data, size_t size,
			  void (*mangle)(Ringside__V1__Record *record))
{
	stream_init(&d->stream);
	d->stream.mangle = mangle;
	stream_header(&d->stream);
	for (unsigned i = 0; i < 10; i++)
		stream_event(&d->stream, STREAM_SECCOMP, 0);
	d->begin = d->stream.size;
	stream_raw(&d->stream, data, size);
	d->end = d->stream.size;
	for (unsigned i = 0; i < 10; i++)
		stream_event(&d->stream, STREAM_SECCOMP, 0);
	d->fd = memory_file(d->stream.data, d->stream.size);
	file_window_init(&d->window, d->fd);
	resync_init(&d->resync, &d->window);
	d->resync.latest_seq = 11;
}

static void damage(struct damaged *d, const void *data, size_t size)
{
	damage_marked(d, data, size, NULL);
}

static void damaged_done(struct damaged *d)
{
	resync_done(&d->resync);
	file_window_done(&d->window);
	stream_done(&d->stream);
	assert_ok(close(d->fd));
}
#define _cleanup_damaged_ _cleanup_(damaged_done)

static struct resync_hole find(struct damaged *d, uint64_t limit)
{
	struct resync_hole hole;

	assert_ok(resync_find(&d->resync, d->begin, limit, &hole));
	return hole;
}

static void the_next_record_is_found_behind_anything(void **state)
{
	static const char *const between[] = {"\xff\xff\xff\xff\xff", "x", "\x7fxyz", "\n\n\n\n"};
	static const uint8_t zeros[300];

	for (size_t i = 0; i < ARRAY_SIZE(between); i++) {
		_cleanup_damaged_ struct damaged d;
		struct resync_hole hole;

		damage(&d, between[i], strlen(between[i]));
		hole = find(&d, d.stream.size);
		assert_true(hole.found);
		assert_int_equal(hole.end, d.end);
		assert_int_equal(hole.zeros, 0);
		hole = find(&d, d.end); /* no further than told */
		assert_false(hole.found);
		assert_int_equal(hole.end, d.end);
	}
	{
		_cleanup_damaged_ struct damaged d;
		struct resync_hole hole;

		damage(&d, zeros, sizeof(zeros));
		hole = find(&d, d.stream.size);
		assert_int_equal(hole.end, d.end);
		assert_int_equal(hole.zeros, sizeof(zeros));
	}
}

static void mark_self_test(Ringside__V1__Record *record)
{
	record->has_self_test = record->self_test = true;
}

/* A mark stands between the body and the stamps. */
static void a_denial_of_our_own_is_found_and_confirmed(void **state)
{
	_cleanup_damaged_ struct damaged d;
	struct frame frame;
	size_t need;

	damage_marked(&d, "x", 1, mark_self_test);
	assert_true(find(&d, d.stream.size).found);
	assert_int_equal(find(&d, d.stream.size).end, d.end);
	assert_ok(frame_parse(d.stream.data + d.end, d.stream.size - d.end, &frame, &need));
	assert_int_equal(resync_confirm(&d.resync, &frame, frame.data + frame.size, 0, true, &need),
			 1);
}

static void what_came_before_is_not_believed(void **state)
{
	_cleanup_damaged_ struct damaged d;

	damage(&d, "x", 1);
	d.resync.latest_seq = 15;
	assert_true(find(&d, d.stream.size).end > d.end);
	d.resync.latest_seq = 21;
	assert_false(find(&d, d.stream.size).found);
}

static void a_record_is_confirmed_by_what_follows(void **state)
{
	_cleanup_damaged_ struct damaged d;
	const uint8_t *behind;
	struct frame frame;
	size_t need, left;

	damage(&d, "x", 1);
	assert_ok(frame_parse(d.stream.data + d.end, d.stream.size - d.end, &frame, &need));
	behind = frame.data + frame.size;
	left = (size_t)(d.stream.data + d.stream.size - behind);
	assert_int_equal(resync_confirm(&d.resync, &frame, behind, left, false, &need), 1);
	assert_int_equal(resync_confirm(&d.resync, &frame, behind, 5, false, &need), RESYNC_MORE);
	assert_in_range(need, 6, left);
	assert_int_equal(resync_confirm(&d.resync, &frame, behind, 5, true, &need), 0);
	assert_int_equal(resync_confirm(&d.resync, &frame, behind, 0, true, &need), 1);
	/* what follows comes later */
	assert_int_equal(resync_confirm(&d.resync, &frame, frame.start, left, true, &need), 0);
	assert_int_equal(resync_confirm(&d.resync, &frame, behind + 1, left - 1, true, &need), 0);
}

static void a_name_has_no_zero(void **state)
{
	assert_true(resync_is_text((const uint8_t *)"name", 4));
	assert_false(resync_is_text((const uint8_t *)"name", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_record_is_found_behind_anything),
		cmocka_unit_test(a_denial_of_our_own_is_found_and_confirmed),
		cmocka_unit_test(what_came_before_is_not_believed),
		cmocka_unit_test(a_record_is_confirmed_by_what_follows),
		cmocka_unit_test(a_name_has_no_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
