/* SPDX-License-Identifier: Apache-2.0 */
/* Answers requests, in threads of its own: who reads records waits for no client, only for the
 * copying of sums. Connections, their memory and the time they may be silent are bounded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "consumer/serve/access-token.h"
#include "consumer/serve/events.h"
#include "consumer/serve/ledger-feed.h"
#include "consumer/serve/listen.h"
#include "consumer/serve/metrics.h"

#define HTTP_LISTENERS 4

struct http;

/* For @listeners calls of http_listen, which share the files a process may have open. -ENOPKG:
 * MHD_LIBRARY is not installed. */
int http_new(struct http **ret, struct ledger_feed *feed, struct events *events,
	     unsigned listeners);
struct http *http_free(struct http *http); /* ends all connections; NULL is fine; returns NULL */

/* Answers on the socket, whose descriptor is its own from now on. On a unix socket, whose mode says
 * who may use it, to everything; on TCP to /metrics and /health, to the rest only who has the
 * @token (NULL: nobody has). 0 or -errno. */
int http_listen(struct http *http, const struct listen_socket *socket,
		const struct access_token *token);

/* Ends connections that take too long; to be called each second. */
void http_review(struct http *http);

/* What /metrics says; for the text file, too: then @http may be NULL. */
void http_metrics(struct writer *writer, struct ledger_feed *feed, struct events *events,
		  struct http *http, bool openmetrics);
