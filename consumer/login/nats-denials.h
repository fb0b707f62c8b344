/* SPDX-License-Identifier: Apache-2.0 */
/* What a server does not permit it tells beside: the question itself has no answer. */
#pragma once

#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>

#include "consumer/login/nats-explain.h"

struct nats_denials {
	pthread_mutex_t lock;
	/* By the library's thread, under the lock. */
	char text[NATS_DENIAL];
	bool closed;
	bool patient; /* a denial is no reason to end */
};

/* For the connections that are made with @options, one after the other. Stays where it is until
 * nats_denials_end(). One to whom the server denies what it asks of JetStream is closed at once:
 * the answer it waits for does not come. */
natsStatus nats_denials_hear(struct nats_denials *denials, natsOptions *options);

/* What is asked meanwhile may be denied, and the connection stays. */
void nats_denials_bear(struct nats_denials *denials, bool patient);

/* Of the latest one what to do; "": there was none. Returns @buf. */
const char *nats_denials_explain(struct nats_denials *denials, const struct nats_client *client,
				 char buf[NATS_DENIAL]);

/* Closes the connection (NULL: there is none), and waits until nothing more is heard of it. There
 * may be another one then. */
void nats_denials_end(struct nats_denials *denials, natsConnection *connection);
