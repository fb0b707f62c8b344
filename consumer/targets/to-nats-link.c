/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/nats/nats-connect.h"
#include "consumer/targets/to-nats-internal.h"
#include "proto/base/util.h"

#define CLOSE_MS 1000
#define FAILURES_MAX 5 /* some 3 s: an election takes as long */
#define GONE_MS 3000   /* a leader that changes is not worth a line */

static void note_link(struct target *target, bool connected)
{
	(void)pthread_mutex_lock(&target->window.lock);
	if (target->connected && !connected)
		target->lost_at = window_now();
	target->connected = connected;
	target->came_back = target->came_back || connected;
	(void)pthread_cond_signal(&target->window.answered);
	(void)pthread_mutex_unlock(&target->window.lock);
}

/* natsConnectionHandler, of the library's threads */
static void on_link(natsConnection *connection, void *closure)
{
	note_link(closure, true);
}

static void on_loss(natsConnection *connection, void *closure)
{
	note_link(closure, false);
}

/* The last thing the library says of a connection. */
static void on_close(natsConnection *connection, void *closure)
{
	struct target *target = closure;

	(void)pthread_mutex_lock(&target->window.lock);
	target->closed = true;
	(void)pthread_mutex_unlock(&target->window.lock);
}

/* natsErrHandler */
static void on_error(natsConnection *connection, natsSubscription *sub, natsStatus error,
		     void *closure)
{
	struct target *target = closure;
	const char *text = NULL;

	(void)natsConnection_GetLastError(connection, &text);
	(void)pthread_mutex_lock(&target->window.lock);
	(void)snprintf(target->link_error, sizeof(target->link_error), "%s",
		       text && *text ? text : natsStatus_GetText(error));
	target->denied_head = target->window.head;
	if (text && strstr(text, "ermissions") && strstr(text, "$JS.API"))
		target->forbidden = true;
	(void)pthread_mutex_unlock(&target->window.lock);
}

static natsStatus set_handlers(struct target *target)
{
	natsStatus s = natsOptions_SetRetryOnFailedConnect(target->nats, true, on_link, target);

	if (s == NATS_OK)
		s = natsOptions_SetDisconnectedCB(target->nats, on_loss, target);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectedCB(target->nats, on_link, target);
	if (s == NATS_OK)
		s = natsOptions_SetClosedCB(target->nats, on_close, target);
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(target->nats, on_error, target);
	return s;
}

int link_open(struct target *target, char problem[TARGET_PROBLEM])
{
	natsStatus s = set_handlers(target);
	int r;

	if (s == NATS_OK)
		s = natsConnection_Connect(&target->connection, target->nats);
	if (s == NATS_OK)
		note_link(target, true);
	if (s == NATS_OK || s == NATS_NOT_YET_CONNECTED)
		s = natsConnection_JetStream(&target->js, target->connection, NULL);
	if (s == NATS_OK)
		s = natsInbox_Create(&target->inbox);
	if (s == NATS_OK)
		s = answer_listen(target);
	if (s == NATS_CONNECTION_AUTH_FAILED)
		return refuse(problem, TARGET_PROBLEM, -EACCES,
			      "%s: it knows no such user: --set creds=FILE, --set nkey=FILE, or "
			      "NATS_USER and NATS_PASSWORD in the environment",
			      target->url.servers[0]);
	if (s)
		return refuse(problem, TARGET_PROBLEM, -EIO, "%s: cannot connect: %s",
			      target->url.servers[0], natsStatus_GetText(s));
	r = target->connected ? link_ready(target) : 0;
	if (r && r != -EAGAIN)
		(void)snprintf(problem, TARGET_PROBLEM, "%s", target->problem);
	return r == -EAGAIN ? 0 : r;
}

static bool is_closed(struct target *target)
{
	bool closed;

	(void)pthread_mutex_lock(&target->window.lock);
	closed = target->closed && (target->deaf || !target->answers);
	(void)pthread_mutex_unlock(&target->window.lock);
	return closed;
}

void link_close(struct target *target)
{
	if (target->connection)
		natsConnection_Close(target->connection);
	/* until the library's threads have left our handlers */
	for (int i = 0; target->connection && i < CLOSE_MS && !is_closed(target); i++)
		nats_Sleep(1);
	natsSubscription_Destroy(target->answers);
	natsInbox_Destroy(target->inbox);
	jsCtx_Destroy(target->js);
	natsConnection_Destroy(target->connection);
	natsOptions_Destroy(target->nats);
}

void link_pause(struct target *target)
{
	if (window_now() < target->retry_at)
		return; /* one more of what failed together */
	if (target->backoff.failures > FAILURES_MAX)
		target->backoff.failures = FAILURES_MAX;
	target->retry_at = window_now() + (int64_t)(backoff_next(&target->backoff) / 1000000);
	if (!target->gone_at)
		target->gone_at = window_now();
}

/* The stream is shorter than what it acknowledged, or another one. */
static bool is_shorter(const struct target *target, const struct nats_stream_found *now)
{
	return target->met &&
	       (now->created != target->found.created || now->last_seq < target->window.highest);
}

/* Whether records have to be given once more; from where on. */
static bool must_go_back(struct target *target, const struct nats_stream_found *now)
{
	bool shorter = is_shorter(target, now), other = now->created != target->found.created;
	int64_t before = INT64_MAX;
	const struct past_mark *mark;

	if (!target->met || (!shorter && (!target->resend || !target->lost_at)))
		return false;
	if (!shorter)
		before = target->lost_at - target->resend / 1000000;
	mark = past_find(&target->past, other ? 0 : now->last_seq, before);
	if (!mark && !shorter && target->past.n <= PAST_MARKS && !target->past.n)
		return false; /* nothing was acknowledged */
	memset(target->window.sums.back_id, 0, TARGET_ID);
	target->window.sums.back_seq = mark ? mark->seq : 0;
	if (mark)
		memcpy(target->window.sums.back_id, mark->stream_id, TARGET_ID);
	if (shorter)
		(void)snprintf(target->problem, sizeof(target->problem),
			       "%s: stream %s has lost what it had acknowledged (%s): sending it "
			       "again",
			       target->url.servers[0], target->url.stream,
			       other ? "it is a new one" : "its end is missing");
	else
		(void)snprintf(target->problem, sizeof(target->problem),
			       "%s: was away: sending again what was acknowledged shortly before",
			       target->url.servers[0]);
	return true;
}

static int check_stream(struct target *target)
{
	struct nats_stream_found now;
	char why[TARGET_PROBLEM - 128];
	int r = nats_stream_ready(target->js, &target->wanted, &now, why, sizeof(why));

	if (r) {
		(void)snprintf(target->problem, sizeof(target->problem), "%s: %s%s",
			       target->url.servers[0], why, r == -EAGAIN ? "; trying again" : "");
		link_pause(target);
		return r;
	}
	if (must_go_back(target, &now))
		return -ESTALE;
	target->found = now;
	target->lost_at = 0;
	target->met = target->ready = true;
	backoff_reset(&target->backoff);
	return 0;
}

/* Under the lock: what the library's threads have seen. */
static bool take_news(struct target *target)
{
	bool connected;

	(void)pthread_mutex_lock(&target->window.lock);
	connected = target->connected;
	if (target->came_back)
		target->ready = target->came_back = false;
	(void)pthread_mutex_unlock(&target->window.lock);
	return connected;
}

int link_ready(struct target *target)
{
	const char *why = NULL;

	if (!take_news(target)) {
		target->ready = false;
		if (!target->gone_at)
			target->gone_at = window_now();
		(void)natsConnection_GetLastError(target->connection, &why);
		(void)snprintf(target->problem, sizeof(target->problem),
			       "%s%s: no connection%s%.200s%s; trying again",
			       target->url.servers[0], target->url.n > 1 ? " and others" : "",
			       why && *why ? " (" : "", why ? why : "", why && *why ? ")" : "");
		return -EAGAIN;
	}
	if (window_now() < target->retry_at)
		return -EAGAIN;
	return target->ready ? 0 : check_stream(target);
}
