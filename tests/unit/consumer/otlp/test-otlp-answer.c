/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-answer.h"

#include "proto/base/util.h"
#include "tests/lib/test.h"

#define SECOND UINT64_C(1000000000)
#define NOW 1795996800 /* 2026-11-30T00:00:00Z */

static void assert_judged(unsigned status, const char *body, bool json, enum otlp_verdict verdict,
			  uint64_t rejected, const char *message)
{
	const bool retry[OTLP_STATUS_END] = {[429] = true, [503] = true};
	const struct otlp_answer answer = {
		.status = status,
		.json = json,
		.body = (const uint8_t *)body,
		.size = strlen(body),
	};
	const struct secrets none = {0};
	struct otlp_judgement judgement;

	otlp_judge(&answer, retry, &none, &judgement);
	assert_int_equal(judgement.verdict, verdict);
	assert_int_equal(judgement.rejected, rejected);
	assert_string_equal(judgement.message, message);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const struct {
		const char *text;
		bool says;
		uint64_t nano;
	} all[] = {
		{"7", true, 7 * SECOND},
		{" 7 ", true, 7 * SECOND},
		{"0", true, 0},
		{"301", true, OTLP_RETRY_AFTER_MAX},
		{"99999999999999999999999", true, OTLP_RETRY_AFTER_MAX},
		{"Mon, 30 Nov 2026 00:00:09 GMT", true, 9 * SECOND},
		{"Monday, 30-Nov-26 00:00:09 GMT", true, 9 * SECOND},
		{"Mon Nov 30 00:00:09 2026", true, 9 * SECOND},
		{"Tue, 01 Dec 2026 00:00:00 GMT", true, OTLP_RETRY_AFTER_MAX},
		{"Sun, 29 Nov 2026 00:00:00 GMT", false, 0},
		{"soon", false, 0},
		{"", false, 0},
		{"-1", false, 0},
		{"1.5", false, 0},
		{"7 s", false, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t nano = 0;

		assert_int_equal(otlp_retry_after(all[i].text, NOW, &nano), all[i].says);
		assert_int_equal(all[i].says ? nano : 0, all[i].nano);
	}
}

static void success_has_no_body_or_one_of_otlp(void **state)
{
	assert_judged(200, "", false, OTLP_TAKEN, 0, "");
	assert_judged(204, "", false, OTLP_TAKEN, 0, "");
	assert_judged(200, "{ }", true, OTLP_TAKEN, 0, "");
	assert_judged(200, "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\"}}", true,
		      OTLP_REFUSED, 0, "its answer is none of OTLP");
	assert_judged(200, "{ }", false, OTLP_REFUSED, 0, "its answer is none of OTLP");
	assert_judged(200, "<html>", false, OTLP_REFUSED, 0, "its answer is none of OTLP");
	/* a field that a later version may have */
	assert_judged(200, "\x12\x01x", false, OTLP_TAKEN, 0, "");
}

static void partial_success_says_how_many(void **state)
{
	assert_judged(200, "\x0a\x07\x08\x03\x12\x03old", false, OTLP_PARTIAL, 3, "old");
	assert_judged(200, "\x0a\x06\x12\x04hint", false, OTLP_TAKEN, 0, "hint");
	assert_judged(200, "\x0a\x05\x08\x03\x12\x01\x1b", false, OTLP_PARTIAL, 3, "\\x1b");
	assert_judged(200, "\x0a\x07\x08\x03\x12\x09old", false, OTLP_REFUSED, 0,
		      "its answer is none of OTLP");
}

static void failures_are_retried_or_final(void **state)
{
	assert_judged(429, "", false, OTLP_RETRY, 0, "");
	assert_judged(503, "busy", false, OTLP_RETRY, 0, "busy");
	assert_judged(500, "", false, OTLP_REFUSED, 0, "");
	assert_judged(413, "", false, OTLP_TOO_LARGE, 0, "");
	assert_judged(302, "", false, OTLP_REFUSED, 0, "");
	assert_judged(999, "", false, OTLP_REFUSED, 0, "");
	assert_judged(400, "\x08\x03\x12\x06no tag", false, OTLP_REFUSED, 0, "no tag");
	assert_judged(400, "no\nmore", false, OTLP_REFUSED, 0, "no");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(success_has_no_body_or_one_of_otlp),
		cmocka_unit_test(partial_success_says_how_many),
		cmocka_unit_test(failures_are_retried_or_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
