/* SPDX-License-Identifier: Apache-2.0 */
/* The sums of streams that follow each other, run beside each other, and come back. */
#include "consumer/base/packed-texts.h"
#include "consumer/sums/ledger.h"

#include "consumer/serve/metrics.h"
#include "tests/lib/ledger-fixture.h"
#include "tests/lib/writer-fixture.h"

#define _cleanup_ledger_ _cleanup_(ledger_done)

static struct ledger make_ledger(size_t limit)
{
	struct ledger ledger;

	ledger_init(&ledger, limit);
	return ledger;
}

static void assert_sums(const struct ledger *ledger, uint64_t expected)
{
	assert_int_equal(fixture_seen(ledger), expected);
	assert_int_equal(fixture_rows(ledger), expected);
}

static void sums_are_those_of_the_latest_counters(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 100, (struct fixture_set){.seen = 5, .dropped = 1});
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 9, .dropped = 2});
	assert_sums(&ledger, 9);
	assert_int_equal(fixture_kind(&ledger)->sums[LEDGER_DROPPED], 2);
	assert_int_equal(
		ledger_lost(fixture_kind(&ledger), RINGSIDE__V1__LOST__REASON__RING_FULL).count, 2);
	assert_string_equal(fixture_kind(&ledger)->tier, "fentry");
	assert_int_equal(ledger.series.n, 1);
	assert_int_equal(fixture_series(&ledger, NULL)->totals[SERIES_LIMITED], 4);
}

/* Rows of one cgroup and call, of which one is Ringside's own: they are two. */
static void what_ringside_made_itself_is_in_no_series(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 100, (struct fixture_set){.seen = 5});
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 90, .self_test = true});
	assert_int_equal(ledger.series.n, 1);
	assert_int_equal(fixture_rows(&ledger), 5);
	assert_int_equal(fixture_kind(&ledger)->self_tests[SERIES_COUNT], 90);
	assert_int_equal(fixture_kind(&ledger)->overflow_rows, 0);
	fixture_footer(&ledger, &a, 111);
	fixture_header(&ledger, &b, 112);
	fixture_counters(&ledger, &b, 112, (struct fixture_set){.seen = 7, .self_test = true});
	assert_int_equal(fixture_kind(&ledger)->self_tests[SERIES_COUNT], 97);
	assert_int_equal(fixture_rows(&ledger), 5);
}

static void totals_run_on_over_a_restart(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 50});
	fixture_footer(&ledger, &a, 110);
	fixture_header(&ledger, &b, 111);
	assert_sums(&ledger, 50);
	fixture_counters(&ledger, &b, 111, (struct fixture_set){.seen = 0});
	fixture_counters(&ledger, &b, 121, (struct fixture_set){.seen = 3});
	assert_sums(&ledger, 53);
	assert_int_equal(ledger.series.n, 1);
}

/* No Footer tells that it ended: what the next one counts is held until it is found dead. */
static void a_killed_streamer_is_waited_for_and_nothing_is_missing(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 50});
	fixture_header(&ledger, &b, 112);
	fixture_counters(&ledger, &b, 122, (struct fixture_set){.seen = 3});
	assert_sums(&ledger, 50);
	ledger_review(&ledger, (REAL_ZERO + 300) * SECOND);
	assert_sums(&ledger, 53);
	fixture_counters(&ledger, &b, 301, (struct fixture_set){.seen = 4});
	assert_sums(&ledger, 54);
}

static void one_that_ended_while_another_was_waited_for_is_counted(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2), c = fixture_stream(3);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 50});
	fixture_header(&ledger, &b, 112);
	fixture_counters(&ledger, &b, 115, (struct fixture_set){.seen = 3});
	fixture_footer(&ledger, &b, 115);
	fixture_header(&ledger, &c, 116);
	fixture_counters(&ledger, &c, 126, (struct fixture_set){.seen = 10});
	ledger_review(&ledger, (REAL_ZERO + 155) * SECOND);
	assert_sums(&ledger, 63);
	fixture_counters(&ledger, &c, 156, (struct fixture_set){.seen = 11});
	assert_sums(&ledger, 64);
}

/* Another process has gone on with it. */
static void one_that_goes_on_behind_its_footer_lives(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 50, .full = true});
	fixture_footer(&ledger, &a, 111);
	assert_false(ledger_lives(&ledger, (REAL_ZERO + 112) * SECOND));
	fixture_header(&ledger, &a, 113);
	assert_true(ledger_lives(&ledger, (REAL_ZERO + 114) * SECOND));
	fixture_counters(&ledger, &a, 114, (struct fixture_set){.seen = 60, .full = true});
	assert_sums(&ledger, 60);
	assert_int_equal(fixture_rows(&ledger), 60);
	assert_true(ledger_lives(&ledger, (REAL_ZERO + 115) * SECOND));
}

static void two_beside_each_other_count_once(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);

	fixture_header(&ledger, &a, 100);
	fixture_header(&ledger, &b, 101);
	for (uint64_t i = 1; i <= 10; i++) {
		fixture_counters(&ledger, &a, 100 + 10 * i, (struct fixture_set){.seen = 7 * i});
		fixture_counters(&ledger, &b, 101 + 10 * i, (struct fixture_set){.seen = 7 * i});
	}
	assert_sums(&ledger, 70);
	assert_true(ledger.streams[0]->counts);
	assert_false(ledger.streams[1]->counts);
	/* the other goes on, from what was counted last */
	fixture_footer(&ledger, &a, 202);
	fixture_counters(&ledger, &b, 211, (struct fixture_set){.seen = 72});
	fixture_counters(&ledger, &b, 221, (struct fixture_set){.seen = 75});
	assert_true(ledger.streams[1]->counts);
	assert_sums(&ledger, 75);
}

static void two_boots_are_two_machines_for_all_we_know(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);
	uint8_t *id = b.id;

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 7});
	assert_ok(ledger_expect(&ledger, id, "another boot", 105 * SECOND, 0));
	fixture_header(&ledger, &b, 105);
	fixture_counters(&ledger, &b, 115, (struct fixture_set){.seen = 5});
	assert_sums(&ledger, 12);
}

static void what_was_read_before_changes_nothing(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 50});
	fixture_footer(&ledger, &a, 111);
	record.seq = 2;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = &a.header;
	assert_int_equal(ledger_take(&ledger, &a.header, &record, 0), LEDGER_OLD);
	assert_int_equal(ledger_pass(&ledger, &a.header, &(struct peek){.seq = 3}, NULL),
			 LEDGER_OLD);
	assert_int_equal(ledger_pass(&ledger, &a.header, &(struct peek){.seq = 4}, NULL), 0);
}

/* A container that is started anew has another cgroup, and counts from zero in it. */
static void a_new_cgroup_of_the_same_container_is_the_same_series(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5, .cgroup = 7});
	fixture_counters(&ledger, &a, 120, (struct fixture_set){.seen = 8, .cgroup = 8});
	assert_int_equal(ledger.series.n, 1);
	assert_int_equal(fixture_series(&ledger, NULL)->totals[SERIES_COUNT], 13);
	assert_int_equal(fixture_series(&ledger, NULL)->refs, 2);
	/* a full set without the former: its cgroup is gone, what it counted stays */
	fixture_counters(&ledger, &a, 130,
			 (struct fixture_set){.seen = 9, .cgroup = 8, .full = true});
	assert_int_equal(fixture_series(&ledger, NULL)->refs, 1);
	assert_int_equal(fixture_series(&ledger, NULL)->totals[SERIES_COUNT], 14);
}

/* Three by name, the others of three more, and all the rest. */
static void rows_beyond_the_limit_are_summed_up(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(3);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);
	uint64_t sum = 0;
	char name[16], path[16];

	fixture_header(&ledger, &a, 100);
	for (uint64_t round = 1; round <= 2; round++) {
		sum = 0;
		for (uint64_t i = 1; i <= 10; i++) {
			(void)snprintf(name, sizeof(name), "c%d", (int)i);
			(void)snprintf(path, sizeof(path), "/c%d", (int)i);
			fixture_counters(&ledger, &a, 100 + round * 10,
					 (struct fixture_set){.seen = i * round,
							      .cgroup = i,
							      .name = name,
							      .path = path});
			sum += i * round;
		}
	}
	assert_int_equal(ledger.series.n, 6);
	assert_string_equal(packed_texts_get(fixture_series(&ledger, "c3")->text, SERIES_SYSCALL),
			    "keyctl");
	assert_string_equal(packed_texts_get(fixture_series(&ledger, "c4")->text, SERIES_SYSCALL),
			    "");
	assert_string_equal(packed_texts_get(fixture_series(&ledger, "c4")->text, SERIES_OTHERS),
			    "true");
	assert_int_equal(fixture_series(&ledger, "c4")->totals[SERIES_COUNT], 8);
	assert_int_equal(fixture_kind(&ledger)->overflow_rows, 4);
	assert_int_equal(fixture_kind(&ledger)->overflow[SERIES_COUNT], 2 * (7 + 8 + 9 + 10));
	assert_int_equal(fixture_rows(&ledger), sum);
	/* another stream's rows are others, and what the first ones counted stays */
	fixture_footer(&ledger, &a, 130);
	fixture_header(&ledger, &b, 131);
	fixture_counters(
		&ledger, &b, 141,
		(struct fixture_set){.seen = 100, .cgroup = 10, .name = "c10", .path = "/c10"});
	assert_int_equal(fixture_rows(&ledger), sum + 100);
	assert_int_equal(ledger.series.n, 6);
}

static uint64_t counted(const struct ledger *ledger, const char *path, bool others)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ledger->series.n; i++)
		if (!strcmp(packed_texts_get(ledger->series.all[i]->text, SERIES_CGROUP), path) &&
		    others == !!*packed_texts_get(ledger->series.all[i]->text, SERIES_OTHERS))
			sum += ledger->series.all[i]->totals[SERIES_COUNT];
	return sum;
}

/* With rows and cgroups without end: those beside it have theirs, and what it has is not lost. */
static void no_container_takes_the_series_of_another(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(2000);
	struct fixture_stream a = fixture_stream(1);
	char path[64];

	fixture_header(&ledger, &a, 100);
	for (uint32_t i = 1; i <= 5000; i++) {
		(void)snprintf(path, sizeof(path), "/docker/bad/%u", i % 2500);
		fixture_counters(&ledger, &a, 110,
				 (struct fixture_set){.seen = 3,
						      .cgroup = 1000 + i % 2500,
						      .path = path,
						      .error = i});
	}
	for (uint32_t i = 1; i <= 100; i++)
		fixture_counters(&ledger, &a, 110,
				 (struct fixture_set){.seen = 2,
						      .cgroup = 7,
						      .path = "/docker/good",
						      .error = i});
	assert_int_equal(counted(&ledger, "/docker/good", false), 200);
	assert_int_equal(counted(&ledger, "/docker/good", true), 0);
	assert_int_equal(fixture_kind(&ledger)->overflow_rows, 0);
	assert_true(counted(&ledger, "/docker/bad", true) > 0);
	assert_int_equal(fixture_rows(&ledger), 15000 + 200);
	assert_true(ledger.series.n < 4000);
}

/* What the kernel had put together is one series, also with what finds no room here. */
static void others_of_a_container_are_one_series(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);
	uint64_t by_name;

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110,
			 (struct fixture_set){.seen = 40, .path = "/a", .others = true});
	for (uint32_t i = 1; i <= 20; i++)
		fixture_counters(&ledger, &a, 110,
				 (struct fixture_set){.seen = 1, .path = "/a", .error = i});
	by_name = counted(&ledger, "/a", false);
	assert_in_range(by_name, 1, 5);
	assert_int_equal(counted(&ledger, "/a", true), 40 + 20 - by_name);
	assert_int_equal(ledger.series.n, by_name + 1);
}

static void a_series_whose_rows_are_long_gone_gives_way(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(1);
	struct fixture_stream a = fixture_stream(1);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5, .name = "old"});
	fixture_counters(&ledger, &a, 120,
			 (struct fixture_set){.seen = 5, .no_row = true, .full = true});
	fixture_counters(&ledger, &a, 2000,
			 (struct fixture_set){.seen = 9, .cgroup = 8, .name = "new"});
	assert_int_equal(ledger.series.n, 1);
	assert_string_equal(packed_texts_get(fixture_series(&ledger, NULL)->text, SERIES_CONTAINER),
			    "new");
	assert_int_equal(fixture_kind(&ledger)->overflow_rows, 0);
}

static void names_longer_than_the_room_for_all_are_cut(void **state)
{
	static char name[100000];
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);

	memset(name, 'x', sizeof(name) - 1);
	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5, .name = name});
	assert_int_equal(ledger.series.n, 1);
	assert_in_range(fixture_series(&ledger, NULL)->size, 8000, 8192);
	assert_string_equal(packed_texts_get(fixture_series(&ledger, NULL)->text, SERIES_SCOPE),
			    "");
}

static void a_row_of_a_missing_part_is_not_gone(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5});
	counters.part = 3;
	counters.parts = 3;
	counters.full = 1;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	fixture_take(&ledger, &a, &record, 120);
	assert_int_equal(fixture_series(&ledger, NULL)->refs, 1);
}

static void assert_shows(const struct ledger *ledger, const char *line)
{
	_cleanup_(fixture_writer_free) struct writer *writer = fixture_writer();
	struct metrics_server server = {.per_container = true};
	struct prometheus e = {.writer = writer};

	metrics_write(&e, ledger, &server, (REAL_ZERO + 111) * SECOND);
	if (!strstr(fixture_written(writer), line))
		fail_msg("no %s in\n%s", line, fixture_written(writer));
}

static void metrics_name_the_container_and_the_overflow(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(1);
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2);

	fixture_header(&ledger, &a, 100);
	fixture_header(&ledger, &b, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5});
	fixture_counters(&ledger, &a, 111,
			 (struct fixture_set){.seen = 4, .cgroup = 8, .name = "api"});
	assert_shows(&ledger,
		     "\nringside_seccomp_denials_total{container=\"web\",syscall=\"keyctl\","
		     "action=\"ERRNO\",errno=\"EPERM\"} 5\n");
	fixture_counters(&ledger, &a, 112,
			 (struct fixture_set){.seen = 3, .cgroup = 9, .name = "db"});
	assert_shows(&ledger, "\nringside_seccomp_denials_total{container=\"api\",others=\"true\"} "
			      "4\n");
	assert_shows(&ledger, "\nringside_seccomp_denials_total{overflow=\"true\"} 3\n");
	assert_shows(&ledger, "\nringside_events_lost_total{kind=\"seccomp_denial\","
			      "reason=\"ring_full\"} 0\n");
	assert_shows(&ledger, "boot_id=\"" FIXTURE_BOOT "\",counts=\"true\"} 1\n");
	assert_shows(&ledger, "boot_id=\"" FIXTURE_BOOT "\",counts=\"false\"} 1\n");
	assert_shows(&ledger, "\nringside_last_counters_timestamp_seconds 1763780757.000000000\n");
}

static void queues_become_gauges_and_a_histogram(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(10);
	struct fixture_stream a = fixture_stream(1);
	uint64_t fills[] = {1, 2, 3, 4, 5, 6, 7, 8};
	Ringside__V1__QueueFill receive = RINGSIDE__V1__QUEUE_FILL__INIT;
	Ringside__V1__TcpQueue queue = RINGSIDE__V1__TCP_QUEUE__INIT;

	receive.samples = 36;
	receive.max_bytes = 300;
	receive.max_buffer_bytes = 400;
	receive.n_by_fill = 8;
	receive.by_fill = fills;
	queue.receive = &receive;
	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 36, .queue = &queue});
	assert_shows(&ledger, "\nringside_tcp_receive_queue_fullest_ratio{container=\"web\",");
	assert_shows(&ledger, "errno=\"EPERM\"} 0.75\n");
	assert_shows(&ledger, "errno=\"EPERM\",le=\"0.1\"} 3\n");
	assert_shows(&ledger, "errno=\"EPERM\",le=\"+Inf\"} 36\n");
	/* none was sent on: that is not a queue that was empty */
	assert_true(fixture_series(&ledger, NULL)->fullest[SERIES_SEND] < 0);
	/* nor is one at which nobody looked in this interval */
	fixture_counters(&ledger, &a, 120, (struct fixture_set){.seen = 36, .no_row = true});
	assert_true(fixture_series(&ledger, NULL)->fullest[SERIES_RECEIVE] < 0);
	assert_int_equal(fixture_series(&ledger, NULL)->totals[SERIES_SAMPLES + SERIES_RECEIVE],
			 36);
}

/* What a gauge said last is not so any more when its streamer is dead. */
static void gauges_of_the_dead_are_not_shown(void **state)
{
	struct ledger ledger;
	struct fixture_stream a = {.id = {0xaa}};

	ledger_init(&ledger, 10);
	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 1});
	assert_true(ledger_lives(&ledger, (REAL_ZERO + 111) * SECOND));
	assert_false(ledger_lives(&ledger, (REAL_ZERO + 1000) * SECOND));
	ledger_done(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gauges_of_the_dead_are_not_shown),
		cmocka_unit_test(sums_are_those_of_the_latest_counters),
		cmocka_unit_test(what_ringside_made_itself_is_in_no_series),
		cmocka_unit_test(totals_run_on_over_a_restart),
		cmocka_unit_test(a_killed_streamer_is_waited_for_and_nothing_is_missing),
		cmocka_unit_test(one_that_goes_on_behind_its_footer_lives),
		cmocka_unit_test(one_that_ended_while_another_was_waited_for_is_counted),
		cmocka_unit_test(two_beside_each_other_count_once),
		cmocka_unit_test(two_boots_are_two_machines_for_all_we_know),
		cmocka_unit_test(what_was_read_before_changes_nothing),
		cmocka_unit_test(a_new_cgroup_of_the_same_container_is_the_same_series),
		cmocka_unit_test(rows_beyond_the_limit_are_summed_up),
		cmocka_unit_test(no_container_takes_the_series_of_another),
		cmocka_unit_test(others_of_a_container_are_one_series),
		cmocka_unit_test(a_series_whose_rows_are_long_gone_gives_way),
		cmocka_unit_test(names_longer_than_the_room_for_all_are_cut),
		cmocka_unit_test(a_row_of_a_missing_part_is_not_gone),
		cmocka_unit_test(metrics_name_the_container_and_the_overflow),
		cmocka_unit_test(queues_become_gauges_and_a_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
