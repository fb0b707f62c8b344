/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are to a server, and how it is known: what is the same for who writes and who reads. */
#pragma once

#include <nats/nats.h>

#include "consumer/nats/nats-url.h"

/* For nats_set_check. */
#define NATS_CONNECT_SETTINGS "creds", "nkey", "ca", "cert", "key"

/* Servers, credentials, certificates, and how to come back. 0, or -errno and a sentence. */
int nats_connect_options(natsOptions **ret, const struct nats_url *url, const char *const *set,
			 char *problem, size_t size);
