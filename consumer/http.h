/* SPDX-License-Identifier: Apache-2.0 */
/* Answers requests, in threads of its own: who reads records waits for no client, only for the
 * copying of sums. Connections, their memory and the time they may be silent are bounded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "intake.h"
#include "metrics.h"
#include "writer.h"

#define HTTP_LISTENERS 4

struct http;

/* -ENOPKG: MHD_LIBRARY is not installed. */
int http_new(struct http **ret, struct intake *intake, struct events *events);
struct http *http_free(struct http *http); /* ends all connections; NULL is fine; returns NULL */

/* Answers on the socket @fd, which is its own from now on. @events: also /events. 0 or -errno. */
int http_listen(struct http *http, int fd, bool events);

/* What /metrics says; for the text file, too. */
void http_metrics(struct writer *writer, struct intake *intake, struct events *events,
		  bool openmetrics);

static inline void http_freep(struct http **http)
{
	*http = http_free(*http);
}
