/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/forward-metrics.h"

#include <string.h>

#include "proto/base/util.h"

static const struct {
	const char *state;
	size_t offset;
} states[] = {
	{"sent", offsetof(struct forward_status, sent)},
	{"acknowledged", offsetof(struct forward_status, acknowledged)},
	{"retried", offsetof(struct forward_status, retried)},
	{"refused", offsetof(struct forward_status, refused)},
	{"doubled", offsetof(struct forward_status, doubled)},
	{"deleted", offsetof(struct forward_status, deleted)},
};

static uint64_t number_at(const struct forward_status *status, size_t offset)
{
	return *(const uint64_t *)((const char *)status + offset);
}

/* Two may go to the same place, with filters of their own: each has its cursor. */
static void put_target(struct prometheus *e, const struct forward_status *status)
{
	const char *slash = strrchr(status->cursor, '/');

	prometheus_sample_of(e, "to", status->to);
	prometheus_label(e, "cursor", slash ? slash + 1 : status->cursor);
}

static void put_records(struct prometheus *e, const struct forward_status *all, size_t n)
{
	prometheus_family(e, PROMETHEUS_COUNTER, "ringside_forward_records", NULL,
			  "Records that were forwarded, since the forwarder started; deleted: by "
			  "retention, before they could be sent.");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
			put_target(e, &all[i]);
			prometheus_label(e, "state", states[k].state);
			prometheus_uint(e, number_at(&all[i], states[k].offset));
		}
}

void forward_metrics_put(struct prometheus *e, const struct forward_status *all, size_t n,
			 uint64_t now_nano)
{
	char text[FORWARD_TEXT];

	if (!n)
		return;
	put_records(e, all, n);
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_forward_lag_records", NULL,
			  "Records that are on their way.");
	for (size_t i = 0; i < n; i++) {
		put_target(e, &all[i]);
		prometheus_uint(e, all[i].lag_records);
	}
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_forward_lag_seconds", "seconds",
			  "Age of the oldest record that is on its way.");
	for (size_t i = 0; i < n; i++) {
		put_target(e, &all[i]);
		prometheus_seconds(e, all[i].lag_nano);
	}
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_forward_working", NULL,
			  "Whether it runs and the other side answers.");
	for (size_t i = 0; i < n; i++) {
		put_target(e, &all[i]);
		prometheus_uint(e, !*forward_status_trouble(&all[i], now_nano, text));
	}
}
