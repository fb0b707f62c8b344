/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-ack.h"
#include "proto/base/util.h"
#include "tests/lib/test.h"

static struct nats_ack read_ack(const char *text)
{
	struct nats_ack ack;

	if (!nats_ack_parse(&ack, text, strlen(text)))
		fail_msg("not taken: %s", text);
	return ack;
}

static void a_number_is_an_acknowledgement(void **state)
{
	struct nats_ack ack = read_ack("{\"stream\":\"RINGSIDE\", \"seq\":123456789012}");

	assert_int_equal(ack.seq, 123456789012);
	assert_false(ack.duplicate);
	assert_string_equal(ack.text, "");
	ack = read_ack("{\"stream\":\"A\",\"domain\":\"hub\",\"seq\":7,\"duplicate\": true}");
	assert_int_equal(ack.seq, 7);
	assert_true(ack.duplicate);
	assert_false(read_ack("{\"seq\":7,\"duplicate\":false}").duplicate);
}

static void an_error_is_none(void **state)
{
	struct nats_ack ack =
		read_ack("{\"error\":{\"code\":400,\"err_code\":10054,\"description\":"
			 "\"message size \\\"x\\\" exceeds\\u0021 \\\\ maximum\"},"
			 "\"stream\":\"A\",\"seq\":0}");

	assert_int_equal(ack.seq, 0);
	assert_int_equal(ack.code, 10054);
	assert_string_equal(ack.text, "message size \"x\" exceeds? \\ maximum");
	/* also with a number beside it */
	ack = read_ack("{\"seq\":5,\"error\":{\"code\":503}}");
	assert_int_equal(ack.seq, 0);
	assert_string_equal(ack.text, "refused");
}

static void what_is_not_known_is_passed_over(void **state)
{
	struct nats_ack ack =
		read_ack("{\"val\":{\"seq\":1,\"a\":[{\"}\":\"]\\\"\"},2]},\"batch\":\"x\","
			 "\"count\":null,\"seq\" : 9 }\r\n");

	assert_int_equal(ack.seq, 9);
}

static void what_is_cut_or_none_is_refused(void **state)
{
	static const char *const texts[] = {
		"{\"stream\":\"A\",\"seq\":12}",
		"{\"error\":{\"code\":1,\"description\":\"a\\u0020\"},\"x\":[1,{\"y\":2}]}",
	};
	static const char *const none[] = {"",          "+OK",          "{}",
					   "[]",        "{\"seq\":0}",  "{\"seq\":\"5\"}",
					   "{\"a\":]}", "{\"error\":7}"};
	struct nats_ack ack;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t size = 0; size < strlen(texts[i]); size++) {
			/* a copy of just that size: reading past it is seen */
			char *copy = malloc(size ? size : 1);

			memcpy(copy, texts[i], size);
			assert_false(nats_ack_parse(&ack, copy, size));
			free(copy);
		}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(nats_ack_parse(&ack, none[i], strlen(none[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_an_acknowledgement),
		cmocka_unit_test(an_error_is_none),
		cmocka_unit_test(what_is_not_known_is_passed_over),
		cmocka_unit_test(what_is_cut_or_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
