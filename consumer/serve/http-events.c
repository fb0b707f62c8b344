/* SPDX-License-Identifier: Apache-2.0 */
/* /events: a response that sleeps until there is something to send. */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/serve/events.h"
#include "consumer/serve/http-internal.h"
#include "proto/base/util.h"

/* A client of /events. */
struct subscriber {
	struct http_request request;
	struct connection *place; /* NULL: it had none */
	struct events_client *client;
};

static void sleep_subscriber(void *data)
{
	const struct subscriber *subscriber = data;

	subscriber->request.listener->http->mhd.suspend_connection(subscriber->request.connection);
}

static void wake_subscriber(void *data)
{
	const struct subscriber *subscriber = data;

	subscriber->request.listener->http->mhd.resume_connection(subscriber->request.connection);
}

/* It does not read: to wake it would not do. */
static void end_subscriber(void *data)
{
	const struct subscriber *subscriber = data;

	connections_end(&subscriber->request.listener->connections, subscriber->place);
}

static ssize_t read_events(void *data, uint64_t position, char *buf, size_t max)
{
	struct subscriber *subscriber = data;

	/* EVENTS_END is MHD_CONTENT_READER_END_OF_STREAM */
	return events_read(subscriber->request.listener->http->events, subscriber->client, buf,
			   max);
}

static void free_subscriber(void *data)
{
	struct subscriber *subscriber = data;

	if (subscriber->client)
		events_leave(subscriber->request.listener->http->events, subscriber->client);
	free(subscriber);
}

struct query {
	struct filter *filter;
	char error[256];
};

/* MHD_KeyValueIterator: a filter, as on the command line. */
static enum MHD_Result take_filter(void *data, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct query *query = data;

	for (const struct option_row *row = filter_options; row->name; row++) {
		if (strcmp(row->name, name) != 0)
			continue;
		if (!value && row->arg)
			break;
		return filter_option(query->filter, row->opt, value, query->error,
				     sizeof(query->error))
			       ? MHD_NO
			       : MHD_YES;
	}
	(void)snprintf(query->error, sizeof(query->error), "%.64s is not a filter, or has no value",
		       name);
	return MHD_NO;
}

/* Takes the filter. */
static enum MHD_Result subscribe_client(struct http_request *request, struct filter *filter)
{
	struct subscriber *subscriber = calloc(1, sizeof(*subscriber));
	struct events_wait wait = {sleep_subscriber, wake_subscriber, end_subscriber, subscriber};
	struct http *http = request->listener->http;
	struct MHD_Response *response;

	if (!subscriber) {
		(void)filter_free(filter);
		return MHD_NO;
	}
	subscriber->request = *request;
	subscriber->place = http_place(request);
	subscriber->client = events_join(http->events, filter, &wait,
					 http_value(request, MHD_HEADER_KIND, "Last-Event-ID"));
	if (!subscriber->client) {
		free(subscriber);
		return http_say_with(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				     "too many clients are sent events",
				     MHD_HTTP_HEADER_RETRY_AFTER, "10");
	}
	response = http->mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_events,
							   subscriber, free_subscriber);
	if (!response) {
		free_subscriber(subscriber);
		return MHD_NO;
	}
	http_describe(&http->mhd, response, "text/event-stream");
	http_enter(request, CONNECTION_STREAM);
	return http_answer(request, MHD_HTTP_OK, response);
}

enum MHD_Result http_get_events(struct http_request *request)
{
	struct query query = {0};
	char safe[LINE_FILE];

	if (filter_new(&query.filter))
		return MHD_NO;
	(void)request->listener->http->mhd.get_connection_values(request->connection,
								 MHD_GET_ARGUMENT_KIND, take_filter,
								 &query);
	if (!*query.error)
		return subscribe_client(request, query.filter);
	(void)filter_free(query.filter);
	return http_say(request, MHD_HTTP_BAD_REQUEST, line_file(query.error, safe));
}
