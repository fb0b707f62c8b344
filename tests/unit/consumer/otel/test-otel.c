/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a record, by its form in JSON; that the other form says the same is
 * cli-forward-otlp's. */
#include "consumer/otel/otel.h"

#include "consumer/kinds/kind.h"
#include "consumer/otel/otel-resource.h"
#include "consumer/read/message-cache.h"
#include "tests/lib/text-fixture.h"

#define _cleanup_otel_ _cleanup_(otel_freep)

static const char *tell(struct otel *otel, struct fixture *f)
{
	static char text[WRITER_SIZE];
	struct otel_told told;

	assert_true(otel_take_header(otel, &f->header) >= 0);
	assert_ok(otel_tell(otel, &f->record, &f->header, NULL, &told));
	assert_int_equal(told.n, 1);
	memcpy(text, told.pieces->data, told.size);
	text[told.size] = '\0';
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		assert_string_equal(text, part); /* shows both */
}

static void events_have_names_and_prefixes(void **state)
{
	_cleanup_otel_ struct otel *otel = NULL;
	struct fixture *f = *state;
	const char *text;

	assert_ok(otel_new(&otel, &otel_json));
	be(&f->victim, "java", 7);
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	f->record.oom_kill = &f->kill;
	f->kill.victim = &f->victim;
	text = tell(otel, f);
	assert_has(text, "\"eventName\":\"linux.oom_kill\"");
	assert_has(text, "\"severityNumber\":17,\"severityText\":\"ERROR\"");
	assert_has(text, "{\"key\":\"process.pid\",\"value\":{\"intValue\":\"7\"}}");
	assert_has(text, "{\"key\":\"process.command\",\"value\":{\"stringValue\":\"java\"}}");
	assert_has(text, "\"body\":{\"stringValue\":\"host: java[7] killed");
}

/* A new kind has both without a word of it here. */
static void all_kinds_of_events_are_told(void **state)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		assert_int_equal(otel_tells(kinds[i]->body), kinds[i]->body != 0);
	assert_true(otel_tells(RINGSIDE__V1__RECORD__BODY_LOST));
	assert_true(otel_tells(RINGSIDE__V1__RECORD__BODY_LIMITED));
	assert_false(otel_tells(RINGSIDE__V1__RECORD__BODY__NOT_SET));
	assert_false(otel_tells(RINGSIDE__V1__RECORD__BODY_HEADER));
	assert_false(otel_tells(RINGSIDE__V1__RECORD__BODY_COUNTERS));
	assert_false(otel_tells(RINGSIDE__V1__RECORD__BODY_CLOCK));
	assert_false(otel_tells(RINGSIDE__V1__RECORD__BODY_FOOTER));
}

static void limits_speak_as_their_kind(void **state)
{
	_cleanup_otel_ struct otel *otel = NULL;
	struct fixture *f = *state;
	const char *text;

	assert_ok(otel_new(&otel, &otel_json));
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED;
	f->record.limited = &f->limited;
	f->limited.kind = S("seccomp_denial");
	f->limited.syscall_name = S("keyctl");
	f->limited.has_count = true;
	f->limited.count = 3;
	text = tell(otel, f);
	assert_has(text, "\"eventName\":\"ringside.limited\"");
	assert_has(text, "{\"key\":\"linux.seccomp.syscall\"");
	assert_has(text, "{\"key\":\"ringside.limited.count\"");
	f->limited.kind = S("newer");
	assert_has(tell(otel, f), "{\"key\":\"ringside.limited.syscall\"");
}

static void another_stream_is_another_resource(void **state)
{
	_cleanup_otel_ struct otel *otel = NULL;
	struct fixture *f = *state;
	uint8_t one[16] = "1", two[16] = "2";

	assert_ok(otel_new(&otel, &otel_json));
	assert_int_equal(otel_take_header(otel, NULL), 1);
	assert_int_equal(otel_take_header(otel, NULL), 0);
	f->header.has_stream_id = true;
	f->header.stream_id = (ProtobufCBinaryData){16, one};
	f->header.host_name = S("a");
	assert_int_equal(otel_take_header(otel, &f->header), 1);
	assert_int_equal(otel_take_header(otel, &f->header), 0);
	f->header.file_index = 3;
	assert_int_equal(otel_take_header(otel, &f->header), 0);
	f->header.stream_id.data = two;
	assert_int_equal(otel_take_header(otel, &f->header), 1);
	f->header.host_name = S("b");
	assert_int_equal(otel_take_header(otel, &f->header), 1);
}

static void what_is_too_large_is_not_told(void **state)
{
	_cleanup_otel_ struct otel *otel = NULL;
	struct fixture *f = *state;
	static char path[OTEL_TEXT_MAX + 2];
	struct otel_told told;

	memset(path, '\x01', sizeof(path) - 1); /* six bytes each, in JSON */
	assert_ok(otel_new(&otel, &otel_json));
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	f->record.oom_kill = &f->kill;
	be(&f->victim, path, 1);
	be(&f->trigger, path, 2);
	f->victim.executable_path = f->trigger.executable_path = f->victim.leader_comm = path;
	f->kill.victim = &f->victim;
	f->kill.trigger = &f->trigger;
	(void)otel_take_header(otel, NULL);
	assert_int_equal(otel_tell(otel, &f->record, NULL, NULL, &told), -EMSGSIZE);
	f->victim.executable_path = f->trigger.executable_path = f->victim.leader_comm = NULL;
	be(&f->victim, "java", 1);
	assert_ok(otel_tell(otel, &f->record, NULL, NULL, &told));
}

static void resources_are_read_as_the_specification_says(void **state)
{
	struct otel_resource resource = {0};

	assert_ok(otel_resource_read(&resource, "a=1, b = x%3Dy ,broken,c=%zz,=v,a=2", "me"));
	assert_int_equal(resource.n_said, 3);
	assert_string_equal(resource.said[0].key, "a");
	assert_string_equal(resource.said[0].value, "2");
	assert_string_equal(resource.said[1].key, "b");
	assert_string_equal(resource.said[1].value, "x=y");
	assert_string_equal(resource.said[2].key, "service.name");
	assert_string_equal(resource.said[2].value, "me");
	otel_resource_done(&resource);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, text_setup, text_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_have_names_and_prefixes),
		TEST(all_kinds_of_events_are_told),
		TEST(limits_speak_as_their_kind),
		TEST(another_stream_is_another_resource),
		TEST(what_is_too_large_is_not_told),
		TEST(resources_are_read_as_the_specification_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
