/* SPDX-License-Identifier: Apache-2.0 */
/* The producer, and what it says of each message. */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/targets/to-kafka-internal.h"

#define SAY_INTERVAL (60 * KAFKA_SECOND)
#define END_MS 5000
#define TEXT_MAX 384

/* What librdkafka says, which may hold what a broker said, or has sent in place of one. */
static const char *safe_text(const struct target *target, const char *text, char buf[TEXT_MAX])
{
	struct line line = line_make(buf, TEXT_MAX);
	char hidden[TEXT_MAX / 2];

	secrets_hide(&target->secrets, text, strlen(text), hidden, sizeof(hidden));
	line_safe(&line, hidden, sizeof(hidden));
	(void)line_end(&line);
	return buf;
}

static void set_problem(struct target *target, const char *what)
{
	char safe[TEXT_MAX];

	(void)snprintf(target->sums.problem, sizeof(target->sums.problem),
		       "kafka://%.100s/%.80s: %.280s; trying again", target->brokers, target->topic,
		       safe_text(target, what, safe));
}

void kafka_finish(struct target *target, struct kafka_slot *slot)
{
	slot->state = KAFKA_DONE;
	target->bytes -= slot->size;
	free(slot->data);
	slot->data = NULL;
	slot->size = 0;
}

void kafka_settle(struct target *target)
{
	while (target->n && kafka_slot(target, 0)->state == KAFKA_DONE) {
		target->first = (target->first + 1) % KAFKA_SLOTS;
		target->n--;
		target->next -= target->next > 0;
		target->sums.settled++;
	}
}

/* The brokers do not want this one, whoever sends it and when. */
static bool is_refused(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
		return true;
	default:
		return false;
	}
}

static int refuse_slot(struct target *target, struct kafka_slot *slot, rd_kafka_resp_err_t error)
{
	int r = target_refuse(&target->options, slot->stream_id, slot->seq,
			      rd_kafka_err2name(error), rd_kafka_err2str(error), slot->data,
			      slot->frame);

	if (r)
		return r;
	target->sums.refused++;
	kafka_finish(target, slot);
	return 0;
}

/* It goes again. If it may be there already, it may be there twice then. */
static void wait_again(struct target *target, struct kafka_slot *slot, bool may_be_there)
{
	slot->state = KAFKA_WAITS;
	target->next = 0;
	if (!may_be_there)
		return;
	if (!target->maybe_doubled++ && !target->ending)
		target->options.say(
			target->options.data,
			"kafka: a message may have been stored although the brokers did "
			"not say so; it is sent again and may be there twice: tell them "
			"apart by Ringside-Id");
}

static void take_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *data)
{
	struct kafka_slot *slot = message->_private;
	struct target *target = data;
	const rd_kafka_msg_status_t status = rd_kafka_message_status(message);

	(void)producer;
	if (!message->err || status == RD_KAFKA_MSG_STATUS_PERSISTED) {
		target->sums.acknowledged++;
		*target->sums.problem = '\0';
		backoff_reset(&target->backoff);
		kafka_finish(target, slot);
		return;
	}
	if (is_refused(message->err) && !refuse_slot(target, slot, message->err))
		return;
	wait_again(target, slot, status == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED);
	if (target->ending)
		return;
	set_problem(target, rd_kafka_err2str(message->err));
	if (kafka_now() >= target->again)
		target->again = kafka_now() + backoff_next(&target->backoff);
}

static void take_error(rd_kafka_t *producer, int error, const char *reason, void *data)
{
	struct target *target = data;

	(void)producer;
	if (target->ending)
		return;
	target->fatal |= error == RD_KAFKA_RESP_ERR__FATAL;
	if (target->n)
		set_problem(target, reason);
}

/* In the thread that polls: log.queue. */
static void take_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
	struct target *target = rd_kafka_opaque(producer);
	char line[512], safe[TEXT_MAX];

	if (!target || target->ending ||
	    (target->said && kafka_now() - target->said < SAY_INTERVAL))
		return;
	target->said = kafka_now();
	(void)snprintf(line, sizeof(line), "kafka: librdkafka says (at most once a minute): %s: %s",
		       facility, safe_text(target, text, safe));
	target->options.say(target->options.data, line);
}

int kafka_start(struct target *target, char problem[TARGET_PROBLEM])
{
	rd_kafka_conf_t *conf;
	char why[256], safe[TEXT_MAX];
	int r = kafka_conf(&conf, target, problem);

	if (r)
		return r;
	rd_kafka_conf_set_opaque(conf, target);
	rd_kafka_conf_set_dr_msg_cb(conf, take_report);
	rd_kafka_conf_set_error_cb(conf, take_error);
	rd_kafka_conf_set_log_cb(conf, take_log);
	target->fatal = target->ending = false;
	target->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!target->producer) {
		rd_kafka_conf_destroy(conf);
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "kafka: %s",
			      safe_text(target, why, safe));
	}
	(void)rd_kafka_set_log_queue(target->producer, NULL);
	return 0;
}

void kafka_end(struct target *target)
{
	if (!target->producer)
		return;
	target->ending = true;
	(void)rd_kafka_purge(target->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	(void)rd_kafka_flush(target->producer, END_MS);
	rd_kafka_destroy_flags(target->producer, 0);
	target->producer = NULL;
	/* of which nothing was said: it is not librdkafka's any more */
	for (unsigned i = 0; i < target->n; i++)
		if (kafka_slot(target, i)->state == KAFKA_SENT)
			wait_again(target, kafka_slot(target, i), true);
	target->ending = false;
}

/* Name and value, one behind the other, to the end. */
static rd_kafka_headers_t *make_headers(const struct kafka_slot *slot, const char *text)
{
	const char *end = (const char *)slot->data + slot->size;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(8);

	while (text < end) {
		const char *value = text + strlen(text) + 1;

		(void)rd_kafka_header_add(headers, text, -1, value, -1);
		text = value + strlen(value) + 1;
	}
	return headers;
}

static rd_kafka_resp_err_t produce(struct target *target, struct kafka_slot *slot)
{
	const char *key = (const char *)slot->data + slot->frame;
	rd_kafka_headers_t *headers = make_headers(slot, key + strlen(key) + 1);
	/* not copied: it is here until it is reported */
	rd_kafka_resp_err_t error =
		rd_kafka_producev(target->producer, RD_KAFKA_V_TOPIC(target->topic),
				  RD_KAFKA_V_VALUE(slot->data, slot->frame),
				  RD_KAFKA_V_KEY(key, strlen(key)),
				  RD_KAFKA_V_TIMESTAMP((int64_t)(slot->time_unix_nano / 1000000)),
				  RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(slot),
				  RD_KAFKA_V_END);

	if (error)
		rd_kafka_headers_destroy(headers);
	return error;
}

static int send_slot(struct target *target, struct kafka_slot *slot)
{
	rd_kafka_resp_err_t error;

	slot->state = KAFKA_SENT; /* it may be reported at once */
	error = produce(target, slot);
	if (!error) {
		target->sums.retried += slot->sent;
		slot->sent = true;
		target->sums.sent++;
		target->sums.bytes += slot->frame;
		return 0;
	}
	slot->state = KAFKA_WAITS;
	if (is_refused(error))
		return refuse_slot(target, slot, error);
	target->fatal |= error == RD_KAFKA_RESP_ERR__FATAL;
	if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
		set_problem(target, rd_kafka_err2str(error));
	return -EAGAIN;
}

int kafka_produce(struct target *target)
{
	int r = 0;

	if (kafka_now() < target->again)
		return 0;
	for (; !r && target->next < target->n; target->next += !r)
		if (kafka_slot(target, target->next)->state == KAFKA_WAITS)
			r = send_slot(target, kafka_slot(target, target->next));
	return r == -EAGAIN ? 0 : r;
}
