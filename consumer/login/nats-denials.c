/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-denials.h"

#include <stdio.h>
#include <string.h>

#define CLOSE_MS 1000

/* That a consumer is not taken back is no harm: it goes by itself. */
static bool is_of_question(const char *text)
{
	return strstr(text, "$JS.API") && !strstr(text, "$JS.API.CONSUMER.DELETE");
}

/* natsErrHandler, of the library's thread */
static void on_error(natsConnection *connection, natsSubscription *sub, natsStatus error,
		     void *closure)
{
	struct nats_denials *denials = closure;
	const char *text = NULL;
	bool ends;

	if (error != NATS_NOT_PERMITTED)
		return;
	(void)natsConnection_GetLastError(connection, &text);
	(void)pthread_mutex_lock(&denials->lock);
	(void)snprintf(denials->text, sizeof(denials->text), "%s", text ? text : "");
	ends = is_of_question(denials->text) && !denials->patient;
	(void)pthread_mutex_unlock(&denials->lock);
	if (ends)
		natsConnection_Close(connection);
}

/* natsConnectionHandler: the last thing that is said of a connection */
static void on_close(natsConnection *connection, void *closure)
{
	struct nats_denials *denials = closure;

	(void)pthread_mutex_lock(&denials->lock);
	denials->closed = true;
	(void)pthread_mutex_unlock(&denials->lock);
}

natsStatus nats_denials_hear(struct nats_denials *denials, natsOptions *options)
{
	natsStatus s = natsOptions_SetErrorHandler(options, on_error, denials);

	(void)pthread_mutex_init(&denials->lock, NULL);
	*denials->text = '\0';
	denials->closed = denials->patient = false;
	return s ? s : natsOptions_SetClosedCB(options, on_close, denials);
}

const char *nats_denials_explain(struct nats_denials *denials, const struct nats_client *client,
				 char buf[NATS_DENIAL])
{
	(void)pthread_mutex_lock(&denials->lock);
	(void)nats_explain_denial(client, denials->text, buf);
	(void)pthread_mutex_unlock(&denials->lock);
	return buf;
}

void nats_denials_bear(struct nats_denials *denials, bool patient)
{
	(void)pthread_mutex_lock(&denials->lock);
	denials->patient = patient;
	(void)pthread_mutex_unlock(&denials->lock);
}

static bool is_closed(struct nats_denials *denials)
{
	bool closed;

	(void)pthread_mutex_lock(&denials->lock);
	closed = denials->closed;
	(void)pthread_mutex_unlock(&denials->lock);
	return closed;
}

void nats_denials_end(struct nats_denials *denials, natsConnection *connection)
{
	if (!connection)
		return;
	natsConnection_Close(connection);
	for (int i = 0; i < CLOSE_MS && !is_closed(denials); i++)
		nats_Sleep(1);
	(void)pthread_mutex_lock(&denials->lock);
	denials->closed = false;
	(void)pthread_mutex_unlock(&denials->lock);
}
