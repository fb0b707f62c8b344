/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages of http.c have in common. */
#pragma once

#include "connections.h"
#include "http.h"
#include "mhd.h"

struct http_listener {
	struct http *http;
	const struct mhd *mhd; /* borrowed */
	struct MHD_Daemon *daemon;
	struct events *event_hub; /* borrowed */
	bool events;              /* /events is allowed here */
	struct connections connections;
};

struct http_request {
	struct http_listener *listener;
	struct MHD_Connection *connection;
};

/* What the connection does from now on. */
void http_enter(const struct http_request *request, enum connection_phase phase);

/* Gives the response (NULL: ends the connection), and lets go of it. */
enum MHD_Result http_answer(const struct http_request *request, unsigned status,
			    struct MHD_Response *response);

/* One line of text. */
enum MHD_Result http_say(const struct http_request *request, unsigned status, const char *text);

enum MHD_Result http_get_events(struct http_request *request);
