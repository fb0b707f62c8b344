/* SPDX-License-Identifier: Apache-2.0 */
/* A page of JSON, letter by letter: where the commas are. */
#include "consumer/base/json-page.h"

#include "tests/lib/writer-fixture.h"

#define _cleanup_writer_ _cleanup_(fixture_writer_free)

static void an_empty_page_is_an_object(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct json_page page = json_begin_page(writer);

	json_end_page(&page);
	assert_string_equal(fixture_written(writer), "{}\n");
}

static void a_comma_stands_between_values_and_nowhere_else(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct json_page page = json_begin_page(writer);

	json_begin_object(&page, "first");
	json_begin_list(&page, "empty");
	json_end_list(&page);
	json_begin_list(&page, "list");
	json_begin_object(&page, NULL);
	json_end_object(&page);
	json_begin_object(&page, NULL);
	json_add_bool(&page, "a", true);
	json_add_bool(&page, "b", false);
	json_end_object(&page);
	json_add_raw(&page, NULL, "null");
	json_end_list(&page);
	json_end_object(&page);
	json_add_uint(&page, "last", 7);
	json_end_page(&page);
	assert_string_equal(fixture_written(writer),
			    "{\"first\":{\"empty\":[],\"list\":[{},{\"a\":true,\"b\":false},null]},"
			    "\"last\":7}\n");
}

static void no_depth_is_too_much(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct json_page page = json_begin_page(writer);
	const char *p;

	json_begin_list(&page, "x");
	for (unsigned i = 0; i < 1000; i++)
		json_begin_list(&page, NULL);
	for (unsigned i = 0; i < 1000; i++)
		json_end_list(&page);
	json_add_int(&page, NULL, -1);
	json_end_list(&page);
	json_end_page(&page);
	p = fixture_written(writer) + strlen("{\"x\":[");
	assert_int_equal(strspn(p, "["), 1000);
	assert_int_equal(strspn(p + 1000, "]"), 1000);
	assert_string_equal(p + 2000, ",-1]}\n");
}

static void values_are_written_by_their_type(void **state)
{
	static const char *const texts[] = {"a\"b", ""};
	static const uint64_t numbers[] = {0, UINT64_MAX};
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct json_page page = json_begin_page(writer);

	json_add_double(&page, "double", 6, 1.0 / 3);
	json_add_string(&page, "string", "cut here", 3);
	json_add_text(&page, "text", "");
	json_add_hex(&page, "hex", (const uint8_t *)"\x01\xff", 2);
	json_add_texts(&page, "texts", texts, 2);
	json_add_texts(&page, "none", NULL, 0);
	json_add_uints(&page, "uints", numbers, 2);
	json_end_page(&page);
	assert_string_equal(
		fixture_written(writer),
		"{\"double\":0.333333,\"string\":\"cut\",\"text\":\"\",\"hex\":\"01ff\","
		"\"texts\":[\"a\\\"b\",\"\"],\"none\":[],"
		"\"uints\":[0,18446744073709551615]}\n");
}

static void what_is_not_known_leaves_no_trace(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct json_page page = json_begin_page(writer);

	json_add_known_text(&page, "null", NULL);
	json_add_known_uint(&page, "absent", false, 1);
	json_add_known_uint(&page, "zero", true, 0);
	json_add_known_text(&page, "empty", "");
	json_add_known_text(&page, "text", "x");
	json_end_page(&page);
	assert_string_equal(fixture_written(writer), "{\"zero\":0,\"text\":\"x\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_page_is_an_object),
		cmocka_unit_test(a_comma_stands_between_values_and_nowhere_else),
		cmocka_unit_test(no_depth_is_too_much),
		cmocka_unit_test(values_are_written_by_their_type),
		cmocka_unit_test(what_is_not_known_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
