/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/prometheus.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "consumer/base/json.h"
#include "proto/base/utf8.h"

/* As the types are called; Prometheus's own format does not know info. */
static const struct {
	const char *text, *openmetrics, *suffix;
} types[] = {
	[PROMETHEUS_COUNTER] = {"counter", "counter", "_total"},
	[PROMETHEUS_GAUGE] = {"gauge", "gauge", ""},
	[PROMETHEUS_INFO] = {"gauge", "info", "_info"},
	[PROMETHEUS_HISTOGRAM] = {"histogram", "histogram", "_bucket"},
};

/* Of a line about the family: OpenMetrics calls it without the suffix of its samples. */
static void put_about(struct prometheus *e, const char *what, const char *suffix, const char *text)
{
	writer_string(e->writer, what);
	writer_string(e->writer, e->name);
	writer_string(e->writer, suffix);
	writer_string(e->writer, " ");
	writer_string(e->writer, text);
	writer_string(e->writer, "\n");
}

void prometheus_family(struct prometheus *e, enum prometheus_type type, const char *name,
		       const char *unit, const char *help)
{
	const char *suffix =
		e->openmetrics || type == PROMETHEUS_HISTOGRAM ? "" : types[type].suffix;

	e->name = name;
	e->suffix = types[type].suffix;
	put_about(e, "# HELP ", suffix, help);
	put_about(e, "# TYPE ", suffix,
		  e->openmetrics ? types[type].openmetrics : types[type].text);
	if (e->openmetrics && unit)
		put_about(e, "# UNIT ", suffix, unit);
}

void prometheus_sample(struct prometheus *e)
{
	writer_string(e->writer, e->name);
	writer_string(e->writer, e->suffix);
	e->labelled = false;
}

static void put_escaped(struct writer *writer, const char *s)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + strlen(s);
	uint32_t code;
	size_t n;

	for (; p < end; p += n) {
		n = utf8_decode(p, (size_t)(end - p), &code);
		if (*p == '\\' || *p == '"')
			writer_put(writer, "\\", 1);
		if (!n)
			writer_string(writer, "\xef\xbf\xbd");
		else if (*p == '\n')
			writer_string(writer, "\\n");
		else
			writer_put(writer, p, n);
		n += !n;
	}
}

void prometheus_label(struct prometheus *e, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	writer_string(e->writer, e->labelled ? "," : "{");
	writer_string(e->writer, name);
	writer_string(e->writer, "=\"");
	put_escaped(e->writer, value);
	writer_string(e->writer, "\"");
	e->labelled = true;
}

void prometheus_sample_of(struct prometheus *e, const char *label, const char *value)
{
	prometheus_sample(e);
	prometheus_label(e, label, value);
}

static void put_value(struct prometheus *e, const char *text)
{
	writer_string(e->writer, e->labelled ? "} " : " ");
	writer_string(e->writer, text);
	writer_string(e->writer, "\n");
}

void prometheus_uint(struct prometheus *e, uint64_t v)
{
	char text[JSON_NUMBER + 1];

	*json_digits((uint8_t *)text, v) = '\0';
	put_value(e, text);
}

void prometheus_seconds(struct prometheus *e, uint64_t nano)
{
	char text[JSON_NUMBER + 16];
	uint8_t *p = json_digits((uint8_t *)text, nano / 1000000000);

	*p++ = '.';
	*json_nano(p, (uint32_t)(nano % 1000000000)) = '\0';
	put_value(e, text);
}

void prometheus_double(struct prometheus *e, double v)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%.9g", isfinite(v) ? v : 0);
	put_value(e, text);
}

void prometheus_single(struct prometheus *e, enum prometheus_type type, const char *name,
		       const char *unit, const char *help, uint64_t v)
{
	prometheus_family(e, type, name, unit, help);
	prometheus_sample(e);
	prometheus_uint(e, v);
}

void prometheus_end(struct prometheus *e)
{
	if (e->openmetrics)
		writer_string(e->writer, "# EOF\n");
}

/* The quality of @type, 0 to 1000, in an Accept header; 0 if it is not there. */
static unsigned quality_of(const char *accept, const char *type)
{
	const char *at = strcasestr(accept, type), *q, *end;
	double v;

	if (!at)
		return 0;
	end = at + strcspn(at, ",");
	for (q = at; q < end && strncasecmp(q, "q=", 2) != 0;)
		q++;
	v = q < end ? atof(q + 2) : 1;
	return v > 0 && v <= 1 ? (unsigned)(v * 1000) : 0;
}

bool prometheus_accepts_openmetrics(const char *accept)
{
	unsigned open;

	if (!accept)
		return false;
	open = quality_of(accept, "application/openmetrics-text");
	return open && open >= quality_of(accept, "text/plain");
}
