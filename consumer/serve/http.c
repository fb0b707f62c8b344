/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/http.h"

#include <string.h>
#include <strings.h>

#include "consumer/serve/http-internal.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define CONNECTION_BYTES (32u * 1024) /* headers, and what is on its way */
#define SILENT_SECONDS 30             /* of one that does not read what it is sent */

int http_new(struct http **ret, struct ledger_feed *feed, struct events *events, unsigned listeners)
{
	_cleanup_free_ struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return -ENOMEM;
	r = mhd_load(&http->mhd);
	if (r)
		return r;
	http->feed = feed;
	http->events = events;
	http->places = connections_allowed(listeners);
	(void)pthread_mutex_init(&http->lock, NULL);
	*ret = TAKE_PTR(http);
	return 0;
}

static const struct page {
	const char *path;
	enum MHD_Result (*get)(struct http_request *request);
	bool is_private; /* not for everybody who can connect */
} pages[] = {
	{"/", http_get_index, false},       {"/metrics", http_get_metrics, false},
	{"/check", http_get_check, true},   {"/health", http_get_health, false},
	{"/events", http_get_events, true},
};

/* The URI log callback of the library, which has the request's target as it came. A page is found
 * by that: decoded, and cut at a NUL, "/metrics%00x" and "%2fmetrics" would be "/metrics". What it
 * returns is the pointer that the handler gets: for us a number, 0 for no page. */
static void *find_page(void *data, const char *target, struct MHD_Connection *connection)
{
	const size_t size = target ? strcspn(target, "?") : 0;

	for (size_t i = 0; size && i < ARRAY_SIZE(pages); i++)
		if (!strncmp(pages[i].path, target, size) && !pages[i].path[size])
			return (void *)(uintptr_t)(2 * i + (target[size] ? 2 : 1));
	return NULL;
}

static const struct page *page_of(uintptr_t found)
{
	return found ? &pages[(found - 1) / 2] : NULL;
}

/* Whether a NUL stood in the target, where a string ends for us but the target did not: 0.9.75 lets
 * it pass. It keeps target and version in one piece of memory, with nothing but an end and blanks
 * between them; 1.0 refuses such a request, and may do otherwise. */
static bool hides_a_nul(uintptr_t found, const char *path, const char *version)
{
	const bool has_query = found % 2 == 0;
	const char *end = path + strlen(path);
	const uintptr_t between = (uintptr_t)version - (uintptr_t)end;

	if (has_query || !between || between > CONNECTION_BYTES)
		return false;
	do
		end++;
	while (end != version && *end == ' ');
	return end != version;
}

/* The same in a parameter: it stays encoded, and is no name and no value that there is. */
static size_t unescape_text(void *data, struct MHD_Connection *connection, char *text)
{
	const struct http_listener *listener = data;

	return strstr(text, "%00") ? strlen(text) : listener->http->mhd.http_unescape(text);
}

static enum MHD_Result count_host(void *data, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	unsigned *hosts = data;

	*hosts += !strcasecmp(name, MHD_HTTP_HEADER_HOST);
	return MHD_YES;
}

/* The library gives the first of several; a proxy before us may have judged by another. RFC 9112,
 * 3.2: to be refused. */
static bool has_hosts(const struct http_request *request)
{
	unsigned hosts = 0;

	(void)request->listener->http->mhd.get_connection_values(request->connection,
								 MHD_HEADER_KIND, count_host,
								 &hosts);
	return hosts > 1;
}

static enum MHD_Result get_private(struct http_request *request, const struct page *page)
{
	const struct http_listener *listener = request->listener;
	const char *given = http_value(request, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

	if (listener->socket.path ||
	    (listener->token && access_token_is_in(listener->token, given)))
		return page->get(request);
	if (!listener->token)
		return http_say(request, MHD_HTTP_FORBIDDEN,
				"not on TCP: ask on a unix socket (--listen unix:/path), or start "
				"serve with --token-file");
	return http_say_with(request, MHD_HTTP_UNAUTHORIZED,
			     "only with the token of --token-file: Authorization: Bearer TOKEN",
			     MHD_HTTP_HEADER_WWW_AUTHENTICATE,
			     given ? "Bearer realm=\"ringside\", error=\"invalid_token\""
				   : "Bearer realm=\"ringside\"");
}

static enum MHD_Result handle_request(void *data, struct MHD_Connection *connection,
				      const char *path, const char *method, const char *version,
				      const char *upload, size_t *upload_size, void **context)
{
	struct http_request request = {data, connection};
	const uintptr_t found = (uintptr_t)*context;
	const struct page *page = page_of(found);

	http_enter(&request, CONNECTION_ANSWER);
	if (has_hosts(&request))
		return http_say(&request, MHD_HTTP_BAD_REQUEST, "more than one Host");
	if (!listen_is_meant(&request.listener->socket,
			     http_value(&request, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
		return http_say(&request, MHD_HTTP_MISDIRECTED_REQUEST,
				"this is of the loopback, and not called what Host says: ask for "
				"localhost or 127.0.0.1");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return http_say_with(&request, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD",
				     MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (!page || hides_a_nul(found, path, version))
		return http_say(&request, MHD_HTTP_NOT_FOUND, "no such page; / lists them");
	return page->is_private ? get_private(&request, page) : page->get(&request);
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
	info = listener->http->mhd.get_connection_info(connection,
						       MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = connections_join(&listener->connections, info->connect_fd,
				    clock_nano(CLOCK_MONOTONIC));
}

void http_review(struct http *http)
{
	for (unsigned i = 0; i < http->n; i++)
		connections_review(&http->listeners[i].connections, clock_nano(CLOCK_MONOTONIC));
}

static struct MHD_Daemon *start_listener(struct http_listener *listener, int fd)
{
	const struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL}, /* HTTP/1.1 has a Host */
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)find_page, listener},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape_text, listener},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)note_connection, listener},
		{MHD_OPTION_CONNECTION_LIMIT, connections_room(&listener->connections), NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, SILENT_SECONDS, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	return listener->http->mhd.start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
							MHD_ALLOW_SUSPEND_RESUME,
						0, NULL, NULL, handle_request, listener,
						MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

int http_listen(struct http *http, const struct listen_socket *socket,
		const struct access_token *token)
{
	struct http_listener *listener = &http->listeners[http->n];

	if (http->n == HTTP_LISTENERS)
		return -E2BIG;
	listener->http = http;
	listener->socket = *socket;
	listener->token = token;
	connections_init(&listener->connections, http->places);
	listener->daemon = start_listener(listener, socket->fd);
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
