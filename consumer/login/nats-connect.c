/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-connect.h"

#include <string.h>

#include "consumer/login/nats-credentials.h"
#include "consumer/login/nats-explain.h"
#include "proto/base/util.h"

#define CONNECT_MS 2000
#define RECONNECT_MS 500
#define JITTER_MS 500
#define PING_MS 20000
/* libnats 3.4.1 leaves a signature out that begins with a zero byte: one of 256, and each try is
 * signed anew. */
#define SIGNED_TRIES 3
#define RECONNECT_BUFFER (64 * 1024) /* what finds no room there is tried again by who sent it */

static int set_options(natsOptions *options)
{
	if (natsOptions_SetName(options, "ringside") ||
	    natsOptions_SetTimeout(options, CONNECT_MS) ||
	    natsOptions_SetMaxReconnect(options, INT32_MAX) ||
	    natsOptions_SetReconnectWait(options, RECONNECT_MS) ||
	    natsOptions_SetReconnectJitter(options, JITTER_MS, JITTER_MS) ||
	    natsOptions_SetReconnectBufSize(options, RECONNECT_BUFFER) ||
	    natsOptions_SetPingInterval(options, PING_MS) || natsOptions_SetMaxPingsOut(options, 2))
		return -ENOMEM;
	return 0;
}

int nats_client_init(struct nats_client *client, const struct nats_url *url, const char *const *set,
		     char *problem, size_t size)
{
	int r = natsOptions_Create(&client->options) ? -ENOMEM : 0;

	client->url = url;
	*client->who = '\0';
	if (!r)
		r = set_options(client->options);
	if (!r)
		r = nats_credentials_use(client, set, problem, size);
	return r == -ENOMEM ? refuse(problem, size, r, "%s", strerror(ENOMEM)) : r;
}

void nats_client_done(struct nats_client *client)
{
	natsOptions_Destroy(client->options);
	client->options = NULL;
	secrets_free(&client->secrets);
}

/* A list goes to SetServers alone: SetURL takes one. */
static int try_servers(struct nats_client *client, const char *const *servers, int n,
		       const char *server, natsConnection **ret, char *problem, size_t size)
{
	int tries = client->file ? SIGNED_TRIES : 1;
	natsStatus s;

	if (natsOptions_SetServers(client->options, (const char **)(uintptr_t)servers, n))
		return refuse(problem, size, -EAGAIN, "%s", strerror(ENOMEM));
	do
		s = natsConnection_Connect(ret, client->options);
	while (s == NATS_CONNECTION_AUTH_FAILED && --tries);
	if (!s)
		return 0;
	*ret = NULL;
	return nats_explain(client, s, nats_GetLastError(NULL), server, problem, size);
}

int nats_client_connect(struct nats_client *client, bool each, natsConnection **ret, char *problem,
			size_t size)
{
	const struct nats_url *url = client->url;
	char all[NATS_URL_TEXT];
	int r;

	(void)snprintf(all, sizeof(all), "%s%s", url->servers[0], url->n > 1 ? " and others" : "");
	r = try_servers(client, url->servers, url->n, all, ret, problem, size);
	if (url->n == 1 || !r)
		return r;
	for (int i = 0; each && r == -EAGAIN && i < url->n; i++)
		r = try_servers(client, url->servers + i, 1, url->servers[i], ret, problem, size);
	return r == -EAGAIN ? nats_explain(client, NATS_NO_SERVER, NULL, all, problem, size) : r;
}
