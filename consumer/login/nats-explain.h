/* SPDX-License-Identifier: Apache-2.0 */
/* What libnats says, as a sentence that says what to do. */
#pragma once

#include "consumer/login/nats-client.h"

/* Why a connection to @server did not come about, or was lost: @s, with libnats' own words for it
 * (NULL: none). -EACCES: one of the two does not take the other, and waiting alone does not mend
 * it; -EAGAIN: it is not there, or not yet. With a sentence. */
int nats_explain(const struct nats_client *client, natsStatus s, const char *text,
		 const char *server, char *problem, size_t size);

/* Of "Permissions Violation for Publish to "ringside.v1.a.header"" what to do. Returns @buf; "": it
 * is no such text. */
#define NATS_DENIAL 384
const char *nats_explain_denial(const struct nats_client *client, const char *text,
				char buf[NATS_DENIAL]);

/* libnats' own words for what has just failed in this thread with @s. */
const char *nats_explain_last(natsStatus s);
