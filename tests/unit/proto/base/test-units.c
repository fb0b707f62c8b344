/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/units.h"
#include "proto/base/util.h"
#include "tests/lib/test.h"

static void sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *s;
		uint64_t bytes;
	} good[] = {
		{"1", 1},         {"65536", 65536},   {"10k", 10240},     {"10K", 10240},
		{"3M", 3u << 20}, {"2G", 2ull << 30}, {"1T", 1ull << 40}, {"1048576T", 1ull << 60},
	};
	static const char *const bad[] = {"",
					  "0",
					  "K",
					  "1KB",
					  "1 K",
					  "-1",
					  "1P",
					  "1.5G",
					  "0x10",
					  "1048577T",
					  "99999999999999999999"};
	uint64_t v = 77;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(units_size(good[i].s, &v));
		assert_int_equal(v, good[i].bytes);
	}
	v = 77;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (units_size(bad[i], &v) || v != 77)
			fail_msg("'%s' is taken for a size", bad[i]);
}

static void amounts_may_be_shares(void **state)
{
	struct amount amount;

	assert_true(units_amount("15%", &amount));
	assert_int_equal(units_bytes(&amount, 1000), 150);
	assert_true(units_amount("100%", &amount));
	assert_int_equal(units_bytes(&amount, 1ull << 62), (1ull << 62) / 100 * 100);
	assert_true(units_amount("4G", &amount));
	assert_int_equal(units_bytes(&amount, 1000), 4ull << 30);
	assert_false(units_amount("0%", &amount));
	assert_false(units_amount("101%", &amount));
	assert_false(units_amount("%", &amount));
	assert_false(units_amount("5%5", &amount));
}

static void spans_are_those_of_systemd(void **state)
{
	static const struct {
		const char *s;
		uint64_t seconds;
	} good[] = {
		{"90", 90},          {"90s", 90},           {"2min", 120},
		{"2m", 120},         {"12h", 43200},        {"30d", 2592000},
		{"2weeks", 1209600}, {"1d12h", 129600},     {"1d 12h 5", 129605},
		{"1M", 2629800},     {"1year", 31557600},   {"1 d", 86400},
		{"1hr 5min", 3900},  {"5000ms", 5},         {"1s 1500ms 500ms", 3},
		{"2000000us", 2},    {"2000000\u00b5s", 2},
	};
	static const char *const bad[] = {"",          "0",
					  "0d",        "d",
					  "1x",        "1d-1h",
					  "1500ms",    "5 5d",
					  "1001years", "18446744073709551616",
					  "500ms",     "1us"};
	uint64_t v = 77;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (!units_span(good[i].s, &v))
			fail_msg("'%s' is not taken for a span", good[i].s);
		assert_int_equal(v, good[i].seconds);
	}
	v = 77;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (units_span(bad[i], &v) || v != 77)
			fail_msg("'%s' is taken for a span", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(amounts_may_be_shares),
		cmocka_unit_test(spans_are_those_of_systemd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
