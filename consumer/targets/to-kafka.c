/* SPDX-License-Identifier: Apache-2.0 */
/* To a topic of Kafka, by librdkafka's idempotent producer: within one producer's life the brokers
 * drop what comes twice, and keep the order. What may have been stored without our knowing, because
 * the producer came to its end, is sent by the next one once more and may be there twice: each
 * message has its record's identity. The key is the host, so that its records stay in one
 * partition, in order. */
#include <inttypes.h>

#include "consumer/targets/targets.h"
#include "consumer/targets/to-kafka-internal.h"

#define CONTENT_TYPE "application/x-protobuf; messageType=\"ringside.v1.Record\""
#define EXTRAS_MAX                                                                                 \
	3072 /* the key and the headers; names of hosts are below 256 bytes, filters below 1,024   \
	      */

/* "name" NUL "value" NUL; what is empty is left out. */
struct extras {
	char text[EXTRAS_MAX];
	size_t size;
};

static void kafka_close(struct target *target)
{
	char text[128];

	if (!target)
		return;
	kafka_end(target);
	if (target->maybe_doubled) {
		(void)snprintf(text, sizeof(text),
			       "kafka: %" PRIu64 " messages were sent again and may be there twice",
			       target->maybe_doubled);
		target->options.say(target->options.data, text);
	}
	for (unsigned i = 0; i < target->n; i++)
		free(kafka_slot(target, i)->data);
	secrets_free(&target->secrets);
	free(target);
}

static int kafka_open(struct target **ret, const struct target_options *options,
		      char problem[TARGET_PROBLEM])
{
	struct target *target = calloc(1, sizeof(*target));
	int r;

	if (!target)
		return -ENOMEM;
	target->options = *options;
	target->backoff.random = kafka_now() | 1;
	r = kafka_url(target, problem);
	if (!r)
		r = kafka_start(target, problem);
	if (r) {
		kafka_close(target);
		return r;
	}
	*ret = target;
	return 0;
}

static void put_text(struct extras *extras, const char *text)
{
	size_t size = min_u64(strlen(text), 1024);

	if (extras->size + size + 1 > sizeof(extras->text))
		return;
	memcpy(extras->text + extras->size, text, size);
	extras->size += size;
	extras->text[extras->size++] = '\0';
}

static void put_header(struct extras *extras, const char *name, const char *value)
{
	if (!*value)
		return;
	put_text(extras, name);
	put_text(extras, value);
}

static void put_number(struct extras *extras, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	put_header(extras, name, text);
}

static void make_extras(struct extras *extras, const struct target_item *item)
{
	char name[TARGET_NAME_MAX];

	extras->size = 0;
	put_text(extras, item->host);
	put_header(extras, "Ringside-Id", target_name(item, name));
	put_header(extras, "Ringside-Kind", item->kind);
	put_header(extras, "Content-Type", CONTENT_TYPE);
	put_number(extras, "Ringside-Schema-Version",
		   item->header ? item->header->format_version : READER_FORMAT_VERSION);
	if (item->filtered) {
		put_number(extras, "Ringside-Previous-Seq", item->previous_seq);
		put_number(extras, "Ringside-Left-Out", item->left_out);
		put_header(extras, "Ringside-Filter", item->filter ? item->filter : "");
	}
	put_header(extras, "Ringside-Redacted", item->redacted ? item->redacted : "");
}

static int keep(struct target *target, const struct target_item *item, const struct extras *extras)
{
	struct kafka_slot slot = {
		.target = target,
		.seq = item->seq,
		.time_unix_nano = item->time_unix_nano,
		.state = KAFKA_WAITS,
		.frame = item->size,
		.size = item->size + extras->size,
	};

	slot.data = malloc(slot.size);
	if (!slot.data)
		return -ENOMEM;
	memcpy(slot.stream_id, item->stream_id, TARGET_ID);
	if (item->size)
		memcpy(slot.data, item->frame, item->size);
	memcpy(slot.data + item->size, extras->text, extras->size);
	target->n++;
	*kafka_slot(target, target->n - 1) = slot;
	target->bytes += slot.size;
	target->sums.taken++;
	return 0;
}

static int kafka_put(struct target *target, const struct target_item *item)
{
	struct extras extras;

	/* librdkafka has headers and what it sends besides: a half is for that */
	if (target->n && (target->n == KAFKA_SLOTS ||
			  target->bytes + item->size + EXTRAS_MAX > target->options.memory / 2))
		return -EAGAIN;
	make_extras(&extras, item);
	return keep(target, item, &extras);
}

/* A producer that has come to its end by an error of the cluster is followed by another one. */
static int renew(struct target *target)
{
	char problem[TARGET_PROBLEM];
	int r;

	if (target->fatal) {
		kafka_end(target);
		target->fatal = false;
		target->again = kafka_now() + backoff_next(&target->backoff);
	}
	if (target->producer || kafka_now() < target->again)
		return 0;
	r = kafka_start(target, problem);
	if (r)
		(void)snprintf(target->sums.problem, sizeof(target->sums.problem), "%s", problem);
	return r;
}

static int time_left(uint64_t end)
{
	const uint64_t at = kafka_now();

	return at >= end ? 0 : (int)((end - at) / 1000000 + 1);
}

/* Waits for reports, or until what waits may be sent again. */
static void wait_for_it(struct target *target, uint64_t end)
{
	const bool waits = target->n && target->next < target->n;

	if (waits && kafka_now() < target->again)
		end = min_u64(end, target->again);
	if (target->producer)
		(void)rd_kafka_poll(target->producer, time_left(end));
	else
		(void)usleep((useconds_t)(1000 * time_left(end)));
}

static int kafka_run(struct target *target, int timeout_ms, bool flush)
{
	const uint64_t end = kafka_now() + (uint64_t)timeout_ms * 1000000;
	const uint64_t settled = target->sums.settled;
	int r;

	(void)flush; /* linger.ms is short */
	for (;;) {
		r = renew(target);
		if (!r && target->producer)
			r = kafka_produce(target);
		if (r)
			return r;
		if (target->producer)
			(void)rd_kafka_poll(target->producer, 0);
		kafka_settle(target);
		if (target->sums.settled != settled || kafka_now() >= end)
			return 0;
		wait_for_it(target, end);
	}
}

static const struct target_sums *kafka_sums(struct target *target)
{
	return &target->sums;
}

const struct target_ops target_kafka = {
	.scheme = "kafka",
	.usage = "kafka://BROKER[:PORT][,...]/TOPIC",
	.help = "a topic of Kafka",
	.open = kafka_open,
	.put = kafka_put,
	.run = kafka_run,
	.sums = kafka_sums,
	.close = kafka_close,
};
