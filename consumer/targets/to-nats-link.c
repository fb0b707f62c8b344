/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/login/nats-connect.h"
#include "consumer/login/nats-explain.h"
#include "consumer/targets/to-nats-internal.h"
#include "proto/base/util.h"

#define CLOSE_MS 1000
#define FAILURES_MAX 5 /* some 3 s: an election takes as long */
#define PROBLEM_MAX (TARGET_PROBLEM - 32)

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
	text = text && *text ? text : natsStatus_GetText(error);
	secrets_hide(&target->client.secrets, text, strlen(text), target->link_error,
		     sizeof(target->link_error));
	target->denied_head = target->window.head;
	if (strstr(text, "ermissions") && strstr(text, "$JS.API"))
		target->forbidden = true;
	(void)pthread_mutex_unlock(&target->window.lock);
}

static natsStatus set_handlers(struct target *target)
{
	natsOptions *options = target->client.options;
	natsStatus s = natsOptions_SetDisconnectedCB(options, on_loss, target);

	if (s == NATS_OK)
		s = natsOptions_SetReconnectedCB(options, on_link, target);
	if (s == NATS_OK)
		s = natsOptions_SetClosedCB(options, on_close, target);
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(options, on_error, target);
	return s;
}

static bool is_closed(struct target *target)
{
	bool closed;

	(void)pthread_mutex_lock(&target->window.lock);
	closed = target->closed && (target->deaf || !target->answers);
	(void)pthread_mutex_unlock(&target->window.lock);
	return closed;
}

static void drop(struct target *target)
{
	if (!target->connection)
		return;
	target->reading_host = NATS_NO_HOST;
	natsConnection_Close(target->connection);
	/* until the library's threads have left our handlers */
	for (int i = 0; i < CLOSE_MS && !is_closed(target); i++)
		nats_Sleep(1);
	/* what is closed is ended at once */
	present_stop(&target->present);
	natsSubscription_Destroy(target->answers);
	jsCtx_Destroy(target->js);
	natsConnection_Destroy(target->connection);
	target->answers = NULL;
	target->js = NULL;
	target->connection = NULL;
	target->connected = target->closed = target->deaf = target->ready = false;
	window_unsend(&target->window);
}

void link_close(struct target *target)
{
	drop(target);
	natsInbox_Destroy(target->inbox);
	nats_client_done(&target->client);
}

void link_bar(struct target *target)
{
	target->barred = true;
	target->gone_at = 1; /* nobody has to wait to be told */
}

void link_pause(struct target *target)
{
	if (window_now() < target->retry_at)
		return; /* one more of what failed together */
	if (target->backoff.failures > FAILURES_MAX && !target->barred)
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

/* A server does not answer who may not ask: it has only said so. Returns 0 or -EACCES. */
static int find_denial(struct target *target, char *why, size_t size)
{
	char denial[NATS_DENIAL];

	(void)pthread_mutex_lock(&target->window.lock);
	(void)nats_explain_denial(&target->client, target->forbidden ? target->link_error : NULL,
				  denial);
	(void)pthread_mutex_unlock(&target->window.lock);
	return *denial ? refuse(why, size, -EACCES, "%s", denial) : 0;
}

static int check_stream(struct target *target)
{
	struct nats_stream_found now;
	char why[PROBLEM_MAX];
	int r = nats_stream_ready(target->js, &target->wanted, &now, why, sizeof(why));

	if (r == -EAGAIN && find_denial(target, why, sizeof(why))) {
		link_bar(target);
		r = target->met ? -EAGAIN : -EACCES;
	}
	if (r) {
		(void)snprintf(target->problem, sizeof(target->problem), "%s: %.390s%s",
			       target->name, why, r == -EAGAIN ? "; trying again" : "");
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

static void set_problem(struct target *target, const char *text, int r)
{
	(void)snprintf(target->problem, sizeof(target->problem), "%s; trying again", text);
	if (r == -EACCES)
		link_bar(target);
	else
		target->barred = false;
	if (!target->gone_at)
		target->gone_at = target->met ? window_now() : 1;
}

/* The library tries to come back, and this is what it has met. */
static int tell_loss(struct target *target)
{
	const char *why = NULL;
	char text[PROBLEM_MAX];
	natsStatus s = natsConnection_GetLastError(target->connection, &why);
	int r = nats_explain(&target->client, s, why, target->name, text, sizeof(text));

	target->ready = false;
	set_problem(target, text, r);
	return -EAGAIN;
}

static natsStatus make_context(struct target *target)
{
	natsStatus s = natsConnection_JetStream(&target->js, target->connection, NULL);

	return s == NATS_OK ? answer_listen(target) : s;
}

/* 0, or as nats_client_connect(). */
static int join(struct target *target, bool each, char text[PROBLEM_MAX])
{
	natsStatus s;
	int r = nats_client_connect(&target->client, each, &target->connection, text, PROBLEM_MAX);

	if (r)
		return r;
	s = make_context(target);
	if (s) {
		r = nats_explain(&target->client, s, nats_GetLastError(NULL), target->name, text,
				 PROBLEM_MAX);
		drop(target);
		return r;
	}
	note_link(target, true);
	return 0;
}

/* There is none yet, or the library has given it up: it does so where it is refused twice. */
static int join_again(struct target *target)
{
	char text[PROBLEM_MAX];
	int r;

	if (window_now() < target->retry_at)
		return -EAGAIN;
	r = join(target, false, text);
	if (!r)
		return 0;
	set_problem(target, text, r);
	link_pause(target);
	return -EAGAIN;
}

static bool is_given_up(struct target *target)
{
	bool closed;

	(void)pthread_mutex_lock(&target->window.lock);
	closed = target->closed;
	(void)pthread_mutex_unlock(&target->window.lock);
	return closed;
}

int link_ready(struct target *target)
{
	int r;

	if (is_given_up(target))
		drop(target);
	r = target->connection ? 0 : join_again(target);
	if (r)
		return r;
	if (!take_news(target))
		return tell_loss(target);
	if (window_now() < target->retry_at)
		return -EAGAIN;
	return target->ready ? 0 : check_stream(target);
}

int link_open(struct target *target, char problem[TARGET_PROBLEM])
{
	char text[PROBLEM_MAX];
	int r;

	(void)snprintf(target->name, sizeof(target->name), "%.80s%s", target->url.servers[0],
		       target->url.n > 1 ? " and others" : "");
	/* the same for all connections: messages have it before there is one */
	if (set_handlers(target) || natsInbox_Create(&target->inbox))
		return refuse(problem, TARGET_PROBLEM, -ENOMEM, "%s", strerror(ENOMEM));
	r = join(target, true, text);
	if (r == -EACCES)
		return refuse(problem, TARGET_PROBLEM, r, "%s", text);
	if (r) {
		set_problem(target, text, r);
		link_pause(target);
		return 0;
	}
	r = link_ready(target);
	if (r && r != -EAGAIN)
		return refuse(problem, TARGET_PROBLEM, r, "%s", target->problem);
	return 0;
}
