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
};

/* For the connection that is made with @options. Stays where it is until nats_denials_end(). */
natsStatus nats_denials_hear(struct nats_denials *denials, natsOptions *options);

/* Of the latest one what to do; "": there was none. Returns @buf. */
const char *nats_denials_explain(struct nats_denials *denials, const struct nats_client *client,
				 char buf[NATS_DENIAL]);

/* Closes the connection (NULL: there is none), and waits until nothing more is heard of it. */
void nats_denials_end(struct nats_denials *denials, natsConnection *connection);
