/* SPDX-License-Identifier: Apache-2.0 */
/* What is written in several places has to agree: the list of probes, their rows, the schema; and
 * the places that CONTRIBUTING.md says a probe has ("Adding a probe"). */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/util.h"
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

#define ROOT TESTDATA "/../"
#define NAME_SIZE 128

/* Files, of which one has @text in it; "%s" is the name of the probe in both. Text in capitals: the
 * name is, too. NULL: that there is one is enough. */
static const struct place {
	const char *files, *text;
	bool of_events; /* a probe that only counts has no such place */
} places[] = {
	{"bpf/%s.bpf.c", NULL, false},
	{"bpf/wire/wire.h", ", %s,", false},
	{"meson.build", "'%s'", false},
	{"streamer/encode/probe-%s.c", "probe_%s", false},
	{"streamer/kernel/tiers.c", "WIRE_%s", false},
	{"consumer/kinds/%s.c", "kind_%s", false},
	{"consumer/kinds/kind.h", "ROW(%s)", false},
	{"tests/unit/streamer/encode/test-probe-%s.c", NULL, false},
	{"tests/{unit/consumer/kinds/test-*,lib/text-fixture}.c", "BODY_%s", true},
	{"tests/e2e/*.py", "%s", false},
	{"man/ringside-streamer.8.scd", "(*%s*)", false},
	{"man/ringside-format.5.scd", "*%s*", false},
	{"man/ringside.1.scd", "*%s*)", true},
	{"proto/FORMAT.md", "`%s`", false},
};

static void fill(char *buf, size_t size, const char *format, const char *name)
{
	const char *at = strstr(format, "%s");
	const bool capitals = at && at > format && at[-1] == '_' && isupper((unsigned char)*format);
	int n;

	n = at ? snprintf(buf, size, "%.*s%s%s", (int)(at - format), format, name, at + 2)
	       : snprintf(buf, size, "%s", format);
	assert_in_range(n, 1, size - 1);
	for (char *c = buf; capitals && *c; c++)
		*c = (char)toupper((unsigned char)*c);
}

static bool has_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char *all = NULL;
	size_t size = 0;
	bool found;

	assert_non_null(file);
	found = getdelim(&all, &size, 0, file) > 0 && strstr(all, text);
	free(all);
	assert_ok(fclose(file));
	return found;
}

static bool is_there(const char *files, const char *text)
{
	bool found = false;
	glob_t all;

	if (glob(files, GLOB_BRACE, NULL, &all))
		return false;
	for (size_t i = 0; !found && i < all.gl_pathc; i++)
		found = !text || has_text(all.gl_pathv[i], text);
	globfree(&all);
	return found;
}

static void every_probe_has_its_places(void **state)
{
	char files[sizeof(ROOT) + NAME_SIZE] = ROOT, text[NAME_SIZE] = "";

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
			if (places[k].of_events && !probes[i]->field)
				continue;
			fill(files + strlen(ROOT), NAME_SIZE, places[k].files, probes[i]->name);
			if (places[k].text)
				fill(text, sizeof(text), places[k].text, probes[i]->name);
			if (!is_there(files, places[k].text ? text : NULL))
				fail_msg("%s: nothing in %s", probes[i]->name, files);
		}
	}
}

/* A file that meson does not know is no test. */
static void every_unit_test_is_built(void **state)
{
	glob_t all;

	assert_ok(glob(ROOT "tests/unit/{*,*/*,*/*/*}/test-*.c", GLOB_BRACE, NULL, &all));
	assert_true(all.gl_pathc > 50);
	for (size_t i = 0; i < all.gl_pathc; i++) {
		const char *path = strstr(all.gl_pathv[i], "/unit/") + strlen("/unit/");
		const char *name = strrchr(path, '/') + 1;
		char listed[NAME_SIZE];

		(void)snprintf(listed, sizeof(listed), "'%.*s%.*s'", (int)(name - path), path,
			       (int)(strlen(name) - strlen("test-.c")), name + strlen("test-"));
		if (!has_text(ROOT "tests/meson.build", listed))
			fail_msg("%s is not in tests/meson.build", listed);
	}
	globfree(&all);
}

/* By its alias, or the last word of its name. */
static bool is_called(const char *format, const struct probe *probe)
{
	const char *names[] = {probe->alias, strrchr(probe->name, '_') + 1};
	char files[sizeof(ROOT) + NAME_SIZE] = ROOT;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		fill(files + strlen(ROOT), NAME_SIZE, format, names[i]);
		if (is_there(files, NULL))
			return true;
	}
	return false;
}

static void every_probe_has_a_trigger_and_a_case(void **state)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		if (!is_called("testdata/trigger-%s.c", probes[i]))
			fail_msg("%s: no trigger", probes[i]->name);
		if (!is_called("tests/e2e/case-%s.sh", probes[i]))
			fail_msg("%s: no case", probes[i]->name);
	}
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
		cmocka_unit_test(every_probe_has_its_places),
		cmocka_unit_test(every_unit_test_is_built),
		cmocka_unit_test(every_probe_has_a_trigger_and_a_case),
		cmocka_unit_test(probes_are_found_by_name_and_alias),
		cmocka_unit_test(scopes_are_numbered_as_on_the_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
