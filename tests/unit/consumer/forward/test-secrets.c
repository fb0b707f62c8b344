/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/secrets.h"

#include "proto/base/util.h"
#include "tests/lib/test.h"

static void assert_hidden(const char *value, const char *text, const char *shown)
{
	struct secrets secrets = {0};
	char buf[256];

	assert_ok(secrets_add(&secrets, value));
	secrets_hide(&secrets, text, strlen(text), buf, sizeof(buf));
	assert_string_equal(buf, shown);
	secrets_free(&secrets);
}

static void a_value_and_its_parts_are_hidden(void **state)
{
	assert_hidden("Bearer hunter2", "no Bearer hunter2 here", "no *** here");
	assert_hidden("Bearer hunter2", "no token hunter2", "no token ***");
	assert_hidden("Bearer hunter2", "no Bearer of that", "no Bearer of that");
	assert_hidden("s3cret", "s3crets3cret", "******");
	assert_hidden("id=u-17; key=\"hunter2\"", "of u-17: hunter2", "of ***: ***");
	assert_hidden("id=u-17; key=\"hunter2\"", "no id, no key", "no id, no key");
	assert_hidden("", "nothing", "nothing");
	assert_hidden(" , ;", "nothing", "nothing");
}

static void a_name_and_a_password_are_hidden_in_base64_and_plain(void **state)
{
	const char *value = "Basic d2ViLTE6aHVudGVyMg=="; /* web-1:hunter2 */

	assert_hidden(value, "bad Basic d2ViLTE6aHVudGVyMg==.", "bad ***.");
	assert_hidden(value, "bad d2ViLTE6aHVudGVyMg==.", "bad ***.");
	assert_hidden(value, "bad d2ViLTE6aHVudGVyMg.", "bad ***.");
	assert_hidden(value, "bad web-1:hunter2.", "bad ***.");
	assert_hidden(value, "web-1 with hunter2", "*** with ***");
	assert_hidden("d2ViLTE6aHVudGVyMg==", "web-1 with hunter2", "*** with ***");
}

static void other_ways_to_write_it_are_seen(void **state)
{
	const char *value = "a+b/c=\"d\" e";

	assert_hidden(value, "<a%2Bb%2fc%3D%22d%22%20e>", "<***>");
	assert_hidden(value, "<a%2Bb/c=%22d%22+e>", "<***>");
	assert_hidden(value, "<a+b\\/c=\\\"d\\\" e>", "<***>");
	assert_hidden(value, "<a\\u002Bb/c\\u003d\\u0022d\\u0022 e>", "<***>");
	assert_hidden(value, "<a+b/c=&quot;d&#34; e>", "<***>");
	assert_hidden(value, "<a+b/c&#x3d;&#x22;d&#34; e>", "<***>");
	assert_hidden("hunter2", "HUNTER2", "***");
	assert_hidden("100%25", "of 100%25 or 100%2525", "of *** or ***");
}

static void what_is_cut_is_hidden_from_eight_bytes_on(void **state)
{
	assert_hidden("Bearer 0123456789abcdef", "token 0123456789...", "token ***...");
	assert_hidden("Bearer 0123456789abcdef", "token 01234567", "token ***");
	assert_hidden("Bearer 0123456789abcdef", "token 0123456", "token 0123456");
	assert_hidden("Authorization=0123456789abcdef", "Authorization is wrong",
		      "Authorization is wrong");
}

static void what_is_cut_at_its_front_is_hidden(void **state)
{
	assert_hidden("Bearer 0123456789abcdef", "token ...89abcdef", "token ...***");
	assert_hidden("Bearer 0123456789abcdef", "token ...9abcdef", "token ...9abcdef");
	assert_hidden("Bearer 0123456789abcdef", "...456789abcd...", "...***...");
	assert_hidden("Authorization=0123456789abcdef", "no zation=x", "no zation=x");
}

/* Base64 of "Authorization: Bearer 0123456789abcdef", and with one and two bytes more before it.
 * Digits that have bits of something else stay. */
static void base64_of_what_it_stands_in_is_hidden(void **state)
{
	const char *value = "Bearer 0123456789abcdef";

	assert_hidden(value, "QXV0aG9yaXphdGlvbjogQmVhcmVyIDAxMjM0NTY3ODlhYmNkZWY=",
		      "QXV0aG9yaXphdGlvbjogQmVhcmVyID***Y=");
	assert_hidden(value, "eEF1dGhvcml6YXRpb246IEJlYXJlciAwMTIzNDU2Nzg5YWJjZGVm",
		      "eEF1dGhvcml6YXRpb246IEJlYXJlciA***");
	assert_hidden(value, "eHhBdXRob3JpemF0aW9uOiBCZWFyZXIgMDEyMzQ1Njc4OWFiY2RlZg==",
		      "eHhBdXRob3JpemF0aW9uOiBCZWFyZXIg***g==");
	assert_hidden("?\?>>?\?>>", "-Pz8-Pj8_Pj4-", "-***4-");
}

/* "p\303\244ss\342\202\254word": what is beyond ASCII is bytes to one and characters to another. */
static void latin1_forms_are_hidden(void **state)
{
	const char *utf8 = "p\303\244ssw\303\266rd";

	assert_hidden(utf8, "<p\303\244ssw\303\266rd>", "<***>");
	assert_hidden(utf8, "<p\344ssw\366rd>", "<***>");
	assert_hidden(utf8, "<p\303\203\302\244ssw\303\203\302\266rd>", "<***>");
	assert_hidden(utf8, "<p\\u00e4ssw\\u00F6rd>", "<***>");
	assert_hidden(utf8, "<p\\u00c3\\u00a4ssw\\u00c3\\u00b6rd>", "<***>");
	assert_hidden(utf8, "<p%E4ssw%F6rd>, <p%C3%A4ssw%C3%B6rd>", "<***>, <***>");
	assert_hidden(utf8, "<p&#228;ssw&#xf6;rd>", "<***>");
	assert_hidden("p\344ssw\366rd", "<p\303\244ssw\303\266rd>", "<***>");
	assert_hidden("\342\202\254uro\360\237\230\200", "<\\u20acuro\\ud83d\\ude00>", "<***>");
	assert_hidden("euro", "\\ud83d \\ud83d\\u0041 &#1114112;",
		      "\\ud83d \\ud83d\\u0041 &#1114112;");
}

static void short_ones_are_hidden_where_they_stand_alone(void **state)
{
	assert_hidden("7", "id 7: 17 of 70, 7", "id ***: 17 of 70, ***");
	assert_hidden("abc", "abc abcd \"abc\"", "*** abcd \"***\"");
	assert_hidden("abcd", "abcdefg", "***efg");
}

static void tokens_and_seeds_are_known_by_their_form(void **state)
{
	assert_hidden("", "no eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl_-x!", "no ***!");
	assert_hidden("", "eyJoo eyJhbGciOiJIUzI1NiJ9", "eyJoo eyJhbGciOiJIUzI1NiJ9");
	assert_hidden("", "(SUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2345)", "(***)");
	assert_hidden("", "STREAM SUCCESS", "STREAM SUCCESS");
}

static void in_a_sentence_of_ours_short_ones_are_words(void **state)
{
	struct secrets secrets = {0};
	char text[] = "one or another one: hunter22";

	assert_ok(secrets_add(&secrets, "one hunter22"));
	assert_ok(secrets_hide_in(&secrets, text));
	assert_string_equal(text, "one or another one: ***");
	secrets_free(&secrets);
}

static void one_line_is_taken_and_what_fits(void **state)
{
	struct secrets secrets = {0};
	char buf[8];

	assert_hidden("hunter2", "a\nhunter2", "a");
	assert_ok(secrets_add(&secrets, "hunter2"));
	secrets_hide(&secrets, "abcde hunter2", 13, buf, sizeof(buf));
	assert_string_equal(buf, "abcde *");
	secrets_hide(&secrets, "xhunter2", 4, buf, sizeof(buf));
	assert_string_equal(buf, "xhun");
	secrets_free(&secrets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_and_its_parts_are_hidden),
		cmocka_unit_test(a_name_and_a_password_are_hidden_in_base64_and_plain),
		cmocka_unit_test(other_ways_to_write_it_are_seen),
		cmocka_unit_test(what_is_cut_is_hidden_from_eight_bytes_on),
		cmocka_unit_test(what_is_cut_at_its_front_is_hidden),
		cmocka_unit_test(base64_of_what_it_stands_in_is_hidden),
		cmocka_unit_test(latin1_forms_are_hidden),
		cmocka_unit_test(short_ones_are_hidden_where_they_stand_alone),
		cmocka_unit_test(tokens_and_seeds_are_known_by_their_form),
		cmocka_unit_test(in_a_sentence_of_ours_short_ones_are_words),
		cmocka_unit_test(one_line_is_taken_and_what_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
