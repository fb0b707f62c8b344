/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are to a server, and how it is known: what is the same for who writes and who reads. */
#pragma once

#include <nats/nats.h>
#include <stdatomic.h>
#include <stddef.h>

#include "consumer/forward/secrets.h"
#include "consumer/login/nats-url.h"

#define NATS_WHO_MAX 256

struct nats_client {
	natsOptions *options;
	const struct nats_url *url;
	/* As whom, for people: "the user node-1", "the credentials in FILE"; "": as nobody. */
	char who[NATS_WHO_MAX];
	const char *file;       /* that libnats reads when it connects; NULL: none. Borrowed */
	bool certified;         /* with a certificate of ours */
	struct secrets secrets; /* a password, a token: whatever a server says may repeat it */
	void (*say)(void *data, const char *text); /* a warning; NULL: nobody hears it */
	void *data;
	const atomic_bool *stop; /* it is to end, and waits for no file; NULL: never */
};
