/* SPDX-License-Identifier: Apache-2.0 */
/* Names in a narrow column. */
#include "consumer/output/short-names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/layout/char-width.h"
#include "tests/lib/test.h"

static const char *fit(struct short_names *names, const char *name, size_t columns)
{
	static char buf[256];

	(void)snprintf(buf, sizeof(buf), "%s", name);
	buf[short_names_fit(names, buf, strlen(buf), columns)] = '\0';
	assert_true(char_width(buf, strlen(buf)) <= columns);
	return buf;
}

static void a_long_name_keeps_both_ends(void **state)
{
	struct short_names names = {0};

	(void)state;
	assert_string_equal(fit(&names, "shop/web-7f9/app", 16), "shop/web-7f9/app");
	assert_string_equal(fit(&names, "payments/checkout-7d9f8c6b5d-x2x7k/app", 24),
			    "payments/ch…5d-x2x7k/app");
	assert_string_equal(fit(&names, "日本日本日本日本日本", 16), "日本日…日本日本");
}

static void two_names_never_look_alike(void **state)
{
	struct short_names names = {0};
	char first[64], second[64];

	(void)state;
	(void)snprintf(first, sizeof(first), "%s", fit(&names, "shop/web-aaaaaaaaaaaa/app", 16));
	(void)snprintf(second, sizeof(second), "%s", fit(&names, "shop/web-bbbbbbbbbbbb/app", 16));
	assert_string_equal(first, "shop/we…aaaa/app");
	assert_string_equal(second, "shop/we…bbbb/app");
	(void)snprintf(second, sizeof(second), "%s", fit(&names, "shop/web-bbbbbbbbaaaa/app", 16));
	assert_string_not_equal(first, second);
	assert_string_equal(fit(&names, "shop/web-aaaaaaaaaaaa/app", 16), first);
	assert_string_equal(fit(&names, "shop/web-bbbbbbbbaaaa/app", 16), second);
}

static void what_is_beyond_those_kept_has_a_hash(void **state)
{
	struct short_names names = {0};
	char name[64];

	(void)state;
	for (unsigned i = 0; i < SHORT_NAMES_KEPT; i++) {
		(void)snprintf(name, sizeof(name), "some/name/that/is/long/%04u", i);
		assert_int_equal(strlen(strstr(fit(&names, name, 16), "…")), 3 + 8);
	}
	assert_non_null(strstr(strstr(fit(&names, "another/that/is/long", 16), "…") + 3, "…"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_name_keeps_both_ends),
		cmocka_unit_test(two_names_never_look_alike),
		cmocka_unit_test(what_is_beyond_those_kept_has_a_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
