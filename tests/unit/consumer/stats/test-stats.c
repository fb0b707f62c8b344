/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over streams, the times of a chart, and lists that are full. */
#include "consumer/stats/stats.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumer/read/reader.h"
#include "proto/base/util.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

#define STATS_SYSCALLS (STATS_OF_KINDS + KIND_seccomp_denial)
#define STATS_VICTIMS (STATS_OF_KINDS + KIND_oom_kill)
#define SECOND UINT64_C(1000000000)

static struct stats *make_stats(void)
{
	struct stats *stats;

	assert_ok(stats_new(&stats));
	return stats;
}

/* All that is in the stream. */
static void add_stream(struct stats *stats, const struct stream *stream)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	_cleanup_close_ int fd = memfd_create("test-stats", MFD_CLOEXEC);
	struct reader_record item;

	assert_int_equal(pwrite(fd, stream->data, stream->size, 0), stream->size);
	assert_ok(reader_new(&reader, fd, "test"));
	while (!reader_next(reader, &item))
		assert_ok(stats_add(stats, reader_header(reader), item.record));
}

static const struct stats_kind *find_kind(const struct stats *stats, const char *name)
{
	for (unsigned i = 0; i < stats->n_kinds; i++) {
		if (!strcmp(stats->kinds[i].name, name))
			return &stats->kinds[i];
	}
	fail_msg("no kind %s", name);
	return NULL;
}

static uint64_t sum_of_buckets(const struct time_buckets *buckets, unsigned row)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		sum += buckets->counts[row][i];
	return sum;
}

static void assert_row(const struct stats *stats, unsigned list, const char *name,
		       uint64_t delivered, uint64_t limited)
{
	for (size_t i = 0; i < stats->lists[list]->n; i++) {
		const struct toplist_row *row = &stats->lists[list]->rows[i];

		if (strcmp(row->name, name) != 0)
			continue;
		assert_int_equal(row->count.delivered, delivered);
		assert_int_equal(row->count.limited, limited);
		return;
	}
	fail_msg("no row %s", name);
}

static void make_stream(struct stream *stream)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	for (unsigned i = 0; i < 3; i++)
		stream_event(stream, STREAM_OOM, 0);
	for (unsigned i = 0; i < 40; i++)
		stream_event(stream, STREAM_SECCOMP, i % 2);
	stream_hold(stream, STREAM_SECCOMP, 0, 500);
	stream_limited(stream, STREAM_SECCOMP, 500);
	stream_lost(stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 0, 7);
	stream_lost(stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 2);
	stream_lost(stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_OOM, 0, 1);
	stream_counters(stream);
	stream_footer(stream);
}

static void events_limited_and_lost_are_counted_by_kind(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	_cleanup_(stream_done) struct stream stream;
	const struct stats_kind *kind;

	make_stream(&stream);
	add_stream(stats, &stream);
	assert_int_equal(stats->n_kinds, 2);
	assert_int_equal(stats->sum.delivered, 43);
	assert_int_equal(stats->sum.limited, 500);
	kind = find_kind(stats, "seccomp_denial");
	assert_int_equal(kind->count.delivered, 40);
	assert_int_equal(kind->count.limited, 500);
	assert_int_equal(kind->lost[RINGSIDE__V1__LOST__REASON__RING_FULL].count, 9);
	assert_int_equal(kind->lost[RINGSIDE__V1__LOST__REASON__SINK].count, 0);
	assert_int_equal(sum_of_buckets(&stats->buckets, (unsigned)(kind - stats->kinds)), 540);
	kind = find_kind(stats, "oom_kill");
	assert_int_equal(kind->count.delivered, 3);
	assert_int_equal(kind->lost[RINGSIDE__V1__LOST__REASON__SINK].count, 1);
	assert_int_equal(sum_of_buckets(&stats->buckets, (unsigned)(kind - stats->kinds)), 3);
	assert_true(stats->timed);
	/* the third record is the first event, the Limited the 46th; 1 ms apart */
	assert_int_equal(stats->first, STREAM_NANO_UNIX + 3000000);
	assert_int_equal(stats->last, STREAM_NANO_UNIX + 46000000);
}

static void lists_name_containers_calls_and_victims(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	_cleanup_(stream_done) struct stream stream;

	make_stream(&stream);
	add_stream(stats, &stream);
	assert_row(stats, STATS_CONTAINERS, "web-1\tdocker:0123456789ab", 3, 0);
	assert_row(stats, STATS_VICTIMS, "web-1\tpython3\tdocker:0123456789ab", 3, 0);
	assert_row(stats, STATS_SYSCALLS, "web-1\tkeyctl\tERRNO\tEPERM", 40, 0);
}

static void add_limited(struct stats *stats, Ringside__V1__Limited *limited, const char *kind)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	limited->kind = (char *)(uintptr_t)kind;
	limited->has_count = 1;
	limited->count = 5;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED;
	record.limited = limited;
	assert_ok(stats_add(stats, NULL, &record));
}

static void what_was_held_back_stands_in_the_lists(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	Ringside__V1__Limited limited = RINGSIDE__V1__LIMITED__INIT;
	char call[] = "keyctl", error[] = "EPERM",
	     id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	     arch[] = "arm";
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;

	container.id = id;
	limited.container = &container;
	limited.syscall_name = call;
	limited.error_name = error;
	limited.has_action = 1;
	limited.action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO;
	add_limited(stats, &limited, "seccomp_denial");
	assert_row(stats, STATS_SYSCALLS, "\tkeyctl\tERRNO\tEPERM", 0, 5);
	assert_row(stats, STATS_CONTAINERS, "\tcontainer:0123456789ab", 0, 5);
	limited.syscall_name = limited.error_name = NULL;
	limited.has_syscall_number = limited.has_error_number = 1;
	limited.syscall_number = 9;
	limited.error_number = 250;
	limited.arch_name = arch;
	add_limited(stats, &limited, "seccomp_denial");
	assert_row(stats, STATS_SYSCALLS, "\tsyscall 9 of arm\tERRNO\terrno 250", 0, 5);
	limited.has_overflow = limited.overflow = 1;
	add_limited(stats, &limited, "seccomp_denial");
	assert_int_equal(stats->lists[STATS_SYSCALLS]->unknown.limited, 5);
	assert_int_equal(stats->lists[STATS_CONTAINERS]->unknown.limited, 5);
	add_limited(stats, &limited, "oom_kill");
	assert_int_equal(stats->lists[STATS_VICTIMS]->unknown.limited, 5);
	/* no record had a time */
	assert_false(stats->timed);
	assert_int_equal(stats->untimed, 20);
}

static void a_loss_of_unknown_size_and_kind_is_told(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	const struct stats_kind *kind;

	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	lost.has_reason = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__NOT_ATTACHED;
	assert_ok(stats_add(stats, NULL, &record));
	lost.reason = (Ringside__V1__Lost__Reason)99;
	lost.has_count = 1;
	lost.count = 4;
	assert_ok(stats_add(stats, NULL, &record));
	kind = find_kind(stats, "any");
	assert_true(kind->lost[RINGSIDE__V1__LOST__REASON__NOT_ATTACHED].unknown);
	assert_false(kind->lost[0].unknown);
	assert_int_equal(kind->lost[0].count, 4);
	assert_string_equal(lost_reasons[0].word, "unspecified");
}

static void too_many_kinds_share_the_last(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	Ringside__V1__Limited limited = RINGSIDE__V1__LIMITED__INIT;

	for (unsigned i = 0; i < STATS_KINDS + 10; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "kind_%u", i);
		add_limited(stats, &limited, name);
	}
	assert_int_equal(stats->n_kinds, STATS_KINDS);
	assert_int_equal(find_kind(stats, "kind_14")->count.limited, 5);
	assert_int_equal(find_kind(stats, "others")->count.limited, 11 * 5);
}

static void buckets_double_until_all_times_fit(void **state)
{
	static struct time_buckets buckets;

	buckets = (struct time_buckets){0};
	for (uint64_t i = 0; i < 10000; i++)
		time_buckets_add(&buckets, i % 2, 1000 * SECOND + i * SECOND, i);
	/* 10000 s in at most 512 parts: 32 s is the first that fits */
	assert_int_equal(buckets.nano, 32 * SECOND);
	assert_int_equal(buckets.low, 1000 / 32);
	assert_int_equal(buckets.high, 10999 / 32);
	assert_int_equal(time_buckets_used(&buckets), 10999 / 32 - 1000 / 32 + 1);
	assert_int_equal(sum_of_buckets(&buckets, 0), 9998 / 2 * 5000);
	assert_int_equal(sum_of_buckets(&buckets, 1), 5000 * 5000);
	/* seconds 1024 to 1055 are bucket 32: the even i from 24 to 54 */
	assert_int_equal(buckets.counts[0][32 - 31], (24 + 54) * 16 / 2);
}

static void buckets_take_times_in_any_order(void **state)
{
	static struct time_buckets forward, backward;

	forward = backward = (struct time_buckets){0};
	for (uint64_t i = 0; i < 3000; i++) {
		time_buckets_add(&forward, 0, i * i * 1000000, i + 1);
		time_buckets_add(&backward, 0, (2999 - i) * (2999 - i) * 1000000, 2999 - i + 1);
	}
	assert_int_equal(forward.nano, backward.nano);
	assert_int_equal(forward.low, backward.low);
	assert_int_equal(forward.high, backward.high);
	assert_memory_equal(forward.counts, backward.counts, sizeof(forward.counts));
}

static void buckets_reach_over_all_times_there_are(void **state)
{
	static struct time_buckets buckets;

	buckets = (struct time_buckets){0};
	time_buckets_add(&buckets, 3, UINT64_MAX, 1);
	time_buckets_add(&buckets, 3, 0, 2);
	time_buckets_add(&buckets, 3, UINT64_MAX / 2, 4);
	assert_true(time_buckets_used(&buckets) <= BUCKETS);
	assert_int_equal(buckets.counts[3][0], 2);
	assert_int_equal(buckets.counts[3][time_buckets_used(&buckets) - 1], 1);
	assert_int_equal(sum_of_buckets(&buckets, 3), 7);
}

static void a_full_list_keeps_the_sum(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	struct toplist *list = stats->lists[0];
	const struct toplist_row *top[TOPLIST_SHOWN];
	struct toplist_count others;
	uint64_t delivered = 0, limited = 0;
	size_t n;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3 * TOPLIST_KEYS; i++) {
			struct toplist_count one = {.delivered = i, .limited = 2};
			char name[32];
			int size = snprintf(name, sizeof(name), "/name-%u", i);

			toplist_add(list, name, name + 1, (size_t)size - 1, one);
			delivered += i;
			limited += 2;
		}
	}
	assert_int_equal(list->n, TOPLIST_KEYS);
	assert_int_equal(list->rows[7].count.limited, 4);
	n = toplist_top(list, top, &others);
	assert_int_equal(n, TOPLIST_SHOWN);
	for (size_t i = 0; i < n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "name-%u", (unsigned)(TOPLIST_KEYS - 1 - i));
		assert_string_equal(top[i]->name, name);
		others.delivered += top[i]->count.delivered;
		others.limited += top[i]->count.limited;
	}
	assert_int_equal(others.delivered, delivered);
	assert_int_equal(others.limited, limited);
}

static void names_of_one_cgroup_leave_room_for_those_of_others(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	const struct toplist_count one = {.delivered = 1};
	struct toplist *list = stats->lists[0];

	for (unsigned i = 0; i < 3 * TOPLIST_KEYS; i++) {
		char name[32], path[32];
		int size = snprintf(name, sizeof(name), "name-%u", i);

		(void)snprintf(path, sizeof(path), "/docker/bad/%u", i % 1000);
		toplist_add(list, path, name, (size_t)size, one);
	}
	toplist_add(list, "/docker/good", "good", 4, (struct toplist_count){.delivered = 50});
	assert_string_equal(list->rows[list->n - 1].name, "good");
	assert_int_equal(list->others.delivered + list->n - 1, 3 * TOPLIST_KEYS);
}

static void long_names_with_one_beginning_are_two(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	struct toplist *list = stats->lists[0];
	char name[1000];

	memset(name, 'x', sizeof(name));
	toplist_add(list, NULL, name, sizeof(name), (struct toplist_count){.delivered = 1});
	name[sizeof(name) - 1] = 'y';
	toplist_add(list, NULL, name, sizeof(name), (struct toplist_count){.delivered = 1});
	assert_int_equal(list->n, 2);
	assert_true(strlen(list->rows[0].name) < TOPLIST_NAME);
}

static char written[WRITER_SIZE];

static const char *print(const struct stats *stats,
			 void (*fn)(const struct stats *, const struct stats_print *))
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	_cleanup_close_ int fd = memfd_create("test-stats", MFD_CLOEXEC);
	ssize_t n;

	assert_ok(writer_new(&writer, fd));
	fn(stats, &(struct stats_print){.writer = writer, .columns = 80, .utc = true});
	assert_ok(writer_flush(writer));
	n = pread(fd, written, sizeof(written) - 1, 0);
	assert_true(n > 0);
	written[n] = '\0';
	return written;
}

static void the_text_tells_it_all(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	_cleanup_(stream_done) struct stream stream;
	const char *text;

	make_stream(&stream);
	add_stream(stats, &stream);
	text = print(stats, stats_text);
	assert_non_null(strstr(text, "2025-11-22 03:04:05.003 to 2025-11-22 03:04:05.046 UTC"));
	assert_non_null(strstr(text, "one column is 1.95 ms; those held back are in it\n"));
	assert_non_null(strstr(text, "█  most 50"));
	assert_non_null(strstr(text, "seccomp_denial             40           500             9  "
				     "(ring full 9)\n"));
	assert_non_null(strstr(text, "keyctl  ERRNO  EPERM            40             0\n"));
}

static void nothing_is_said_to_be_nothing(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();

	assert_non_null(strstr(print(stats, stats_text), "No events"));
	assert_non_null(strstr(print(stats, stats_json), "\"kinds\":[],"));
}

/* A program that ran for @run_time, by Counters of the stream @id in the boot @boot. */
static void add_program(struct stats *stats, uint8_t id, const char *boot, uint64_t second,
			uint64_t run_time)
{
	uint8_t stream_id[STATS_ID] = {id};
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__BpfProgram program = RINGSIDE__V1__BPF_PROGRAM__INIT;
	Ringside__V1__BpfObject object = RINGSIDE__V1__BPF_OBJECT__INIT;
	Ringside__V1__CounterRow row = RINGSIDE__V1__COUNTER_ROW__INIT, *rows[] = {&row};
	Ringside__V1__StreamerCost cost = RINGSIDE__V1__STREAMER_COST__INIT;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	header.stream_id = (ProtobufCBinaryData){STATS_ID, stream_id};
	header.boot_id = (char *)(uintptr_t)boot;
	program.has_run_time_nano = 1;
	program.run_time_nano = run_time;
	object.id = id;
	object.has_memory_bytes = 1;
	object.memory_bytes = 4096;
	object.program = &program;
	row.bpf_object = &object;
	cost.has_user_cpu_nano = cost.has_system_cpu_nano = 1;
	cost.user_cpu_nano = second * SECOND / 100;
	counters.part = counters.parts = 1;
	counters.full = 1;
	counters.n_rows = 1;
	counters.rows = rows;
	counters.cost = &cost;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	record.boottime_nano = second * SECOND;
	assert_ok(stats_add(stats, &header, &record));
}

static void bpf_objects_are_those_of_the_latest_boot(void **state)
{
	_cleanup_(stats_freep) struct stats *stats = make_stats();
	const char *json;

	add_program(stats, 1, "a", 100, 5 * SECOND);
	add_program(stats, 1, "a", 110, 6 * SECOND);
	json = print(stats, stats_json);
	assert_non_null(strstr(json, "\"by_run_time\":[{\"object\":\"program\",\"id\":1,"));
	assert_non_null(strstr(json, "\"cpu_share\":0.1}]"));
	assert_int_equal(stats->usage.cpu_nano, SECOND / 10);
	assert_int_equal(stats->usage.span_nano, 10 * SECOND);
	/* another boot: its objects are others, and its streamer is another one, too */
	add_program(stats, 2, "b", 50, SECOND);
	json = print(stats, stats_json);
	assert_non_null(strstr(json, "\"bpf_objects\":{\"programs\":1,"));
	assert_non_null(strstr(json, "\"by_memory\":[{\"object\":\"program\",\"id\":2,"));
	assert_non_null(strstr(json, "\"by_run_time\":[]"));
	assert_int_equal(stats->usage.span_nano, 10 * SECOND);
	add_program(stats, 2, "b", 60, SECOND);
	assert_int_equal(stats->usage.span_nano, 20 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_limited_and_lost_are_counted_by_kind),
		cmocka_unit_test(lists_name_containers_calls_and_victims),
		cmocka_unit_test(what_was_held_back_stands_in_the_lists),
		cmocka_unit_test(a_loss_of_unknown_size_and_kind_is_told),
		cmocka_unit_test(too_many_kinds_share_the_last),
		cmocka_unit_test(buckets_double_until_all_times_fit),
		cmocka_unit_test(buckets_take_times_in_any_order),
		cmocka_unit_test(buckets_reach_over_all_times_there_are),
		cmocka_unit_test(a_full_list_keeps_the_sum),
		cmocka_unit_test(long_names_with_one_beginning_are_two),
		cmocka_unit_test(names_of_one_cgroup_leave_room_for_those_of_others),
		cmocka_unit_test(the_text_tells_it_all),
		cmocka_unit_test(nothing_is_said_to_be_nothing),
		cmocka_unit_test(bpf_objects_are_those_of_the_latest_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
