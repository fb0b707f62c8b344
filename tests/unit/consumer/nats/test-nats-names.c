/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-url.h"
#include "consumer/nats/nats-past.h"
#include "consumer/nats/nats-subject.h"
#include "consumer/order/ids.h"
#include "proto/base/util.h"
#include "tests/lib/test.h"

static const uint8_t a[IDS_STREAM] = "stream a", b[IDS_STREAM] = "stream b";

static void token_is(const char *host, const char *expected)
{
	char buf[NATS_TOKEN_MAX];

	assert_string_equal(nats_token(host, buf), expected);
}

static void plain_names_are_their_own_tokens(void **state)
{
	token_is("node-17", "node-17");
	token_is("A_b-9", "A_b-9");
}

static void other_names_have_a_hash_behind_them(void **state)
{
	char mapped[NATS_TOKEN_MAX], again[NATS_TOKEN_MAX], other[NATS_TOKEN_MAX];

	assert_int_equal(strlen(nats_token("a.b", mapped)), 3 + 13);
	assert_memory_equal(mapped, "a_b-", 4);
	assert_string_not_equal(mapped, nats_token("a b", other));
	/* a host that is called as another one's token */
	assert_string_not_equal(mapped, nats_token(mapped, again));
	assert_int_equal(strlen(nats_token("", mapped)), 13);
	assert_int_equal(strspn(mapped, "-0123456789abcdef"), 13);
}

static void long_names_fit(void **state)
{
	char name[300], one[NATS_TOKEN_MAX], two[NATS_TOKEN_MAX];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	(void)nats_token(name, one);
	name[sizeof(name) - 2] = 'y';
	assert_string_not_equal(one, nats_token(name, two));
	assert_int_equal(strlen(one), 64 + 13);
}

static void urls_name_servers_and_a_stream(void **state)
{
	struct nats_url url;
	char problem[512];

	assert_int_equal(nats_url_parse(&url, "nats://a,b:1,[::1]/S", problem, sizeof(problem)), 0);
	assert_int_equal(url.n, 3);
	assert_string_equal(url.servers[0], "nats://a:4222");
	assert_string_equal(url.servers[1], "nats://b:1");
	assert_string_equal(url.servers[2], "nats://[::1]:4222");
	assert_string_equal(url.stream, "S");
	assert_int_equal(nats_url_parse(&url, "tls://a", problem, sizeof(problem)), 0);
	assert_string_equal(url.servers[0], "tls://a:4222");
	assert_string_equal(url.stream, NATS_STREAM_DEFAULT);
}

static void urls_hold_no_secrets_and_no_nonsense(void **state)
{
	struct nats_url url;
	char problem[512];

	assert_int_equal(nats_url_parse(&url, "nats://me:pw@a/S", problem, sizeof(problem)),
			 -EINVAL);
	assert_non_null(strstr(problem, "--set creds=FILE"));
	assert_null(strstr(problem, "pw"));
	assert_int_equal(nats_url_parse(&url, "nats:///S", problem, sizeof(problem)), -EINVAL);
	assert_int_equal(nats_url_parse(&url, "nats://a,,b/S", problem, sizeof(problem)), -EINVAL);
	assert_int_equal(nats_url_parse(&url, "nats://a/S.x", problem, sizeof(problem)), -EINVAL);
	assert_int_equal(nats_url_parse(&url, "nats://a/S?x", problem, sizeof(problem)), -EINVAL);
}

static void settings_have_units(void **state)
{
	static const char *const set[] = {"resend=3m", "max-bytes=2G", "max-age=3", NULL};
	static const char *const names[] = {"resend", "max-bytes", NULL};
	char problem[512];
	long long n;

	assert_int_equal(nats_set_time(set, "resend", 0, &n, problem, sizeof(problem)), 0);
	assert_int_equal(n, 180000000000);
	assert_int_equal(nats_set_bytes(set, "max-bytes", 0, &n, problem, sizeof(problem)), 0);
	assert_int_equal(n, 2LL << 30);
	assert_int_equal(nats_set_time(set, "max-age", 0, &n, problem, sizeof(problem)), -EINVAL);
	assert_int_equal(nats_set_time(set, "duplicates", 7, &n, problem, sizeof(problem)), 0);
	assert_int_equal(n, 7);
	assert_int_equal(nats_set_check(set, names, problem, sizeof(problem)), -EINVAL);
	assert_non_null(strstr(problem, "max-age"));
}

static void ids_without_gaps_are_one_stretch(void **state)
{
	_cleanup_(ids_done) struct ids ids = {0};

	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(ids_add(&ids, i & 1 ? a : b, i * 7919 % 1000), 0);
	assert_true(ids_has(&ids, a, 7919 % 1000));
	assert_false(ids_has(&ids, b, 7919 % 1000));
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(ids_add(&ids, a, i * 7919 % 1000), 0);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(ids_add(&ids, b, i * 7919 % 1000), 0);
	assert_int_equal(ids.n, 2);
	assert_int_equal(ids.all[0].last, 999);
	assert_false(ids_has(&ids, a, 1000));
}

static void ids_are_read_as_they_are_written(void **state)
{
	uint8_t stream[IDS_STREAM];
	uint64_t first, last;

	assert_true(ids_parse("000102030405060708090a0b0c0d0eff:17", stream, &first, &last));
	assert_int_equal(stream[15], 255);
	assert_int_equal(first, 17);
	assert_int_equal(last, 17);
	assert_true(ids_parse("000102030405060708090a0b0c0d0eff:17-19", stream, &first, &last));
	assert_int_equal(last, 19);
	assert_false(ids_parse("000102030405060708090a0b0c0d0eff", stream, &first, &last));
	assert_false(ids_parse("000102030405060708090a0b0c0d0e:17", stream, &first, &last));
	assert_false(ids_parse("000102030405060708090a0b0c0d0eff:17x", stream, &first, &last));
	assert_false(ids_parse("", stream, &first, &last));
}

static void past_goes_back_to_what_is_there_still(void **state)
{
	struct past past = {0};

	for (int64_t i = 0; i < 2000; i++)
		past_keep(&past, &(struct past_mark){.at = i * 1000,
						     .highest = (uint64_t)i * 10,
						     .seq = (uint64_t)i});
	past_keep(&past, &(struct past_mark){.at = 1999500, .highest = 1, .seq = 1});
	assert_int_equal(past_find(&past, 15005, INT64_MAX)->seq, 1500);
	assert_int_equal(past_find(&past, UINT64_MAX, INT64_MAX)->seq, 1999);
	assert_int_equal(past_find(&past, UINT64_MAX, 1800000)->seq, 1800);
	assert_null(past_find(&past, 100, INT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_names_are_their_own_tokens),
		cmocka_unit_test(other_names_have_a_hash_behind_them),
		cmocka_unit_test(long_names_fit),
		cmocka_unit_test(urls_name_servers_and_a_stream),
		cmocka_unit_test(urls_hold_no_secrets_and_no_nonsense),
		cmocka_unit_test(settings_have_units),
		cmocka_unit_test(ids_without_gaps_are_one_stretch),
		cmocka_unit_test(ids_are_read_as_they_are_written),
		cmocka_unit_test(past_goes_back_to_what_is_there_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
