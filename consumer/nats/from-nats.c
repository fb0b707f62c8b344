/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/from-nats-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "consumer/login/nats-connect.h"
#include "consumer/login/nats-denials.h"
#include "consumer/login/nats-subscription.h"
#include "consumer/nats/nats-hosts.h"
#include "consumer/nats/nats-last.h"
#include "consumer/nats/nats-subject.h"
#include "proto/base/clock.h"
#include "proto/base/hex.h"
#include "proto/base/util.h"

#define LOOK_MS 2000 /* following: for messages, before the connection is looked at */
#define LATE_MS 300  /* following: what is missing is not waited for longer */
/* Events may leave out what those before them in a run say: runs are shorter than this. */
#define BEFORE_NANO UINT64_C(300000000000)

static uint64_t begin_time(const struct session *session)
{
	uint64_t since = session->options->token ? session->options->from : session->options->since;

	return since > BEFORE_NANO ? since - BEFORE_NANO : since;
}

/* from_nats_take_fn */
static int take_wanted(struct session *session, natsMsg *message, void *data)
{
	int r = from_nats_take(session, message);

	return r ? r : session->options->token && reorder_ended(session->reorder);
}

/* All that there are. */
static int read_messages(struct session *session, const char *subject, struct from_nats_start start,
			 uint64_t last)
{
	int r = from_nats_each(session, subject, start, last, take_wanted, NULL);

	return r ? r : reorder_flush(session->reorder);
}

/* All that is there of one host. */
static int read_host(struct session *session, const char *token)
{
	char subject[NATS_SUBJECT_MAX];
	uint64_t last = 0;
	int64_t stored = 0;
	natsStatus s;
	int r = from_nats_begin(session, false);

	if (r)
		return r;
	session->token = token;
	(void)nats_subject(token, ">", subject);
	s = from_nats_last(session, subject, &last, &stored);
	if (s)
		return from_nats_fail(session, s, "cannot read it");
	if (!last || (uint64_t)stored < begin_time(session))
		return 0;
	return read_messages(session, subject,
			     (struct from_nats_start){.since = begin_time(session), .all = true},
			     last);
}

static int read_hosts(struct session *session)
{
	struct nats_hosts hosts = {0};
	char why[256];
	natsStatus s = NATS_OK;
	int r;

	do {
		nats_hosts_done(&hosts);
		r = nats_hosts_find(&hosts, session->js, session->url.stream,
				    session->options->hosts, session->options->n_hosts, why,
				    sizeof(why));
		if (r)
			(void)nats_GetLastError(&s);
	} while (r == -EIO && from_nats_again(session, s));
	if (r)
		(void)from_nats_tell(session, r, s, why);
	for (size_t i = 0; !r && i < hosts.n; i++)
		r = read_host(session, hosts.tokens[i]);
	nats_hosts_done(&hosts);
	return r;
}

/* Nothing came for a while: what came is shown, and what it waits for no longer waited for. */
static int settle(struct session *session, bool late)
{
	int r = late ? reorder_flush(session->reorder) : 0;

	return r ? r : from_nats_flush(session);
}

/* Between messages. The library tries to come back for as long as it takes: who waits for what
 * happens has to know that nothing can be seen. A moment is not worth a line. */
static void watch_link(struct session *session)
{
	const char *why = NULL;
	char problem[512], text[600];
	bool lost = natsConnection_Status(session->connection) != NATS_CONN_STATUS_CONNECTED;
	natsStatus s;

	if (lost && session->lost && !session->said) {
		s = natsConnection_GetLastError(session->connection, &why);
		(void)nats_explain(&session->client, s, why, session->options->url, problem,
				   sizeof(problem));
		(void)snprintf(text, sizeof(text), "%s; trying again", problem);
		session->options->say(NULL, text);
		session->said = true;
	} else if (!lost && session->said) {
		session->options->say(NULL, "it answers again");
		session->said = false;
	}
	session->lost = lost;
}

/* from_nats_take_fn */
static int take_header(struct session *session, natsMsg *message, void *data)
{
	struct reorder_message record;
	uint8_t stream[IDS_STREAM];

	return from_nats_read(message, &record, stream) ? reorder_header(session->reorder, &record)
							: 0;
}

/* The latest Header of each host: of most records it is the right one. To look for each of a
 * thousand would take ten seconds. */
static int read_headers(struct session *session)
{
	char subject[NATS_SUBJECT_MAX];
	uint64_t last = 0;
	int64_t stored;
	natsStatus s;

	(void)nats_subject("*", "header", subject);
	s = from_nats_last(session, subject, &last, &stored);
	if (s)
		return from_nats_fail(session, s, "cannot read its Headers");
	return from_nats_each(session, subject, (struct from_nats_start){.latest = true}, last,
			      take_header, NULL);
}

/* Some that are there, as they came. */
static int read_part(struct session *session)
{
	const struct from_nats_options *options = session->options;
	char subject[NATS_SUBJECT_MAX];
	int r = from_nats_begin(session, true);

	if (!r && options->n_hosts != 1)
		r = read_headers(session);
	if (r)
		return r;
	return read_messages(session, from_nats_subject(session, subject),
			     (struct from_nats_start){.since = begin_time(session),
						      .first = options->first},
			     options->last);
}

static int follow(struct session *session)
{
	char subject[NATS_SUBJECT_MAX];
	natsSubscription *sub = NULL;
	natsStatus s;
	int r = from_nats_begin(session, true);

	(void)from_nats_subject(session, subject);
	do
		s = r ? NATS_OK
		      : from_nats_subscribe(session, subject,
					    (struct from_nats_start){.since = begin_time(session)},
					    &sub);
	while (s && from_nats_again(session, s));
	session->following = true;
	while (!s && !r) {
		natsMsg *message = NULL;
		bool waits = reorder_waits(session->reorder);

		s = natsSubscription_NextMsg(&message, sub,
					     session->used ? 1
					     : waits       ? LATE_MS
							   : LOOK_MS);
		watch_link(session);
		if (s == NATS_TIMEOUT) {
			s = NATS_OK;
			r = settle(session, !session->used && waits);
		} else if (!s) {
			r = from_nats_take(session, message);
		}
		natsMsg_Destroy(message);
	}
	nats_subscription_end(session->connection, sub);
	return s ? from_nats_fail(session, s, "cannot follow") : r;
}

static int read_wanted(struct session *session)
{
	if (session->options->latest)
		return from_nats_latest(session);
	if (session->options->list)
		return from_nats_list(session);
	if (session->options->numbers)
		return from_nats_numbers(session);
	if (session->options->last)
		return read_part(session);
	if (session->options->token)
		return read_host(session, session->options->token);
	return session->options->follow ? follow(session) : read_hosts(session);
}

static int connect_to(struct session *session)
{
	natsStatus s = nats_denials_hear(&session->denials, session->client.options);

	return s ? from_nats_fail(session, s, "cannot connect") : from_nats_connect(session);
}

/* Why what was asked has no answer, or the connection has gone for good. */
static void explain(struct session *session)
{
	const char *why = NULL;
	char denial[NATS_DENIAL];
	natsStatus s;

	if (*nats_denials_explain(&session->denials, &session->client, denial)) {
		(void)refuse(session->problem, session->problem_size, -EACCES, "%s: %s",
			     session->options->url, denial);
	} else if (session->connection && natsConnection_IsClosed(session->connection)) {
		s = natsConnection_GetLastError(session->connection, &why);
		(void)nats_explain(&session->client, s, why, session->options->url,
				   session->problem, session->problem_size);
	}
}

static void close_session(struct session *session)
{
	session->reorder = reorder_free(session->reorder);
	nats_denials_end(&session->denials, session->connection);
	jsCtx_Destroy(session->js);
	natsConnection_Destroy(session->connection);
	nats_client_done(&session->client);
	free(session);
}

int from_nats(const struct from_nats_options *options, char *problem, size_t size)
{
	struct session *session = calloc(1, sizeof(*session));
	int r;

	if (!session)
		return refuse(problem, size, -ENOMEM, "%s", strerror(ENOMEM));
	session->options = options;
	session->problem = problem;
	session->problem_size = size;
	session->client.say = options->say;
	r = nats_url_parse(&session->url, options->url, problem, size);
	if (!r)
		r = nats_client_init(&session->client, &session->url, NULL, problem, size);
	if (!r)
		r = connect_to(session);
	if (!r)
		r = read_wanted(session);
	if (r == -EIO)
		explain(session);
	if (r && secrets_hide_in(&session->client.secrets, problem))
		*problem = '\0';
	/* what came before it failed is read, too */
	if (session->used && r != -EPIPE) {
		int written = from_nats_flush(session);

		r = r ? r : written;
	}
	close_session(session);
	return r;
}

int from_nats_choose(struct from_nats_options *options, char *query)
{
	uint64_t none;
	char token[NATS_TOKEN_MAX], id[HEX_SIZE(IDS_STREAM) + 2];

	if (sscanf(query, "host=%95[A-Za-z0-9_-]&stream=%32[0-9a-f]&from=%" SCNu64, token, id,
		   &options->from) != 3)
		return -EINVAL;
	(void)strcat(id, ":0");
	if (!ids_parse(id, options->stream, &none, &none))
		return -EINVAL;
	query[strlen("host=") + strlen(token)] = '\0';
	options->token = query + strlen("host=");
	return 0;
}
