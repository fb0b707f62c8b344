/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/escape.h"
#include "tests/lib/test.h"

static void assert_escaped(const char *from, const char *want)
{
	char to[256];

	escape_line(to, sizeof(to), from);
	assert_string_equal(to, want);
}

static void what_moves_or_hides_is_escaped(void **state)
{
	assert_escaped("a b.pb", "a b.pb");
	assert_escaped("\x1b]0;x\a\n\x7f", "\\x1b]0;x\\x07\\x0a\\x7f");
	assert_escaped("\xc3\xa4\xf0\x9f\xa5\x8a", "\xc3\xa4\xf0\x9f\xa5\x8a");
	assert_escaped("\xe2\x80\xae|\xd8\x9c|\xef\xbb\xbf",
		       "\\xe2\\x80\\xae|\\xd8\\x9c|\\xef\\xbb\\xbf");
	/* a filler, and what is no character: too long, a surrogate, too large */
	assert_escaped("\xe3\x85\xa4|\xe0\x80\x9b|\xed\xa0\x80|\xf4\x90\x80\x80",
		       "\\xe3\\x85\\xa4|\\xe0\\x80\\x9b|\\xed\\xa0\\x80|"
		       "\\xf4\\x90\\x80\\x80");
	assert_escaped("\xc2\x9b", "\\xc2\\x9b");
	assert_escaped("\xff\xe2\x80", "\\xff\\xe2\\x80");
}

static void what_does_not_fit_is_cut(void **state)
{
	char to[12];

	escape_line(to, sizeof(to), "abcdefghijklmnop");
	assert_int_equal(strlen(to), 8);
	escape_line(to, sizeof(to), "\x1b\x1b\x1b\x1b");
	assert_string_equal(to, "\\x1b\\x1b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_moves_or_hides_is_escaped),
		cmocka_unit_test(what_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
