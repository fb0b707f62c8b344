/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal makes of characters. */
#include "consumer/layout/char-width.h"

#include <string.h>

#include "consumer/layout/wrap.h"
#include "proto/base/util.h"
#include "tests/lib/test.h"

static void columns_are_those_of_a_terminal(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{"", 0},           {"nginx", 5}, {"größer", 6},     {"日本", 4},
		{"e\u0301", 1},    {"한글", 4},  {"…×→", 3},        {"▁█", 2},
		{"\U0001f600", 2}, {"a\xff", 2}, {"\U00020000", 2}, {"\u1112\u1161\u11ab", 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(char_width(cases[i].text, strlen(cases[i].text)), cases[i].width);
}

static void a_part_that_fits_ends_at_a_character(void **state)
{
	static const char text[] = "日本e\u0301x";
	const size_t size = strlen(text);

	(void)state;
	assert_int_equal(char_fitting(text, size, 0), 0);
	assert_int_equal(char_fitting(text, size, 3), 3);
	assert_int_equal(char_fitting(text, size, 5), 9);
	assert_int_equal(char_fitting(text, size, 99), size);
	assert_int_equal(char_fitting_end(text, size, 1), 1);
	assert_int_equal(char_fitting_end(text, size, 2), 4);
	assert_int_equal(char_fitting_end(text, size, 3), 4);
	assert_int_equal(char_fitting_end("a\u0301x", 4, 1), 1);
	assert_int_equal(char_fitting_end(text, size, 99), size);
}

static const char *wrapped(char *buf, size_t size, const char *text, size_t at, size_t indent,
			   size_t columns)
{
	struct line line = line_make(buf, size);

	(void)wrap_put(&line, text, at, indent, columns);
	(void)line_end(&line);
	return buf;
}

static void text_breaks_between_words_only(void **state)
{
	char buf[256];

	(void)state;
	assert_string_equal(wrapped(buf, sizeof(buf), "one two three", 4, 2, 0), "one two three");
	assert_string_equal(wrapped(buf, sizeof(buf), "one two three", 4, 2, 17), "one two three");
	assert_string_equal(wrapped(buf, sizeof(buf), "call → EPERM", 0, 2, 9), "call\n  → EPERM");
	assert_string_equal(wrapped(buf, sizeof(buf), "EPERM  × 2 in 3 s", 0, 2, 9),
			    "EPERM\n  × 2 in\n  3 s");
	assert_string_equal(wrapped(buf, sizeof(buf), "one two  three four", 4, 2, 12),
			    "one two\n  three four");
	assert_string_equal(wrapped(buf, sizeof(buf), "a incomprehensible b", 4, 2, 12),
			    "a\n  incomprehensible\n  b");
	assert_string_equal(wrapped(buf, sizeof(buf), "日本 日本", 0, 1, 8), "日本\n 日本");
	assert_string_equal(wrapped(buf, sizeof(buf), "a", 40, 2, 12), "a");
}

static void a_command_to_be_copied_stays_whole(void **state)
{
	char buf[256];

	(void)state;
	assert_string_equal(wrapped(buf, sizeof(buf),
				    "raise it with `docker update a b` (1 GiB now)", 0, 2, 20),
			    "raise it with\n  `docker update a b`\n  (1 GiB now)");
	assert_string_equal(wrapped(buf, sizeof(buf), "an odd ` one two", 0, 2, 8),
			    "an odd\n  ` one two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(a_part_that_fits_ends_at_a_character),
		cmocka_unit_test(text_breaks_between_words_only),
		cmocka_unit_test(a_command_to_be_copied_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
