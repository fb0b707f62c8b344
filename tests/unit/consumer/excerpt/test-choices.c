/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/choices.h"

#include "consumer/excerpt/excerpt.h"
#include "tests/lib/test.h"

static const struct option_row rows[] = {
	{'k', "kind", "LIST", ""},      {'c', "comm", "LIST", ""},     {'s', "since", "TIME", ""},
	{'l', "label", "KEY=LIST", ""}, {'t', "self-tests", NULL, ""}, {},
};
static const struct options options = {.own = rows};

/* "k=a,b c=x": what is said; @expected: what it is always told as. */
static void assert_told(const char *said, const char *expected)
{
	struct choices choices = {0};
	struct excerpt excerpt = {0};
	char *copy = strdup(said), *rest = copy, *one;

	assert_non_null(copy);
	while ((one = strsep(&rest, " ")))
		assert_int_equal(choices_take(&choices, &options, one[0], one[1] ? one + 2 : NULL,
					      one[0] == 's' ? 1 : 0),
				 0);
	choices_tell(&choices, &options, &excerpt);
	assert_string_equal(excerpt.text, expected);
	choices_done(&choices);
	free(copy);
}

static void the_same_choice_has_the_same_text(void **state)
{
	assert_told("k=a", "--kind a");
	assert_told("k=b,a", "--kind a,b");
	assert_told("k=a,b,a", "--kind a,b");
	assert_told("k=b k=a", "--kind a,b");
	assert_told("k=a c=x", "--comm x --kind a");
	assert_told("c=x k=a c=!y", "--comm '!y,x' --kind a");
	assert_told("t", "");
	assert_told("k=a t", "--kind a");
}

static void of_what_replaces_each_other_the_last_is_valid(void **state)
{
	assert_told("s=9 k=a s=1", "--kind a --since 1");
}

/* Nor is anything taken apart that may be one value. */
static void other_choices_have_others(void **state)
{
	assert_told("c=/b,/a", "--comm /b,/a");
	assert_told("c=/b c=/a", "--comm /a --comm /b");
	assert_told("l=b=2,1", "--label 'b=2,1'");
	assert_told("l=b=1 l=a=1", "--label 'a=1' --label 'b=1'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_choice_has_the_same_text),
		cmocka_unit_test(of_what_replaces_each_other_the_last_is_valid),
		cmocka_unit_test(other_choices_have_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
