/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/row-metrics.h"

#include <string.h>

void row_metrics_begin(struct prometheus *e, const struct series *series)
{
	const char *text = series ? series->text : NULL;

	if (!series) {
		prometheus_sample_of(e, "overflow", "true");
		return;
	}
	prometheus_sample(e);
	for (unsigned i = 0; i < SERIES_FIELDS; i++, text += strlen(text) + 1)
		prometheus_label(e, series_fields[i], text);
}

void row_metrics_begin_group(struct prometheus *e, const struct group *group)
{
	const char *text = group->text;

	prometheus_sample(e);
	for (unsigned i = 0; i < GROUP_FIELDS; i++, text += strlen(text) + 1)
		prometheus_label(e, group_fields[i], text);
}

void row_metrics_values(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			unsigned value)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct series *series;
	size_t i = 0;

	while ((series = series_next(&ledger->series, kind, &i))) {
		row_metrics_begin(e, series);
		prometheus_uint(e, series->totals[value]);
	}
	if (!of->overflow_rows)
		return;
	row_metrics_begin(e, NULL);
	prometheus_uint(e, of->overflow[value]);
}
