/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/utf8.h"

#include <stdbool.h>

#include "tests/lib/test.h"

#define BAD "\xef\xbf\xbd"

static void assert_clean(const char *from, const char *want)
{
	char got[256];
	size_t size = strlen(from);

	assert_in_range(size, 0, sizeof(got) / UTF8_GROWTH);
	assert_int_equal(utf8_clean(got, from, size), strlen(want));
	assert_memory_equal(got, want, strlen(want));
}

static size_t encode(char *to, uint32_t code)
{
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	if (size == 1) {
		*to = (char)code;
		return 1;
	}
	for (size_t i = size - 1; i; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	*to = (char)(0xff << (8 - size) | code);
	return size;
}

static void every_character_stays_and_no_surrogate_does(void **state)
{
	for (uint32_t code = 0; code < 0x200000; code++) {
		bool is_none = (code >= 0xd800 && code < 0xe000) || code > 0x10ffff;
		char from[4], got[sizeof(from) * UTF8_GROWTH];
		size_t size = encode(from, code), n = utf8_clean(got, from, size);

		if (n != size * (is_none ? UTF8_GROWTH : 1) || (!is_none && memcmp(got, from, n)))
			fail_msg("U+%04X", code);
	}
}

static void each_byte_of_what_is_no_character_is_replaced(void **state)
{
	char got[2 * UTF8_GROWTH];

	assert_int_equal(utf8_clean(got, "\xe2\x82\xac", 2),
			 sizeof(got)); /* its end is another's */
	assert_clean("", "");
	assert_clean("a name of letters", "a name of letters");
	assert_clean("sixteen letters.\xff", "sixteen letters." BAD);
	assert_clean("1234567\xc3\xa4", "1234567\xc3\xa4"); /* over the end of a word */
	assert_clean("\x80"
		     "a\xbf",
		     BAD "a" BAD);
	assert_clean("\xc0\x80\xc1\xbf", BAD BAD BAD BAD); /* too long for what they say */
	assert_clean("\xe0\x9f\xbf", BAD BAD BAD);
	assert_clean("\xf0\x8f\xbf\xbf", BAD BAD BAD BAD);
	assert_clean("\xe2\x82"
		     "a",
		     BAD BAD "a"); /* cut */
	assert_clean("\xf0\x9f\x90", BAD BAD BAD);
	assert_clean("\xf8\x88\x80\x80\x80", BAD BAD BAD BAD BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_stays_and_no_surrogate_does),
		cmocka_unit_test(each_byte_of_what_is_no_character_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
