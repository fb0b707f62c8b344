/* SPDX-License-Identifier: Apache-2.0 */
/* What is written in several places has to agree: the list of probes, their rows, the schema. */
#include "proto/ringside-fields.h"
#include "proto/ringside.pb-c.h"
#include "streamer/encode/probe-table.h"
#include "tests/lib/test.h"

static const struct {
	const char *name;
	unsigned field;
} wire_probes[] = {
#define ROW(NAME, name, field) [WIRE_##NAME] = {#name, field},
	WIRE_PROBES(ROW)
#undef ROW
};

static void every_probe_is_a_body_of_record_or_a_row(void **state)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field_by_name(
				&ringside__v1__record__descriptor, wire_probes[i].name);

		if (!wire_probes[i].field) { /* its rows name it, and hold its message */
			assert_null(field);
			field = protobuf_c_message_descriptor_get_field_by_name(
				&ringside__v1__counter_row__descriptor, wire_probes[i].name);
			assert_non_null(field);
			continue;
		}
		assert_non_null(field);
		assert_int_equal(field->id, wire_probes[i].field);
		assert_int_equal(field->type, PROTOBUF_C_TYPE_MESSAGE);
		assert_true(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
		assert_true(field->id < 16);
	}
}

static void every_probe_has_its_row(void **state)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		assert_non_null(probes[i]);
		assert_string_equal(probes[i]->name, wire_probes[i].name);
		assert_int_equal(probes[i]->field, wire_probes[i].field);
		assert_true(probes[i]->record_min > sizeof(struct wire_head));
		assert_int_equal(probes[i]->record_min % 8, 0);
		assert_true(probes[i]->key_size > 0);
		assert_true(!probes[i]->encode == !probes[i]->field);
		if (!probes[i]->field)
			assert_int_equal(probes[i]->record_min, sizeof(struct wire_path));
		assert_true(!probes[i]->row_changed == !probes[i]->row_values);
		assert_non_null(probes[i]->row_key);
	}
}

static void probes_are_found_by_name_and_alias(void **state)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		const char *name = probes[i]->name, *alias = probes[i]->alias;

		assert_ptr_equal(probe_find(name, strlen(name)), probes[i]);
		assert_ptr_equal(probe_find(alias, strlen(alias)), probes[i]);
		assert_null(probe_find(name, strlen(name) - 1));
	}
	assert_ptr_equal(probe_find("oom,seccomp", 3), &probe_oom_kill);
	assert_null(probe_find("", 0));
	assert_null(probe_find("ooms", 4));
}

static void scopes_are_numbered_as_on_the_wire(void **state)
{
	assert_int_equal(WIRE_SCOPE_GLOBAL, PB_OOM_SCOPE_GLOBAL);
	assert_int_equal(WIRE_SCOPE_MEMCG, PB_OOM_SCOPE_MEMCG);
	assert_int_equal(WIRE_SCOPE_CPUSET, PB_OOM_SCOPE_CPUSET);
	assert_int_equal(WIRE_SCOPE_MEMPOLICY, PB_OOM_SCOPE_MEMPOLICY);
	assert_int_equal(WIRE_SCOPE_SYSRQ, PB_OOM_SCOPE_SYSRQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_probe_is_a_body_of_record_or_a_row),
		cmocka_unit_test(every_probe_has_its_row),
		cmocka_unit_test(probes_are_found_by_name_and_alias),
		cmocka_unit_test(scopes_are_numbered_as_on_the_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
