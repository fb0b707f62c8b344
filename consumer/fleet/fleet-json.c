/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/json-page.h"
#include "consumer/fleet/fleet.h"

static void put_event(struct json_page *page, const struct fleet_host *host)
{
	json_begin_object(page, "latest_event");
	json_add_text(page, "kind", host->event_kind);
	if (host->event.recorded)
		json_add_time(page, "time", host->event.recorded);
	json_add_hex(page, "stream_id", host->event.stream, FLEET_ID);
	json_add_uint(page, "seq", host->event.seq);
	json_end_object(page);
}

static void put_host(struct writer *writer, const struct fleet *fleet,
		     const struct fleet_host *host)
{
	struct json_page page = json_begin_page(writer);
	char why[FLEET_WHY];

	json_add_known_text(&page, "host", host->name);
	json_add_text(&page, "token", host->token);
	json_add_text(&page, "state", fleet_words[host->state]);
	json_add_known_text(&page, "why", fleet_why(fleet, host, why));
	json_add_hex(&page, "stream_id", host->newest.stream, FLEET_ID);
	if (fleet_knows_header(host))
		json_add_known_text(&page, "streamer_version", host->version);
	json_add_time(&page, "stored", host->newest.stored);
	json_add_double(&page, "age_seconds", 3, (double)fleet_silence(fleet, host) / 1e9);
	json_add_double(&page, "counters_interval_seconds", 3, (double)host->interval_nano / 1e9);
	if (host->newest.recorded)
		json_add_double(&page, "lag_seconds", 3, (double)fleet_lag(host) / 1e9);
	if (fleet_has_ended(host))
		json_add_time(&page, "stopped", host->footer.recorded ?: host->footer.stored);
	json_add_known_uint(&page, "lost", fleet_knows_sums(host), fleet_lost(host));
	json_add_known_uint(&page, "missed_runs", fleet_knows_sums(host) && host->missed_known,
			    host->missed_runs);
	if (fleet_knows_header(host))
		json_add_known_text(&page, "not_attached", host->detached);
	if (host->event.seq)
		put_event(&page, host);
	json_end_page(&page);
}

void fleet_put_json(struct writer *writer, const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		put_host(writer, fleet, fleet->hosts[i]);
}
