/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "streamer/report/clock.h"
#include "tests/lib/records.h"

static void both_clocks_show_the_same_moment(void **state)
{
	struct clock_pair a = clock_now(), b = clock_now();

	assert_true(b.boottime >= a.boottime);
	assert_true(a.realtime > a.boottime);
	assert_false(clock_stepped(&a, &b));
}

static void a_step_of_real_time_is_one_in_both_directions(void **state)
{
	const struct clock_pair before = {.boottime = 1000000000, .realtime = 5000000000};
	const struct clock_pair later = {.boottime = 61000000000, .realtime = 65000000000};
	const struct clock_pair forward = {.boottime = 61000000000, .realtime = 65001000000};
	const struct clock_pair back = {.boottime = 61000000000, .realtime = 4000000000};
	const struct clock_pair noise = {.boottime = 61000000000, .realtime = 65000020000};

	assert_false(clock_stepped(&before, &later));
	assert_true(clock_stepped(&before, &forward));
	assert_true(clock_stepped(&before, &back));
	assert_false(clock_stepped(&before, &noise));
}

static void a_watched_clock_that_nobody_sets_stays_silent(void **state)
{
	_cleanup_close_ int fd = clock_watch();
	bool set = true;

	assert_true(fd >= 0);
	assert_ok(clock_rearm(fd, &set));
	assert_false(set);
}

static void records_go_by_the_latest_clock(void **state)
{
	const struct clock_pair first = {.boottime = 1000, .realtime = 1000000001000};
	const struct clock_pair second = {.boottime = 2000, .realtime = 3000000002000};
	struct folder_path path = in_folder(state, "x.pb");
	struct sink *sink = NULL;
	struct stream *stream = NULL;
	char error[256];

	assert_ok(sink_open(&sink, &(struct sink_config){.path = path.s}, error, sizeof(error)));
	assert_ok(stream_new(&stream, sink));
	assert_ok(clock_write(stream, &first, false));
	assert_ok(clock_write(stream, &second, true));
	assert_ok(stream_flush(stream));
	(void)stream_free(stream);
	(void)sink_free(sink);
	{
		_cleanup_records_ struct records records = records_read(path.s);
		const Record *a, *b;

		assert_int_equal(records.n, 2);
		a = records.all[0];
		b = records.all[1];
		assert_int_equal(a->clock->boottime_nano, 1000);
		assert_int_equal(a->clock->time_unix_nano, 1000000001000);
		assert_false(a->clock->has_stepped);
		assert_true(b->clock->has_stepped && b->clock->stepped);
		assert_int_equal(a->time_unix_nano - a->boottime_nano, 1000000000000);
		assert_int_equal(b->time_unix_nano - b->boottime_nano, 3000000000000);
		assert_true(b->boottime_nano >= a->boottime_nano);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_clocks_show_the_same_moment),
		cmocka_unit_test(a_step_of_real_time_is_one_in_both_directions),
		cmocka_unit_test(a_watched_clock_that_nobody_sets_stays_silent),
		test_in_folder(records_go_by_the_latest_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
