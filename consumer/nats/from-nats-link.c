/* SPDX-License-Identifier: Apache-2.0 */
/* The connection of who reads. A server may fall silent in the middle: what is missing is asked for
 * again on another connection, as often as that may help. */
#include <errno.h>
#include <string.h>

#include "consumer/login/nats-explain.h"
#include "consumer/nats/from-nats-internal.h"
#include "consumer/nats/nats-last.h"
#include "proto/base/util.h"

#define TRIES_MAX 5u
#define PAUSE_MS 250 /* before the first one; twice as long before each that follows */

int from_nats_connect(struct session *session)
{
	natsStatus s;
	int r = nats_client_connect(&session->client, true, &session->connection, session->problem,
				    session->problem_size);

	if (r)
		return r;
	s = natsConnection_JetStream(&session->js, session->connection, NULL);
	return s ? from_nats_fail(session, s, "cannot connect") : 0;
}

static void hang_up(struct session *session)
{
	jsCtx_Destroy(session->js);
	session->js = NULL;
	nats_denials_end(&session->denials, session->connection);
	natsConnection_Destroy(session->connection);
	session->connection = NULL;
}

/* No answer, or one of a server that has lost its leader. A question that nobody hears is one of a
 * server without JetStream, unless it was heard before. */
static bool may_pass(const struct session *session, natsStatus s)
{
	switch (s) {
	case NATS_TIMEOUT:
	case NATS_IO_ERROR:
	case NATS_STALE_CONNECTION:
	case NATS_CONNECTION_CLOSED:
	case NATS_CONNECTION_DISCONNECTED:
	case NATS_INVALID_SUBSCRIPTION:
	case NATS_SLOW_CONSUMER:
	case NATS_MISMATCH:
	case NATS_MISSED_HEARTBEAT:
		return true;
	case NATS_NO_RESPONDERS:
		return session->heard;
	default:
		return false;
	}
}

static void say_again(const struct session *session, natsStatus s)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%.300s: cannot read on: %s; trying again",
		       session->options->url, natsStatus_GetText(s));
	session->options->say(NULL, text);
}

bool from_nats_again(struct session *session, natsStatus s)
{
	char denial[NATS_DENIAL];

	if (session->following || !may_pass(session, s) ||
	    *nats_denials_explain(&session->denials, &session->client, denial))
		return false;
	if (!session->tries) {
		session->silent_since = nats_Now();
		say_again(session, s);
	}
	while (session->tries < TRIES_MAX) {
		nats_Sleep((int64_t)PAUSE_MS << session->tries++);
		hang_up(session);
		switch (from_nats_connect(session)) {
		case 0:
			return true;
		case -EAGAIN:
			continue;
		default:
			return false;
		}
	}
	return false;
}

void from_nats_heard(struct session *session)
{
	session->tries = 0;
	session->heard = true;
}

natsStatus from_nats_last(struct session *session, const char *subject, uint64_t *ret,
			  int64_t *ret_time)
{
	natsStatus s;

	do
		s = nats_last(session->js, session->url.stream, subject, ret, ret_time);
	while (s && from_nats_again(session, s));
	if (!s)
		from_nats_heard(session);
	return s;
}

/* "cannot read on: Timeout; tried again 5 times in 21 s"; or why there is no connection any more.
 */
int from_nats_fail(struct session *session, natsStatus s, const char *what)
{
	char silent[64] = "";

	if (!session->connection && *session->problem)
		return -EIO;
	if (session->tries)
		(void)snprintf(silent, sizeof(silent), "; tried again %u times in %lld s",
			       session->tries,
			       (long long)(nats_Now() - session->silent_since) / 1000);
	return refuse(session->problem, session->problem_size, -EIO, "%s: %s: %s%s",
		      session->options->url, what, nats_explain_last(s), silent);
}

int from_nats_tell(struct session *session, int r, natsStatus s, const char *why)
{
	if (r == -EIO && session->tries)
		return from_nats_fail(session, s, "cannot read it");
	return refuse(session->problem, session->problem_size, r, "%s: %s", session->options->url,
		      why);
}
