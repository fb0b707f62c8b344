/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/prometheus.h"
#include "consumer/fleet/fleet.h"

static void put_host_label(struct prometheus *e, const struct fleet_host *host)
{
	prometheus_sample_of(e, "host", *host->name ? host->name : host->token);
}

static void put_counts(struct prometheus *e, const struct fleet *fleet)
{
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_fleet_hosts", NULL,
			  "Hosts by state, as `ringside status` tells them.");
	for (unsigned i = 0; i < FLEET_STATES; i++) {
		prometheus_sample_of(e, "state", fleet_words[i]);
		prometheus_uint(e, fleet->count[i]);
	}
}

static void put_states(struct prometheus *e, const struct fleet *fleet)
{
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_fleet_host_state", NULL,
			  "1: the host is in this state.");
	for (size_t i = 0; i < fleet->n; i++) {
		put_host_label(e, fleet->hosts[i]);
		prometheus_label(e, "state", fleet_words[fleet->hosts[i]->state]);
		prometheus_uint(e, 1);
	}
}

static void put_times(struct prometheus *e, const struct fleet *fleet)
{
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_fleet_host_stored_timestamp_seconds",
			  "seconds", "When the host's latest record came.");
	for (size_t i = 0; i < fleet->n; i++) {
		put_host_label(e, fleet->hosts[i]);
		prometheus_seconds(e, fleet->hosts[i]->newest.stored);
	}
}

static void put_lost(struct prometheus *e, const struct fleet *fleet)
{
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_fleet_host_events_lost", NULL,
			  "Events that the host's stream has lost; absent where that is not "
			  "known.");
	for (size_t i = 0; i < fleet->n; i++) {
		if (!fleet_knows_sums(fleet->hosts[i]))
			continue;
		put_host_label(e, fleet->hosts[i]);
		prometheus_uint(e, fleet_lost(fleet->hosts[i]));
	}
}

void fleet_put_metrics(struct writer *writer, const struct fleet *fleet)
{
	struct prometheus e = {.writer = writer};

	prometheus_family(&e, PROMETHEUS_GAUGE, "ringside_fleet_looked_timestamp_seconds",
			  "seconds", "When this was found out, by the servers' clock.");
	prometheus_sample(&e);
	prometheus_seconds(&e, fleet->now);
	put_counts(&e, fleet);
	put_states(&e, fleet);
	put_times(&e, fleet);
	put_lost(&e, fleet);
	prometheus_end(&e);
}
