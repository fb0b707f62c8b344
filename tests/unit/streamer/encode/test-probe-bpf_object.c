/* SPDX-License-Identifier: Apache-2.0 */
/* BPF programs and maps as they become CounterRows. */
#include <linux/bpf.h>

#include "proto/ringside-fields.h"
#include "streamer/tables/bpf-objects.h"
#include "tests/lib/wire-record.h"

static const struct wire_cgroup_key nobody, somebody = {.id = 9};

/* As a reader finds it in Counters; the caller frees it. */
static Ringside__V1__Counters *row_of(const struct wire_cgroup_key *key,
				      const struct object *object)
{
	const struct row_view view = {.epoch = 1};
	uint8_t buf[1024], *mark;
	struct pb pb = pb_make(buf, sizeof(buf));
	Ringside__V1__Counters *counters;
	struct encoder *encoder;

	assert_ok(encoder_new(&encoder, &(struct kubelet){0}));
	mark = pb_open(&pb, FIELD_COUNTERS_ROWS);
	encoder_row_key(encoder, WIRE_BPF_OBJECT, key, &pb);
	probe_bpf_object.row_values(object, &view, &pb);
	pb_close(&pb, mark);
	assert_false(pb.overflow);
	(void)encoder_free(encoder);
	counters = ringside__v1__counters__unpack(NULL, (size_t)(pb.p - buf), buf);
	assert_non_null(counters);
	assert_int_equal(counters->n_rows, 1);
	assert_string_equal(counters->rows[0]->kind, "bpf_object");
	assert_non_null(counters->rows[0]->bpf_object);
	return counters;
}

static void forget(Ringside__V1__Counters *counters)
{
	ringside__v1__counters__free_unpacked(counters, NULL);
}

static struct object a_program(void)
{
	return (struct object){
		.program = {.head = {.object = WIRE_OBJECT_PROGRAM,
				     .id = 12,
				     .type = BPF_PROG_TYPE_KPROBE,
				     .flags = WIRE_OBJECT_HAS_MEMORY | WIRE_OBJECT_HAS_RUNS |
					      WIRE_OBJECT_HAS_VERIFIED,
				     .memory_bytes = 8192,
				     .name = "handle_openat"},
			    .loaded_boottime = 77,
			    .runs = 5,
			    .run_nano = 600,
			    .misses = 1,
			    .instructions = 30,
			    .verified_instructions = 40,
			    .jited_bytes = 200,
			    .uid = 1000,
			    .tag = {0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff}},
	};
}

static void a_program_has_all_the_kernel_says(void **state)
{
	struct object object = a_program();
	Ringside__V1__Counters *counters = row_of(&nobody, &object);
	const Ringside__V1__BpfObject *got = counters->rows[0]->bpf_object;

	assert_null(counters->rows[0]->container);
	assert_false(counters->rows[0]->has_count);
	assert_int_equal(got->id, 12);
	assert_int_equal(got->type, BPF_PROG_TYPE_KPROBE);
	assert_string_equal(got->type_name, "kprobe");
	assert_string_equal(got->name, "handle_openat");
	assert_int_equal(got->memory_bytes, 8192);
	assert_true(got->has_uid);
	assert_int_equal(got->uid, 1000);
	assert_null(got->holder);
	assert_false(got->has_own);
	assert_null(got->map);
	assert_string_equal(got->program->tag, "00010203fcfdfeff");
	assert_int_equal(got->program->loaded_boottime_nano, 77);
	assert_int_equal(got->program->instructions, 30);
	assert_int_equal(got->program->verified_instructions, 40);
	assert_int_equal(got->program->jited_bytes, 200);
	assert_int_equal(got->program->runs, 5);
	assert_int_equal(got->program->run_time_nano, 600);
	assert_true(got->program->has_recursion_misses);
	assert_int_equal(got->program->recursion_misses, 1);
	forget(counters);
}

static void what_this_kernel_does_not_count_is_absent(void **state)
{
	struct object object = a_program();
	Ringside__V1__Counters *counters;

	object.program.runs = object.program.run_nano = 0; /* statistics were never on */
	counters = row_of(&nobody, &object);
	assert_false(counters->rows[0]->bpf_object->program->has_runs);
	assert_false(counters->rows[0]->bpf_object->program->has_run_time_nano);
	assert_true(counters->rows[0]->bpf_object->program->has_recursion_misses);
	forget(counters);

	object = a_program();
	object.head.flags = 0;
	counters = row_of(&nobody, &object);
	assert_false(counters->rows[0]->bpf_object->has_memory_bytes);
	assert_false(counters->rows[0]->bpf_object->program->has_runs);
	assert_false(counters->rows[0]->bpf_object->program->has_recursion_misses);
	assert_false(counters->rows[0]->bpf_object->program->has_verified_instructions);
	forget(counters);
}

static void a_map_has_its_sizes_and_its_holder(void **state)
{
	struct object object = {
		.map = {.head = {.object = WIRE_OBJECT_MAP,
				 .id = 3,
				 .type = BPF_MAP_TYPE_LRU_HASH,
				 .flags = WIRE_OBJECT_HAS_ENTRIES},
			.entries = 7,
			.key_bytes = 8,
			.value_bytes = 16,
			.max_entries = 1000,
			.map_flags = BPF_F_NO_COMMON_LRU},
		.holder = {.pid = 1234, .n = 2, .own = true, .comm = "agent\xff"},
	};
	Ringside__V1__Counters *counters = row_of(&somebody, &object);
	const Ringside__V1__BpfObject *got = counters->rows[0]->bpf_object;

	assert_int_equal(counters->rows[0]->container->cgroup_id, 9);
	assert_string_equal(got->type_name, "lru_hash");
	assert_null(got->name);
	assert_false(got->has_memory_bytes);
	assert_false(got->has_uid);
	assert_int_equal(got->holder->pid, 1234);
	assert_string_equal(got->holder->comm, "agent\xef\xbf\xbd");
	assert_int_equal(got->holder->processes, 2);
	assert_true(got->own);
	assert_null(got->program);
	assert_int_equal(got->map->key_bytes, 8);
	assert_int_equal(got->map->value_bytes, 16);
	assert_int_equal(got->map->max_entries, 1000);
	assert_int_equal(got->map->entries, 7);
	assert_int_equal(got->map->flags, BPF_F_NO_COMMON_LRU);
	forget(counters);
}

static void a_type_nobody_knows_is_a_number(void **state)
{
	struct object object = {
		.map = {.head = {.object = WIRE_OBJECT_MAP, .id = 1, .type = 9999}}};
	Ringside__V1__Counters *counters = row_of(&nobody, &object);

	assert_int_equal(counters->rows[0]->bpf_object->type, 9999);
	assert_null(counters->rows[0]->bpf_object->type_name);
	assert_false(counters->rows[0]->bpf_object->map->has_entries);
	forget(counters);
}

/* The name takes all its room, each byte of it three bytes as UTF-8. */
static void the_longest_name_fits(void **state)
{
	struct object object = a_program();
	Ringside__V1__Counters *counters;

	memset(object.head.name, 0xff, sizeof(object.head.name));
	counters = row_of(&nobody, &object);
	assert_int_equal(strlen(counters->rows[0]->bpf_object->name), sizeof(object.head.name) * 3);
	forget(counters);
}

static void what_was_unloaded_says_so(void **state)
{
	struct object object = a_program();
	Ringside__V1__Counters *counters;

	object.unloaded = true;
	counters = row_of(&nobody, &object);
	assert_int_equal(counters->rows[0]->bpf_object->id, 12);
	assert_true(counters->rows[0]->bpf_object->unloaded);
	assert_non_null(counters->rows[0]->bpf_object->program);
	assert_null(counters->rows[0]->bpf_object->program->tag);
	assert_null(counters->rows[0]->bpf_object->name);
	forget(counters);
	object.head.object = WIRE_OBJECT_MAP;
	counters = row_of(&nobody, &object);
	assert_non_null(counters->rows[0]->bpf_object->map);
	assert_null(counters->rows[0]->bpf_object->program);
	forget(counters);
}

static void news_is_what_changed_since(void **state)
{
	const struct object object = {.changed_nano = 500};

	assert_true(probe_bpf_object.row_changed(&object, &(struct row_view){.since = 0}));
	assert_true(probe_bpf_object.row_changed(&object, &(struct row_view){.since = 500}));
	assert_false(probe_bpf_object.row_changed(&object, &(struct row_view){.since = 501}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_has_all_the_kernel_says),
		cmocka_unit_test(what_this_kernel_does_not_count_is_absent),
		cmocka_unit_test(a_map_has_its_sizes_and_its_holder),
		cmocka_unit_test(a_type_nobody_knows_is_a_number),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(what_was_unloaded_says_so),
		cmocka_unit_test(news_is_what_changed_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
