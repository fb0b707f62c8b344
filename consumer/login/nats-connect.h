/* SPDX-License-Identifier: Apache-2.0 */
/* How to come to the servers, and to come back. */
#pragma once

#include "consumer/login/nats-client.h"

/* Servers, credentials, certificates: into client->options, which nats_client_done() frees. @url is
 * borrowed; say and data are set. 0, or -errno and a sentence. */
int nats_client_init(struct nats_client *client, const struct nats_url *url, const char *const *set,
		     char *problem, size_t size);
void nats_client_done(struct nats_client *client);

/* Tries all servers, each for some seconds at most. What is said of a failure is the last one's:
 * with @each they are asked one by one then, until one tells why it refuses. 0; -EACCES, -EAGAIN:
 * as nats_explain(). */
int nats_client_connect(struct nats_client *client, bool each, natsConnection **ret, char *problem,
			size_t size);
