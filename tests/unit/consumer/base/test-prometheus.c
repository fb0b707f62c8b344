/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus's text format and OpenMetrics, letter by letter. */
#include "consumer/base/prometheus.h"

#include "tests/lib/writer-fixture.h"

#define _cleanup_writer_ _cleanup_(fixture_writer_free)

static void write_all_types(struct prometheus *e)
{
	prometheus_family(e, PROMETHEUS_COUNTER, "a_events", NULL, "Events.");
	prometheus_sample(e);
	prometheus_label(e, "kind", "oom_kill");
	prometheus_label(e, "tier", "");
	prometheus_label(e, "errno", "EPERM");
	prometheus_uint(e, UINT64_MAX);
	prometheus_family(e, PROMETHEUS_GAUGE, "a_time_seconds", "seconds", "Time.");
	prometheus_sample(e);
	prometheus_seconds(e, 1763780645000000001);
	prometheus_family(e, PROMETHEUS_INFO, "a_build", NULL, "Build.");
	prometheus_sample(e);
	prometheus_label(e, "version", "1");
	prometheus_uint(e, 1);
	prometheus_family(e, PROMETHEUS_HISTOGRAM, "a_fill_ratio", "ratio", "Fill.");
	prometheus_sample(e);
	prometheus_label(e, "le", "+Inf");
	prometheus_double(e, 0.25);
	prometheus_end(e);
}

static void prometheus_text_names_counters_in_full(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct prometheus e = {.writer = writer};

	write_all_types(&e);
	assert_string_equal(fixture_written(writer),
			    "# HELP a_events_total Events.\n"
			    "# TYPE a_events_total counter\n"
			    "a_events_total{kind=\"oom_kill\",errno=\"EPERM\"} "
			    "18446744073709551615\n"
			    "# HELP a_time_seconds Time.\n"
			    "# TYPE a_time_seconds gauge\n"
			    "a_time_seconds 1763780645.000000001\n"
			    "# HELP a_build_info Build.\n"
			    "# TYPE a_build_info gauge\n"
			    "a_build_info{version=\"1\"} 1\n"
			    "# HELP a_fill_ratio Fill.\n"
			    "# TYPE a_fill_ratio histogram\n"
			    "a_fill_ratio_bucket{le=\"+Inf\"} 0.25\n");
}

static void openmetrics_names_families_and_units(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct prometheus e = {.writer = writer, .openmetrics = true};

	write_all_types(&e);
	assert_string_equal(fixture_written(writer),
			    "# HELP a_events Events.\n"
			    "# TYPE a_events counter\n"
			    "a_events_total{kind=\"oom_kill\",errno=\"EPERM\"} "
			    "18446744073709551615\n"
			    "# HELP a_time_seconds Time.\n"
			    "# TYPE a_time_seconds gauge\n"
			    "# UNIT a_time_seconds seconds\n"
			    "a_time_seconds 1763780645.000000001\n"
			    "# HELP a_build Build.\n"
			    "# TYPE a_build info\n"
			    "a_build_info{version=\"1\"} 1\n"
			    "# HELP a_fill_ratio Fill.\n"
			    "# TYPE a_fill_ratio histogram\n"
			    "# UNIT a_fill_ratio ratio\n"
			    "a_fill_ratio_bucket{le=\"+Inf\"} 0.25\n"
			    "# EOF\n");
}

static void assert_label(const char *value, const char *expected)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct prometheus e = {.writer = writer, .name = "a", .suffix = ""};

	prometheus_sample(&e);
	prometheus_label(&e, "l", value);
	prometheus_uint(&e, 1);
	assert_string_equal(fixture_written(writer), expected);
}

static void labels_are_escaped_and_valid_utf8(void **state)
{
	assert_label("a\\b\"c\nd", "a{l=\"a\\\\b\\\"c\\nd\"} 1\n");
	assert_label("gr\xc3\xbc\xc3\x9f", "a{l=\"gr\xc3\xbc\xc3\x9f\"} 1\n");
	assert_label("x\xff\xc3", "a{l=\"x\xef\xbf\xbd\xef\xbf\xbd\"} 1\n");
	assert_label("", "a 1\n");
	assert_label(NULL, "a 1\n");
}

static void openmetrics_comes_only_to_who_prefers_it(void **state)
{
	assert_false(prometheus_accepts_openmetrics(NULL));
	assert_false(prometheus_accepts_openmetrics("*/*"));
	assert_true(prometheus_accepts_openmetrics("application/openmetrics-text"));
	assert_true(prometheus_accepts_openmetrics(
		"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		"version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
	assert_false(prometheus_accepts_openmetrics(
		"application/openmetrics-text;q=0.2, text/plain;version=0.0.4;q=0.5"));
	assert_false(prometheus_accepts_openmetrics("application/openmetrics-text;q=0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus_text_names_counters_in_full),
		cmocka_unit_test(openmetrics_names_families_and_units),
		cmocka_unit_test(labels_are_escaped_and_valid_utf8),
		cmocka_unit_test(openmetrics_comes_only_to_who_prefers_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
