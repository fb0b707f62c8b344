/* SPDX-License-Identifier: Apache-2.0 */
/* What http.c, its pages and its events have in common. */
#pragma once

#include <stdatomic.h>

#include "consumer/serve/connections.h"
#include "consumer/serve/http.h"
#include "consumer/serve/microhttpd.h"

/* The latest /metrics of a format: it is the same for all until something changes. */
struct shared_page {
	struct MHD_Response *response;
	uint64_t generation, made_nano;
};

struct http_listener {
	struct http *http;
	struct MHD_Daemon *daemon;
	struct listen_socket socket;
	const struct access_token *token; /* borrowed; NULL: nobody has one */
	struct connections connections;
};

struct http {
	struct mhd mhd;
	struct ledger_feed *feed; /* borrowed, as are events */
	struct events *events;
	pthread_mutex_t lock; /* of the pages */
	struct shared_page pages[2];
	unsigned places; /* of each listener */
	atomic_uint n;   /* a listener answers before the next one is there */
	struct http_listener listeners[HTTP_LISTENERS];
};

struct http_request {
	struct http_listener *listener;
	struct MHD_Connection *connection;
};

/* What it says of this name: a header (MHD_HEADER_KIND), or a parameter; NULL: nothing. */
const char *http_value(const struct http_request *request, enum MHD_ValueKind kind,
		       const char *name);

struct connection *http_place(const struct http_request *request); /* NULL: it has none */
/* What the connection does from now on. */
void http_enter(const struct http_request *request, enum connection_phase phase);

/* It is of that @type, and nobody may keep it. */
void http_describe(const struct mhd *mhd, struct MHD_Response *response, const char *type);

/* What @write writes, as a page of that @type. NULL: there is no memory. */
struct MHD_Response *http_make_response(const struct mhd *mhd,
					void (*write)(struct writer *writer, void *data),
					void *data, const char *type);

/* Gives the response (NULL: ends the connection), and lets go of it. */
enum MHD_Result http_answer(const struct http_request *request, unsigned status,
			    struct MHD_Response *response);

/* One line of text; a header and its value. */
enum MHD_Result http_say(const struct http_request *request, unsigned status, const char *text);
enum MHD_Result http_say_with(const struct http_request *request, unsigned status, const char *text,
			      const char *header, const char *value);

enum MHD_Result http_get_index(struct http_request *request);
enum MHD_Result http_get_metrics(struct http_request *request);
enum MHD_Result http_get_check(struct http_request *request);
enum MHD_Result http_get_health(struct http_request *request);
enum MHD_Result http_get_events(struct http_request *request);
