/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own asynchronous publishing keeps a note of each message that it is to wait for
 * only so long, and drops it when that time is over, however early the answer came: hundreds of
 * thousands of notes, 40 MB in all, when it goes fast. So each message has a subject of its own for
 * its answer, and the window knows which has none yet. */
#include <inttypes.h>
#include <string.h>

#include "consumer/targets/to-nats-internal.h"
#include "proto/base/util.h"

const char *answer_subject(const struct target *target, uint64_t index,
			   char buf[ANSWER_SUBJECT_MAX])
{
	(void)snprintf(buf, ANSWER_SUBJECT_MAX, "%s.%" PRIx64, target->inbox, index);
	return buf;
}

static bool parse_index(const char *subject, uint64_t *ret)
{
	const char *dot = strrchr(subject, '.');
	char *end;

	if (!dot || !dot[1])
		return false;
	*ret = strtoull(dot + 1, &end, 16);
	return !*end;
}

static void read_answer(natsMsg *message, struct nats_ack *ret)
{
	const char *data = natsMsg_GetData(message);
	natsStatus s = natsMsg_IsNoResponders(message) ? NATS_NO_RESPONDERS : NATS_ERR;

	if (s == NATS_NO_RESPONDERS || !data ||
	    !nats_ack_parse(ret, data, (size_t)natsMsg_GetDataLength(message)))
		(void)snprintf(ret->text, sizeof(ret->text), "%s",
			       s == NATS_ERR ? "an answer that is none of a stream"
					     : natsStatus_GetText(s));
}

/* natsMsgHandler, of the library's thread */
static void on_answer(natsConnection *connection, natsSubscription *sub, natsMsg *message,
		      void *closure)
{
	struct target *target = closure;
	struct nats_ack ack = {0};
	uint64_t index;

	if (parse_index(natsMsg_GetSubject(message), &index)) {
		read_answer(message, &ack);
		window_answer(&target->window, index, &ack);
	}
	natsMsg_Destroy(message);
}

/* natsOnCompleteCB: on_answer() is not called any more */
static void on_end(void *closure)
{
	struct target *target = closure;

	(void)pthread_mutex_lock(&target->window.lock);
	target->deaf = true;
	(void)pthread_mutex_unlock(&target->window.lock);
}

natsStatus answer_listen(struct target *target)
{
	char subject[ANSWER_SUBJECT_MAX];
	natsStatus s;

	(void)snprintf(subject, sizeof(subject), "%s.*", target->inbox);
	s = natsConnection_Subscribe(&target->answers, target->connection, subject, on_answer,
				     target);
	if (s == NATS_OK)
		s = natsSubscription_SetOnCompleteCB(target->answers, on_end, target);
	return s;
}
