/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects: rows that replace each other, sets that end them, streams that take over. */
#include "consumer/base/packed-texts.h"
#include "consumer/sums/bpf-objects.h"

#include "consumer/read/own-usage.h"
#include "consumer/serve/check.h"
#include "consumer/serve/metrics.h"
#include "tests/lib/ledger-fixture.h"
#include "tests/lib/writer-fixture.h"

#define _cleanup_ledger_ _cleanup_(ledger_done)
#define _cleanup_writer_ _cleanup_(fixture_writer_free)
#define AT(second) ((REAL_ZERO + (second)) * SECOND)
#define ROWS_MAX 600

static char kind_name[] = "bpf_object";

/* What a row says; of a map if @max_entries is not 0. */
struct one {
	uint32_t id;
	uint64_t memory, max_entries, entries, runs, run_time;
	const char *name, *comm;
	bool own, unloaded;
};

struct row {
	Ringside__V1__CounterRow row;
	Ringside__V1__BpfObject object;
	Ringside__V1__BpfProgram program;
	Ringside__V1__BpfMap map;
	Ringside__V1__BpfHolder holder;
	Ringside__V1__Container container;
};

#define TEXT(s) ((char *)(uintptr_t)(s))
#define SET(message, field, value) ((message)->has_##field = 1, (message)->field = (value))

static void fill_map(struct row *to, const struct one *one)
{
	ringside__v1__bpf_map__init(&to->map);
	to->object.map = &to->map;
	SET(&to->map, max_entries, (uint32_t)one->max_entries);
	SET(&to->map, entries, one->entries);
	to->object.type_name = TEXT("hash");
}

static void fill_program(struct row *to, const struct one *one)
{
	ringside__v1__bpf_program__init(&to->program);
	to->object.program = &to->program;
	to->program.tag = TEXT("0123456789abcdef");
	if (one->runs) {
		SET(&to->program, runs, one->runs);
		SET(&to->program, run_time_nano, one->run_time);
	}
	SET(&to->object, type, 99);
}

static void fill(struct row *to, const struct one *one)
{
	ringside__v1__counter_row__init(&to->row);
	ringside__v1__bpf_object__init(&to->object);
	ringside__v1__bpf_holder__init(&to->holder);
	ringside__v1__container__init(&to->container);
	to->row.kind = kind_name;
	to->row.bpf_object = &to->object;
	to->row.container = &to->container;
	to->container.container_name = TEXT("agent");
	SET(&to->object, id, one->id);
	if (one->unloaded)
		SET(&to->object, unloaded, true);
	to->object.name = TEXT(one->name ? one->name : "count");
	if (one->memory)
		SET(&to->object, memory_bytes, one->memory);
	SET(&to->object, own, one->own);
	to->object.holder = &to->holder;
	SET(&to->holder, pid, 1234);
	to->holder.comm = TEXT(one->comm ? one->comm : "agentd");
	if (one->max_entries)
		fill_map(to, one);
	else
		fill_program(to, one);
}

/* One part of a set. */
static void take_part(struct ledger *ledger, struct fixture_stream *stream, uint64_t second,
		      const struct one *all, size_t n, bool full, uint32_t part, uint32_t parts)
{
	static struct row rows[ROWS_MAX];
	Ringside__V1__CounterRow *list[ROWS_MAX];
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	assert_in_range(n, 0, ROWS_MAX);
	for (size_t i = 0; i < n; i++) {
		fill(&rows[i], &all[i]);
		list[i] = &rows[i].row;
	}
	counters.part = part;
	counters.parts = parts;
	counters.full = full;
	counters.n_rows = n;
	counters.rows = list;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	fixture_take(ledger, stream, &record, second);
}

static void take(struct ledger *ledger, struct fixture_stream *stream, uint64_t second,
		 const struct one *all, size_t n, bool full)
{
	take_part(ledger, stream, second, all, n, full, 1, 1);
}

#define TAKE(ledger, stream, second, full, ...)                                                    \
	take(ledger, stream, second, (const struct one[]){__VA_ARGS__},                            \
	     sizeof((const struct one[]){__VA_ARGS__}) / sizeof(struct one), full)

static struct ledger begin(struct fixture_stream *a, size_t limit)
{
	struct ledger ledger;

	ledger_init(&ledger, limit);
	*a = fixture_stream(1);
	fixture_header(&ledger, a, 100);
	return ledger;
}

static const struct object *find(const struct ledger *ledger, enum object_sort sort, uint32_t id)
{
	const struct object *object;
	size_t i = 0;

	while ((object = table_next(&ledger->objects.table, &i)))
		if (object->sort == sort && object->id == id)
			break;
	return object;
}

static void assert_sum(const struct ledger *ledger, enum object_sort sort, uint64_t n,
		       uint64_t memory)
{
	const struct bpf_objects_sum sum = bpf_objects_sum(&ledger->objects, sort);

	assert_int_equal(sum.n, n);
	assert_int_equal(sum.memory_bytes, memory);
}

static void a_row_replaces_the_one_before(void **state)
{
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);
	const struct object *object;

	TAKE(&ledger, &a, 110, true, {.id = 5, .memory = 4096, .runs = 10, .run_time = 1000},
	     {.id = 5, .memory = 100, .max_entries = 64, .entries = 60});
	TAKE(&ledger, &a, 120, false, {.id = 5, .memory = 100, .max_entries = 64, .entries = 3});
	assert_int_equal(ledger.objects.table.n, 2); /* a program and a map may have one id */
	object = find(&ledger, OBJECT_MAP, 5);
	assert_int_equal(object->values[OBJECT_ENTRIES], 3);
	assert_string_equal(packed_texts_get(object->text, OBJECT_TYPE), "hash");
	assert_string_equal(packed_texts_get(object->text, OBJECT_COMM), "agentd");
	assert_string_equal(packed_texts_get(object->text, OBJECT_CONTAINER + SERIES_CONTAINER),
			    "agent");
	assert_false(object_has(object, OBJECT_RUNS));
	object = find(&ledger, OBJECT_PROGRAM, 5);
	assert_int_equal(object->values[OBJECT_RUNS], 10);
	assert_string_equal(packed_texts_get(object->text, OBJECT_TYPE), "99");
	assert_sum(&ledger, OBJECT_PROGRAM, 1, 4096);
	assert_sum(&ledger, OBJECT_MAP, 1, 100);
	/* and they are in no account */
	assert_int_equal(ledger.series.n, 0);
	TAKE(&ledger, &a, 130, false, {.id = 5, .memory = 1, .name = "renamed", .comm = ""});
	object = find(&ledger, OBJECT_PROGRAM, 5);
	assert_string_equal(packed_texts_get(object->text, OBJECT_NAME), "renamed");
	assert_string_equal(packed_texts_get(object->text, OBJECT_COMM), "");
	assert_false(object_has(object, OBJECT_RUNS));
}

static void what_was_unloaded_is_gone_at_once(void **state)
{
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	TAKE(&ledger, &a, 110, true, {.id = 1}, {.id = 2}, {.id = 2, .max_entries = 5});
	TAKE(&ledger, &a, 120, false, {.id = 2, .max_entries = 5, .unloaded = true},
	     {.id = 7, .unloaded = true});
	assert_int_equal(ledger.objects.table.n, 2);
	assert_null(find(&ledger, OBJECT_MAP, 2));
	assert_non_null(find(&ledger, OBJECT_PROGRAM, 2));
}

static void what_a_full_set_does_not_have_is_gone(void **state)
{
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	TAKE(&ledger, &a, 110, true, {.id = 1}, {.id = 2});
	TAKE(&ledger, &a, 120, false, {.id = 3});
	assert_int_equal(ledger.objects.table.n, 3);
	TAKE(&ledger, &a, 130, true, {.id = 2});
	assert_int_equal(ledger.objects.table.n, 1);
	assert_non_null(find(&ledger, OBJECT_PROGRAM, 2));
	take(&ledger, &a, 140, NULL, 0, false);
	assert_int_equal(ledger.objects.table.n, 1);
	take(&ledger, &a, 150, NULL, 0, true);
	assert_int_equal(ledger.objects.table.n, 0);
}

static void parts_are_one_set_and_a_missing_one_ends_nothing(void **state)
{
	const struct one one = {.id = 1}, two = {.id = 2}, three = {.id = 3};
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	take_part(&ledger, &a, 110, &one, 1, true, 1, 2);
	take_part(&ledger, &a, 110, &two, 1, true, 2, 2);
	assert_int_equal(ledger.objects.table.n, 2);
	take_part(&ledger, &a, 120, &three, 1, true, 1, 3);
	take_part(&ledger, &a, 120, &three, 1, true, 3, 3);
	assert_int_equal(ledger.objects.table.n, 3);
	take_part(&ledger, &a, 130, &three, 1, true, 1, 2);
	assert_int_equal(ledger.objects.table.n, 3);
	take_part(&ledger, &a, 130, &one, 1, true, 2, 2);
	assert_int_equal(ledger.objects.table.n, 2);
	assert_null(find(&ledger, OBJECT_PROGRAM, 2));
}

static void of_two_streams_one_tells(void **state)
{
	struct fixture_stream a, b = fixture_stream(2);
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	fixture_header(&ledger, &b, 101);
	TAKE(&ledger, &a, 110, true, {.id = 1, .memory = 10}, {.id = 2, .memory = 10});
	TAKE(&ledger, &b, 111, true, {.id = 1, .memory = 10}, {.id = 2, .memory = 10},
	     {.id = 3, .memory = 10});
	assert_sum(&ledger, OBJECT_PROGRAM, 2, 20);
	/* the other takes over: they stay until its first full set */
	fixture_footer(&ledger, &a, 112);
	assert_non_null(ledger_objects(&ledger, AT(112)));
	TAKE(&ledger, &b, 121, false, {.id = 1, .memory = 11});
	assert_sum(&ledger, OBJECT_PROGRAM, 2, 21);
	TAKE(&ledger, &b, 131, true, {.id = 1, .memory = 11}, {.id = 3, .memory = 10});
	assert_sum(&ledger, OBJECT_PROGRAM, 2, 21);
	assert_non_null(find(&ledger, OBJECT_PROGRAM, 3));
	assert_null(find(&ledger, OBJECT_PROGRAM, 2));
}

static void nobody_left_to_tell_is_nothing_to_show(void **state)
{
	struct fixture_stream a, b = fixture_stream(2);
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	TAKE(&ledger, &a, 110, true, {.id = 1, .memory = 10});
	assert_ptr_equal(ledger_objects(&ledger, AT(120)), &ledger.objects);
	/* three intervals and five seconds */
	assert_null(ledger_objects(&ledger, AT(110 + 35)));
	TAKE(&ledger, &a, 150, false, {.id = 1, .memory = 10});
	assert_non_null(ledger_objects(&ledger, AT(150)));
	fixture_footer(&ledger, &a, 151);
	assert_null(ledger_objects(&ledger, AT(151)));
	/* started anew: the same objects once, not twice */
	fixture_header(&ledger, &b, 152);
	TAKE(&ledger, &b, 152, true, {.id = 1, .memory = 10}, {.id = 9, .memory = 1});
	assert_non_null(ledger_objects(&ledger, AT(152)));
	assert_sum(&ledger, OBJECT_PROGRAM, 2, 11);
}

/* What is read long after it was written, as all is when a server starts. */
static void the_last_rows_of_an_old_file_are_there_once_its_end_is_read(void **state)
{
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	TAKE(&ledger, &a, 110, true, {.id = 1});
	ledger_review(&ledger, AT(5000));
	assert_null(ledger_objects(&ledger, AT(5000)));
	take(&ledger, &a, 4995, NULL, 0, false);
	assert_non_null(find(&ledger, OBJECT_PROGRAM, 1));
	assert_non_null(ledger_objects(&ledger, AT(5000)));
}

static void ids_of_another_boot_are_other_objects(void **state)
{
	struct fixture_stream a, b = fixture_stream(2);
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);

	assert_ok(ledger_expect(&ledger, b.id, "another boot", 0, 0));
	TAKE(&ledger, &a, 110, true, {.id = 1, .memory = 10});
	fixture_header(&ledger, &b, 111);
	TAKE(&ledger, &b, 111, true, {.id = 7, .memory = 100}); /* both count */
	assert_sum(&ledger, OBJECT_PROGRAM, 1, 10);
	fixture_footer(&ledger, &a, 115);
	assert_null(ledger_objects(&ledger, AT(115)));
	TAKE(&ledger, &b, 121, false, {.id = 8, .memory = 100});
	assert_sum(&ledger, OBJECT_PROGRAM, 1, 100);
	assert_non_null(find(&ledger, OBJECT_PROGRAM, 8));
}

static void what_finds_no_room_is_summed_up(void **state)
{
	struct one all[ROWS_MAX];
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 100);

	for (uint32_t i = 0; i < ROWS_MAX; i++)
		all[i] = (struct one){.id = i, .memory = 10, .max_entries = i % 2};
	take(&ledger, &a, 110, all, ROWS_MAX, true);
	assert_int_equal(ledger.objects.table.n, 100);
	assert_sum(&ledger, OBJECT_PROGRAM, 300, 3000);
	assert_sum(&ledger, OBJECT_MAP, 300, 3000);
	/* 50 of those with a row go: another one may be among those without, until a full set tells
	 */
	take(&ledger, &a, 120, all + 50, ROWS_MAX - 50, true);
	assert_int_equal(ledger.objects.table.n, 50);
	assert_sum(&ledger, OBJECT_PROGRAM, 275, 2750);
	TAKE(&ledger, &a, 130, false, {.id = 599, .memory = 10, .max_entries = 1});
	assert_sum(&ledger, OBJECT_MAP, 275, 2750);
	take(&ledger, &a, 140, all + 50, ROWS_MAX - 50, true);
	assert_int_equal(ledger.objects.table.n, 100);
	assert_sum(&ledger, OBJECT_MAP, 275, 2750);
	take(&ledger, &a, 150, all, 100, true);
	take(&ledger, &a, 160, all, 100, true);
	assert_int_equal(ledger.objects.left_out[OBJECT_MAP].n, 0);
	assert_sum(&ledger, OBJECT_PROGRAM, 50, 500);
}

static void rows_of_a_newer_version_are_passed_over(void **state)
{
	struct row row;
	const struct one one = {.id = 1};
	struct bpf_objects objects = {0};

	fill(&row, &one);
	row.object.program = NULL; /* neither a program nor a map */
	assert_ok(bpf_objects_take(&objects, 10, &row.row, (struct series_stamp){1, 1}, 0));
	row.row.bpf_object = NULL;
	assert_ok(bpf_objects_take(&objects, 10, &row.row, (struct series_stamp){1, 1}, 0));
	assert_int_equal(objects.table.n, 0);
	bpf_objects_done(&objects);
}

static void a_long_text_is_cut_and_the_rest_is_there(void **state)
{
	static char path[20000];
	const struct one one = {.id = 1};
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);
	struct bpf_objects objects = {0};
	const struct object *object;
	struct row row;
	size_t i = 0;

	memset(path, 'x', sizeof(path) - 1);
	fill(&row, &one);
	row.object.name = path;
	row.container.cgroup_path = path;
	assert_ok(bpf_objects_take(&objects, 10, &row.row, (struct series_stamp){1, 1}, 0));
	object = table_next(&objects.table, &i);
	assert_non_null(object);
	assert_in_range(object->size, 8000, 8192);
	assert_string_equal(packed_texts_get(object->text, OBJECT_FIELDS - 1), "");
	bpf_objects_done(&objects);
}

static const char *page(struct writer *writer, const struct ledger *ledger, uint64_t now_nano)
{
	const struct metrics_server server = {.per_container = true};
	struct prometheus e = {.writer = writer};

	metrics_write(&e, ledger, &server, now_nano);
	return fixture_written(writer);
}

#define PROGRAM_INFO                                                                               \
	"\nringside_bpf_program_info{id=\"5\",type=\"99\",name=\"a\\\"b\\nc\xef\xbf\xbd\","        \
	"comm=\"x\\\\y\",tag=\"0123456789abcdef\",container=\"agent\",pid=\"1234\","               \
	"own=\"true\"} 1\n"
#define LABELS "{id=\"5\",type=\"99\",name=\"a\\\"b\\nc\xef\xbf\xbd\",comm=\"x\\\\y\"} "

static void metrics_have_what_the_row_has(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 2);
	const char *text;

	TAKE(&ledger, &a, 110, true,
	     {.id = 5,
	      .memory = 4096,
	      .runs = 10,
	      .run_time = 1500000000,
	      .name = "a\"b\nc\xff",
	      .comm = "x\\y",
	      .own = true},
	     {.id = 6, .max_entries = 64, .entries = 60}, {.id = 7, .memory = 8}, {.id = 8});
	text = page(writer, &ledger, AT(110));
	assert_non_null(strstr(text, PROGRAM_INFO));
	assert_non_null(strstr(text, "\nringside_bpf_program_memory_bytes" LABELS "4096\n"));
	assert_non_null(strstr(text, "\nringside_bpf_program_runs_total" LABELS "10\n"));
	assert_non_null(strstr(text, "\nringside_bpf_program_run_time_seconds_total" LABELS
				     "1.500000000\n"));
	assert_non_null(strstr(text, "\nringside_bpf_program_memory_bytes{overflow=\"true\"} 8\n"));
	assert_non_null(strstr(text,
			       "\nringside_bpf_map_entries{id=\"6\",type=\"hash\",name=\"count\","
			       "comm=\"agentd\"} 60\n"));
	assert_null(strstr(text, "\nringside_bpf_map_memory_bytes{"));
	assert_null(strstr(text, "\nringside_bpf_program_verified_instructions{"));
	assert_non_null(strstr(text, "\nringside_bpf_objects{object=\"program\"} 3\n"
				     "ringside_bpf_objects{object=\"map\"} 1\n"));
	assert_non_null(
		strstr(text, "\nringside_bpf_objects_memory_bytes{object=\"program\"} 4104\n"));
	/* no events by container of that name */
	assert_null(strstr(text, "ringside_bpf_objects_total"));
}

static void metrics_of_the_dead_are_not_shown(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct fixture_stream a;
	_cleanup_ledger_ struct ledger ledger = begin(&a, 2);

	TAKE(&ledger, &a, 110, true, {.id = 5, .memory = 4096});
	assert_null(strstr(page(writer, &ledger, AT(1000)), "ringside_bpf_"));
	assert_non_null(strstr(page(writer, &ledger, AT(1000)), "tier=\"fentry\"} 0\n"));
}

/* How many objects /check has since the cursor @text. */
static unsigned count_new(const struct ledger *ledger, const char *text)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct cursor cursor;
	unsigned n = 0;

	assert_ok(cursor_parse(&cursor, ledger, text));
	check_write(writer, ledger, &cursor, AT(131));
	assert_non_null(strstr(fixture_written(writer),
			       "\"bpf_object\":{\"attached\":false,\"programs\":"));
	for (const char *at = fixture_written(writer); (at = strstr(at, "\"object\":")); at++)
		n++;
	return n;
}

static void a_cursor_leaves_out_what_did_not_change(void **state)
{
	struct fixture_stream a, b = fixture_stream(2);
	_cleanup_ledger_ struct ledger ledger = begin(&a, 10);
	char cursor[CURSOR_SIZE];

	TAKE(&ledger, &a, 110, true, {.id = 1, .memory = 10}, {.id = 2, .memory = 10});
	assert_int_equal(count_new(&ledger, NULL), 2);
	cursor_format(&ledger, cursor);
	assert_int_equal(count_new(&ledger, cursor), 0);
	TAKE(&ledger, &a, 120, true, {.id = 1, .memory = 10}, {.id = 2, .memory = 11});
	assert_int_equal(count_new(&ledger, cursor), 1);
	assert_int_equal(count_new(&ledger, cursor), 1); /* reading takes nothing away */
	cursor_format(&ledger, cursor);
	fixture_footer(&ledger, &a, 121);
	fixture_header(&ledger, &b, 122);
	TAKE(&ledger, &b, 130, true, {.id = 1, .memory = 10}, {.id = 2, .memory = 11},
	     {.id = 3, .memory = 1});
	assert_int_equal(count_new(&ledger, cursor), 1);
}

static void what_the_streamer_takes_is_by_the_time_between(void **state)
{
	Ringside__V1__StreamerCost cost = RINGSIDE__V1__STREAMER_COST__INIT;
	struct own_usage usage = {0};
	char text[256];
	struct line line = line_make(text, sizeof(text));

	own_usage_take(&usage, NULL, SECOND);
	assert_false(own_usage_is_known(&usage));
	SET(&cost, user_cpu_nano, SECOND);
	SET(&cost, system_cpu_nano, SECOND);
	SET(&cost, anonymous_bytes, 8 << 20);
	own_usage_take(&usage, &cost, 100 * SECOND);
	assert_int_equal(usage.span_nano, 0);
	SET(&cost, user_cpu_nano, SECOND + SECOND / 2);
	own_usage_take(&usage, &cost, 200 * SECOND);
	own_usage_part(&usage);
	SET(&cost, user_cpu_nano, 50 * SECOND); /* another one's */
	own_usage_take(&usage, &cost, 300 * SECOND);
	assert_int_equal(usage.cpu_nano, SECOND / 2);
	assert_int_equal(usage.span_nano, 100 * SECOND);
	own_usage_text(&line, &usage);
	(void)line_end(&line);
	assert_string_equal(text, "18.00 s of CPU an hour (0.50 % of a CPU), 8 MiB of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_replaces_the_one_before),
		cmocka_unit_test(what_was_unloaded_is_gone_at_once),
		cmocka_unit_test(what_a_full_set_does_not_have_is_gone),
		cmocka_unit_test(parts_are_one_set_and_a_missing_one_ends_nothing),
		cmocka_unit_test(of_two_streams_one_tells),
		cmocka_unit_test(nobody_left_to_tell_is_nothing_to_show),
		cmocka_unit_test(the_last_rows_of_an_old_file_are_there_once_its_end_is_read),
		cmocka_unit_test(ids_of_another_boot_are_other_objects),
		cmocka_unit_test(what_finds_no_room_is_summed_up),
		cmocka_unit_test(rows_of_a_newer_version_are_passed_over),
		cmocka_unit_test(a_long_text_is_cut_and_the_rest_is_there),
		cmocka_unit_test(metrics_have_what_the_row_has),
		cmocka_unit_test(metrics_of_the_dead_are_not_shown),
		cmocka_unit_test(a_cursor_leaves_out_what_did_not_change),
		cmocka_unit_test(what_the_streamer_takes_is_by_the_time_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
