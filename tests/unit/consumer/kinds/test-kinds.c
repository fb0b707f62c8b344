/* SPDX-License-Identifier: Apache-2.0 */
/* The schema and the kinds have to agree. */
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"
#include "tests/lib/test.h"

#include <string.h>

static const ProtobufCMessageDescriptor *const record = &ringside__v1__record__descriptor;
static const ProtobufCMessageDescriptor *const row = &ringside__v1__counter_row__descriptor;

static void every_event_of_the_schema_has_its_kind(void **state)
{
	for (unsigned i = 0; i < record->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &record->fields[i];
		const Ringside__V1__Record event = {
			.body_case = (Ringside__V1__Record__BodyCase)field->id};
		const struct kind *kind;

		if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || !body_is_event(&event))
			continue;
		kind = kind_of(&event);
		assert_non_null(kind);
		assert_string_equal(kind->name, field->name);
		assert_non_null(kind->tone.label);
		assert_non_null(kind->sentence);
		assert_non_null(kind->advice);
	}
}

static void every_kind_of_rows_has_its_kind(void **state)
{
	for (unsigned i = 0; i < row->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &row->fields[i];

		if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
		    field->descriptor != &ringside__v1__container__descriptor)
			assert_non_null(kind_find(field->name));
	}
}

static void every_kind_is_of_the_schema(void **state)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		const struct kind *kind = kinds[i];
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field_by_name(kind->body ? record : row,
									kind->name);

		assert_ptr_equal(kind_find(kind->name), kind);
		assert_non_null(field);
		assert_non_null(kind->word);
		assert_non_null(kind->words);
		assert_int_equal(body_kind(kind->option, strlen(kind->option)), kind->body);
		assert_non_null(strstr(KINDS_OPTIONS, kind->option));
	}
}

static void what_is_no_kind_has_none(void **state)
{
	Ringside__V1__Limited limited = RINGSIDE__V1__LIMITED__INIT;
	Ringside__V1__Record of = {.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED,
				   .limited = &limited};

	assert_null(kind_find(NULL));
	assert_null(kind_find("a_newer_one"));
	assert_null(kind_of(&(Ringside__V1__Record){.body_case = 0}));
	assert_null(kind_of(&of));
	limited.kind = (char *)"oom_kill"; /* its Limited does not say whom it was about */
	assert_null(kind_of(&of));
	limited.kind = (char *)"seccomp_denial";
	assert_ptr_equal(kind_of(&of), &kind_seccomp_denial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_of_the_schema_has_its_kind),
		cmocka_unit_test(every_kind_of_rows_has_its_kind),
		cmocka_unit_test(every_kind_is_of_the_schema),
		cmocka_unit_test(what_is_no_kind_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
