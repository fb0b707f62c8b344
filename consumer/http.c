/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "health.h"
#include "http-part.h"
#include "page.h"
#include "util.h"

#define CONNECTION_BYTES (32u * 1024)    /* headers, and what is on its way */
#define SILENT_SECONDS 30                /* of one that does not read what it is sent */
#define SHARED_NANO UINT64_C(1000000000) /* a page is not older than this */

/* The latest /metrics of a format: it is the same for all until something changes. */
struct shared_page {
	struct MHD_Response *response;
	uint64_t generation, made_nano;
};

struct http {
	struct mhd mhd;
	struct intake *intake; /* borrowed, as are events */
	struct events *events;
	pthread_mutex_t lock; /* of the pages */
	struct shared_page pages[2];
	unsigned places; /* of each listener */
	atomic_uint n;   /* a listener answers before the next one is there */
	struct http_listener listeners[HTTP_LISTENERS];
};

static uint64_t steady_nano(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int http_new(struct http **ret, struct intake *intake, struct events *events, unsigned listeners)
{
	_cleanup_free_ struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return -ENOMEM;
	r = mhd_load(&http->mhd);
	if (r)
		return r;
	http->intake = intake;
	http->events = events;
	http->places = connections_allowed(listeners);
	(void)pthread_mutex_init(&http->lock, NULL);
	*ret = TAKE_PTR(http);
	return 0;
}

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

static struct metrics_server server_of(const struct intake *intake, struct events *events,
				       struct http *http)
{
	struct metrics_server server = {.damaged = intake->damaged};

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

void http_metrics(struct writer *writer, struct intake *intake, struct events *events,
		  struct http *http, bool openmetrics)
{
	struct exposition e = {.writer = writer, .openmetrics = openmetrics};
	struct metrics_server server;

	(void)pthread_mutex_lock(&intake->lock);
	server = server_of(intake, events, http);
	metrics_write(&e, &intake->ledger, &server, intake_now());
	(void)pthread_mutex_unlock(&intake->lock);
}

static struct MHD_Response *make_response(const struct mhd *mhd,
					  void (*write)(struct writer *writer, void *data),
					  void *data, const char *type)
{
	struct MHD_Response *response;
	uint64_t size;
	int fd;

	if (page_make(&fd, &size, write, data))
		return NULL;
	response = mhd->create_response_from_fd64(size, fd);
	if (!response) {
		(void)close(fd);
		return NULL;
	}
	(void)mhd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)mhd->add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return response;
}

enum MHD_Result http_answer(const struct http_request *request, unsigned status,
			    struct MHD_Response *response)
{
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	r = request->listener->mhd->queue_response(request->connection, status, response);
	request->listener->mhd->destroy_response(response);
	return r;
}

static void write_text(struct writer *writer, void *data)
{
	writer_string(writer, data);
	writer_string(writer, "\n");
}

enum MHD_Result http_say(const struct http_request *request, unsigned status, const char *text)
{
	return http_answer(request, status,
			   make_response(request->listener->mhd, write_text,
					 (void *)(uintptr_t)text, "text/plain; charset=utf-8"));
}

struct metrics_page {
	struct http *http;
	bool openmetrics;
};

static void write_metrics(struct writer *writer, void *data)
{
	const struct metrics_page *page = data;

	http_metrics(writer, page->http->intake, page->http->events, page->http, page->openmetrics);
}

static uint64_t generation(struct http *http)
{
	uint64_t now;

	(void)pthread_mutex_lock(&http->intake->lock);
	now = http->intake->ledger.generation;
	(void)pthread_mutex_unlock(&http->intake->lock);
	return now;
}

static enum MHD_Result get_metrics(struct http_request *request)
{
	struct http *http = request->listener->http;
	const char *accept =
		request->listener->mhd->lookup_connection_value(request->connection,
								MHD_HEADER_KIND,
								MHD_HTTP_HEADER_ACCEPT);
	struct metrics_page make = {http, exposition_accepts_openmetrics(accept)};
	struct shared_page *page = &http->pages[make.openmetrics];
	uint64_t latest = generation(http), now = intake_now();
	enum MHD_Result r = MHD_NO;

	(void)pthread_mutex_lock(&http->lock);
	if (!page->response || page->generation != latest || now - page->made_nano > SHARED_NANO) {
		if (page->response)
			http->mhd.destroy_response(page->response);
		page->response =
			make_response(request->listener->mhd, write_metrics, &make,
				      make.openmetrics ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT);
		page->generation = latest;
		page->made_nano = now;
	}
	if (page->response)
		r = http->mhd.queue_response(request->connection, MHD_HTTP_OK, page->response);
	(void)pthread_mutex_unlock(&http->lock);
	return r;
}

struct check_page {
	const struct intake *intake;
	struct cursor cursor;
};

static void write_check(struct writer *writer, void *data)
{
	const struct check_page *page = data;

	check_write(writer, &page->intake->ledger, &page->cursor, intake_now());
}

static enum MHD_Result get_check(struct http_request *request)
{
	struct intake *intake = request->listener->http->intake;
	const char *since =
		request->listener->mhd->lookup_connection_value(request->connection,
								MHD_GET_ARGUMENT_KIND, "since");
	struct check_page page = {.intake = intake};
	struct MHD_Response *response = NULL;
	int r;

	(void)pthread_mutex_lock(&intake->lock);
	r = cursor_parse(&page.cursor, &intake->ledger, since);
	if (!r)
		response = make_response(request->listener->mhd, write_check, &page,
					 "application/json");
	(void)pthread_mutex_unlock(&intake->lock);
	if (r)
		return http_say(request, MHD_HTTP_BAD_REQUEST,
				"since: not a cursor; take the one of an earlier answer");
	return http_answer(request, MHD_HTTP_OK, response);
}

struct health_page {
	const struct ledger *ledger;
	struct health health;
};

static void write_health(struct writer *writer, void *data)
{
	const struct health_page *page = data;

	health_write(writer, page->ledger, &page->health);
}

static enum MHD_Result get_health(struct http_request *request)
{
	struct intake *intake = request->listener->http->intake;
	struct health_page page = {.ledger = &intake->ledger};
	struct MHD_Response *response;

	(void)pthread_mutex_lock(&intake->lock);
	page.health = health_of(&intake->ledger, intake_now());
	response = make_response(request->listener->mhd, write_health, &page, "application/json");
	(void)pthread_mutex_unlock(&intake->lock);
	return http_answer(request,
			   health_is_alive(page.health.status) ? MHD_HTTP_OK
							       : MHD_HTTP_SERVICE_UNAVAILABLE,
			   response);
}

static enum MHD_Result get_index(struct http_request *request)
{
	return http_say(request, MHD_HTTP_OK,
			"ringside " RINGSIDE_VERSION "\n\n"
			"/metrics  for Prometheus\n"
			"/check    the sums as JSON; ?since=CURSOR: what changed\n"
			"/health   200, or 503 when nothing is being recorded\n"
			"/events   server-sent events; ?kind=oom&container=web...");
}

static const struct {
	const char *path;
	enum MHD_Result (*get)(struct http_request *request);
} pages[] = {
	{"/", get_index},        {"/metrics", get_metrics},    {"/check", get_check},
	{"/health", get_health}, {"/events", http_get_events},
};

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **context)
{
	struct http_request request = {data, connection};

	http_enter(&request, CONNECTION_ANSWER);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return http_say(&request, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (!strcmp(pages[i].path, path))
			return pages[i].get(&request);
	return http_say(&request, MHD_HTTP_NOT_FOUND, "no such page; / lists them");
}

/* MHD_NotifyConnectionCallback, in the listener's thread. */
static void note_connection(void *data, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode code)
{
	struct http_listener *listener = data;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		connections_leave(&listener->connections, *context);
		return;
	}
	info = listener->mhd->get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = connections_join(&listener->connections, info->connect_fd, steady_nano());
}

void http_enter(const struct http_request *request, enum connection_phase phase)
{
	const union MHD_ConnectionInfo *info =
		request->listener->mhd->get_connection_info(request->connection,
							    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	connections_enter(&request->listener->connections, info->socket_context, phase,
			  steady_nano());
}

/* MHD_RequestCompletedCallback: the answer is sent, or the connection ends. */
static void note_answered(void *data, struct MHD_Connection *connection, void **context,
			  enum MHD_RequestTerminationCode code)
{
	const struct http_request request = {data, connection};

	http_enter(&request, CONNECTION_IDLE);
}

void http_review(struct http *http)
{
	for (unsigned i = 0; i < http->n; i++)
		connections_review(&http->listeners[i].connections, steady_nano());
}

int http_listen(struct http *http, int fd, bool events)
{
	struct http_listener *listener = &http->listeners[http->n];

	if (http->n == HTTP_LISTENERS)
		return -E2BIG;
	listener->http = http;
	listener->mhd = &http->mhd;
	listener->events = events;
	listener->event_hub = http->events;
	connections_init(&listener->connections, http->places);
	listener->daemon = http->mhd.start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle,
		listener, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION,
		note_connection, listener, MHD_OPTION_NOTIFY_COMPLETED, note_answered, listener,
		MHD_OPTION_CONNECTION_LIMIT, connections_room(&listener->connections),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_SECONDS, MHD_OPTION_END);
	if (!listener->daemon) {
		connections_done(&listener->connections);
		return errno ? -errno : -ENOMEM;
	}
	http->n++;
	return 0;
}

struct http *http_free(struct http *http)
{
	if (!http)
		return NULL;
	/* sleeping connections have to be awake to be ended */
	events_wake(http->events);
	for (unsigned i = 0; i < http->n; i++) {
		http->mhd.stop_daemon(http->listeners[i].daemon);
		connections_done(&http->listeners[i].connections);
	}
	for (size_t i = 0; i < ARRAY_SIZE(http->pages); i++)
		if (http->pages[i].response)
			http->mhd.destroy_response(http->pages[i].response);
	mhd_unload(&http->mhd);
	(void)pthread_mutex_destroy(&http->lock);
	free(http);
	return NULL;
}
