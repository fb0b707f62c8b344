/* SPDX-License-Identifier: Apache-2.0 */
/* The small BTF against libbpf's reading of the whole one. */
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "streamer/compile/types.h"
#include "tests/lib/test.h"

struct kernel_btf {
	struct btf *btf;
	int fd;
	char path[32];
};

/* What a kernel might have: a struct with all that can be in one, two of the same name, one
 * that nobody wants, a function and a tracepoint. */
static void fill(struct btf *btf)
{
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int inner = btf__add_struct(btf, "inner", 4);
	int other, pointer, array, proto;

	assert_ok(btf__add_field(btf, "deep", number, 0, 0));
	other = btf__add_struct(btf, "other", 4);
	assert_ok(btf__add_field(btf, "unseen", number, 0, 0));
	pointer = btf__add_ptr(btf, other);
	array = btf__add_array(btf, number, number, 3);
	assert_true(btf__add_struct(btf, "task", 32) > 0);
	assert_ok(btf__add_field(btf, "in", inner, 0, 0));
	assert_ok(btf__add_field(btf, "to", pointer, 64, 0));
	assert_ok(btf__add_field(btf, "list", array, 128, 0));
	assert_true(btf__add_struct(btf, "task", 4) > 0);
	assert_ok(btf__add_field(btf, "another", number, 0, 0));
	assert_true(btf__add_enum(btf, "kind", 4) > 0);
	assert_ok(btf__add_enum_value(btf, "memory_cgrp_id", 5));
	proto = btf__add_func_proto(btf, number);
	assert_ok(btf__add_func_param(btf, "sd", pointer));
	assert_true(btf__add_func(btf, "__secure_computing", BTF_FUNC_STATIC, proto) > 0);
	proto = btf__add_func_proto(btf, 0);
	assert_ok(btf__add_func_param(btf, "", pointer));
	assert_ok(btf__add_func_param(btf, "pid", number));
	assert_true(btf__add_typedef(btf, "btf_trace_mark_victim", btf__add_ptr(btf, proto)) > 0);
}

static int setup(void **state)
{
	struct kernel_btf *k = calloc(1, sizeof(*k));
	const void *raw;
	__u32 size;

	k->btf = btf__new_empty();
	fill(k->btf);
	raw = btf__raw_data(k->btf, &size);
	k->fd = memfd_create("kernel", 0);
	assert_ok(write_all(k->fd, raw, size));
	(void)snprintf(k->path, sizeof(k->path), "/proc/self/fd/%d", k->fd);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct kernel_btf *k = *state;

	btf__free(k->btf);
	(void)close(k->fd);
	free(k);
	return 0;
}

/* The BTF of programs that read @name and an enum. */
static struct btf *wanted(const char *name)
{
	struct btf *btf = btf__new_empty();

	assert_true(btf__add_struct(btf, name, 0) > 0);
	assert_true(btf__add_enum(btf, "kind", 4) > 0);
	return btf;
}

static struct types *cut(const struct kernel_btf *k, const char *name)
{
	struct btf *want = wanted(name);
	struct types *types = NULL;

	assert_ok(types_new(&types, k->path, want));
	btf__free(want);
	return types;
}

static unsigned count(const struct btf *btf, const char *name)
{
	unsigned n = 0;

	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		n += !strcmp(btf__name_by_offset(btf, t->name_off), name);
	}
	return n;
}

static void the_small_btf_has_what_is_wanted_and_all_it_is_made_of(void **state)
{
	struct types *types = cut(*state, "task");
	struct btf *small = btf__parse(types_path(types), NULL);
	const struct btf_type *task, *in;

	assert_non_null(small);
	assert_int_equal(count(small, "task"), 2); /* libbpf chooses */
	assert_int_equal(count(small, "inner"), 1);
	assert_int_equal(count(small, "kind"), 1);
	assert_int_equal(count(small, "other"), 0); /* only pointed to */
	task = btf__type_by_id(small,
			       (__u32)btf__find_by_name_kind(small, "task", BTF_KIND_STRUCT));
	assert_int_equal(task->size, 32);
	assert_int_equal(btf_vlen(task), 3);
	assert_int_equal(btf_members(task)[2].offset, 128);
	assert_string_equal(btf__name_by_offset(small, btf_members(task)[0].name_off), "in");
	in = btf__type_by_id(small, btf_members(task)[0].type);
	assert_string_equal(btf__name_by_offset(small, in->name_off), "inner");
	assert_true(btf_is_ptr(btf__type_by_id(small, btf_members(task)[1].type)));
	btf__free(small);
	(void)types_free(types);
}

static void a_flavour_is_wanted_by_its_plain_name(void **state)
{
	struct btf *want = wanted("inner");
	struct types *types = NULL;
	struct btf *small;

	assert_true(btf__add_struct(want, "inner___old", 0) > 0);
	assert_ok(types_new(&types, ((struct kernel_btf *)*state)->path, want));
	small = btf__parse(types_path(types), NULL);
	assert_int_equal(count(small, "inner"), 1);
	assert_int_equal(count(small, "task"), 0);
	btf__free(small);
	btf__free(want);
	(void)types_free(types);
}

static void functions_and_tracepoints_are_known(void **state)
{
	const struct kernel_btf *k = *state;
	struct types *types = cut(k, "task");
	bool pointer = true;
	unsigned params = 0;

	assert_int_equal(types_function(types, "__secure_computing", &params),
			 btf__find_by_name_kind(k->btf, "__secure_computing", BTF_KIND_FUNC));
	assert_int_equal(params, 1);
	assert_int_equal(types_function(types, "audit_seccomp", &params), 0);
	assert_true(types_tracepoint(types, "mark_victim", &pointer));
	assert_false(pointer); /* the old shape: (pid) */
	assert_false(types_tracepoint(types, "sys_exit", &pointer));
	(void)types_free(types);
}

static void a_struct_has_an_id_where_there_is_one_of_its_name(void **state)
{
	const struct kernel_btf *k = *state;
	struct types *types = cut(k, "task");

	assert_int_equal(types_struct(types, "task"), 0);  /* two */
	assert_int_equal(types_struct(types, "kind"), 0);  /* an enum */
	assert_int_equal(types_struct(types, "inner"), 0); /* nobody names it */
	(void)types_free(types);
	types = cut(k, "inner");
	assert_int_equal(types_struct(types, "inner"),
			 btf__find_by_name_kind(k->btf, "inner", BTF_KIND_STRUCT));
	assert_int_not_equal(types_struct(types, "inner"), 0);
	(void)types_free(types);
}

static void what_is_cut_off_anywhere_is_refused(void **state)
{
	const struct kernel_btf *k = *state;
	struct btf *want = wanted("task");
	struct types *types = NULL;
	__u32 size;

	(void)btf__raw_data(k->btf, &size);
	while (size--) {
		assert_ok(ftruncate(k->fd, size));
		assert_int_equal(types_new(&types, k->path, want), -EBADMSG);
	}
	btf__free(want);
}

/* Any one byte wrong: refused or read, but never out of bounds. */
static void damage_does_no_harm(void **state)
{
	const struct kernel_btf *k = *state;
	struct btf *want = wanted("task");
	const uint8_t *raw;
	__u32 size;

	raw = btf__raw_data(k->btf, &size);
	for (__u32 i = 0; i < size; i++) {
		struct types *types = NULL;
		uint8_t wrong = (uint8_t)~raw[i];

		assert_int_equal(pwrite(k->fd, &wrong, 1, i), 1);
		(void)types_new(&types, k->path, want);
		(void)types_free(types);
		assert_int_equal(pwrite(k->fd, &raw[i], 1, i), 1);
	}
	btf__free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_small_btf_has_what_is_wanted_and_all_it_is_made_of, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flavour_is_wanted_by_its_plain_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(functions_and_tracepoints_are_known, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_struct_has_an_id_where_there_is_one_of_its_name,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_cut_off_anywhere_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(damage_does_no_harm, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
