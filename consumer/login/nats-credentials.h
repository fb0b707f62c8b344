/* SPDX-License-Identifier: Apache-2.0 */
/* A name and a password, a token, an nkey, a JWT, certificates: by --set from files, or, as of
 * NATS' own tools, by variables of the environment. None of them is ever given in a command line,
 * and nothing that is said of them has any of it. */
#pragma once

#include "consumer/login/nats-client.h"

#define NATS_CREDENTIALS_NAMES                                                                     \
	"creds", "nkey", "user", "password-file", "token-file", "ca", "cert", "key"

/* Into the client's options, with who that is. 0, or -errno and a sentence. */
int nats_credentials_use(struct nats_client *client, const char *const *set, char *problem,
			 size_t size);
