/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered: the sums, as pages. */
#include <string.h>

#include "consumer/base/memory-file.h"
#include "consumer/serve/check.h"
#include "consumer/serve/health.h"
#include "consumer/serve/http-internal.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define SHARED_NANO UINT64_C(1000000000) /* a page is not older than this */

static void add_connections(struct metrics_server *server, struct http *http)
{
	for (unsigned i = 0; i < http->n; i++) {
		struct connections *connections = &http->listeners[i].connections;

		(void)pthread_mutex_lock(&connections->lock);
		server->connections += connections->n;
		server->connections_late += connections->late;
		server->connections_displaced += connections->displaced;
		(void)pthread_mutex_unlock(&connections->lock);
	}
}

static struct metrics_server server_of(const struct ledger_feed *feed, struct events *events,
				       struct http *http)
{
	struct metrics_server server = {.per_container = feed->per_container,
					.damaged = feed->damaged};

	if (http)
		add_connections(&server, http);
	(void)pthread_mutex_lock(&events->lock);
	server.refused = events->refused;
	server.events_sent = events->sent;
	server.events_dropped = events->dropped;
	server.events_clients = events->n;
	(void)pthread_mutex_unlock(&events->lock);
	return server;
}

void http_metrics(struct writer *writer, struct ledger_feed *feed, struct events *events,
		  struct http *http, bool openmetrics)
{
	struct prometheus e = {.writer = writer, .openmetrics = openmetrics};
	_cleanup_free_ struct forward_status *forwards = NULL;
	struct metrics_server server;
	size_t n_forwards;

	(void)forward_status_list(&forwards, &n_forwards); /* what cannot be read is not told */
	(void)pthread_mutex_lock(&feed->lock);
	server = server_of(feed, events, http);
	server.forwards = forwards;
	server.n_forwards = n_forwards;
	metrics_write(&e, &feed->ledger, &server, clock_nano(CLOCK_REALTIME));
	(void)pthread_mutex_unlock(&feed->lock);
}

/* What is on a page, of what it is about. */
struct page {
	struct http *http;
	bool openmetrics;
	struct cursor cursor;
	struct health health;
};

static void write_metrics(struct writer *writer, void *data)
{
	const struct page *page = data;

	http_metrics(writer, page->http->feed, page->http->events, page->http, page->openmetrics);
}

static uint64_t generation_of(struct http *http)
{
	uint64_t now;

	(void)pthread_mutex_lock(&http->feed->lock);
	now = http->feed->ledger.generation;
	(void)pthread_mutex_unlock(&http->feed->lock);
	return now;
}

enum MHD_Result http_get_metrics(struct http_request *request)
{
	struct http *http = request->listener->http;
	const char *accept = http_value(request, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct page make = {
		.http = http,
		.openmetrics = prometheus_accepts_openmetrics(accept),
	};
	struct shared_page *page = &http->pages[make.openmetrics];
	uint64_t latest = generation_of(http), now = clock_nano(CLOCK_REALTIME);
	enum MHD_Result r = MHD_NO;

	(void)pthread_mutex_lock(&http->lock);
	if (!page->response || page->generation != latest || now - page->made_nano > SHARED_NANO) {
		if (page->response)
			http->mhd.destroy_response(page->response);
		page->response = http_make_response(&http->mhd, write_metrics, &make,
						    make.openmetrics ? PROMETHEUS_OPENMETRICS
								     : PROMETHEUS_TEXT);
		page->generation = latest;
		page->made_nano = now;
	}
	if (page->response)
		r = http->mhd.queue_response(request->connection, MHD_HTTP_OK, page->response);
	(void)pthread_mutex_unlock(&http->lock);
	return r;
}

static void write_check(struct writer *writer, void *data)
{
	const struct page *page = data;

	check_write(writer, &page->http->feed->ledger, &page->cursor, clock_nano(CLOCK_REALTIME));
}

enum MHD_Result http_get_check(struct http_request *request)
{
	struct page page = {.http = request->listener->http};
	struct ledger_feed *feed = page.http->feed;
	const char *since = http_value(request, MHD_GET_ARGUMENT_KIND, "since");
	struct MHD_Response *response = NULL;
	int r;

	(void)pthread_mutex_lock(&feed->lock);
	r = cursor_parse(&page.cursor, &feed->ledger, since);
	if (!r)
		response =
			http_make_response(&page.http->mhd, write_check, &page, "application/json");
	(void)pthread_mutex_unlock(&feed->lock);
	if (r)
		return http_say(request, MHD_HTTP_BAD_REQUEST,
				"since: not a cursor; take the one of an earlier answer");
	return http_answer(request, MHD_HTTP_OK, response);
}

static void write_health(struct writer *writer, void *data)
{
	const struct page *page = data;

	struct json_page json = json_begin_page(writer);

	health_put(&json, &page->http->feed->ledger, &page->health);
	json_end_page(&json);
}

enum MHD_Result http_get_health(struct http_request *request)
{
	struct page page = {.http = request->listener->http};
	struct ledger_feed *feed = page.http->feed;
	struct MHD_Response *response;

	(void)pthread_mutex_lock(&feed->lock);
	page.health = health_of(feed, clock_nano(CLOCK_REALTIME), LEDGER_FEED_PATIENCE);
	response = http_make_response(&page.http->mhd, write_health, &page, "application/json");
	(void)pthread_mutex_unlock(&feed->lock);
	return http_answer(request,
			   health_is_alive(page.health.status) ? MHD_HTTP_OK
							       : MHD_HTTP_SERVICE_UNAVAILABLE,
			   response);
}

enum MHD_Result http_get_index(struct http_request *request)
{
	return http_say(request, MHD_HTTP_OK,
			"ringside " RINGSIDE_VERSION "\n\n"
			"/metrics  for Prometheus\n"
			"/health   200, or 503 when nothing is being recorded\n"
			"On a unix socket, or with the token of --token-file:\n"
			"/check    the sums as JSON; ?since=CURSOR: what changed\n"
			"/events   server-sent events; ?kind=oom&container=web...");
}
