/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the target kafka. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/forward/backoff.h"
#include "consumer/forward/secrets.h"
#include "consumer/forward/target.h"
#include "proto/base/clock.h"

#define KAFKA_SLOTS 4096u
#define KAFKA_TOPIC_MAX 249 /* bytes */
#define KAFKA_BROKERS_MAX 1024
#define KAFKA_SECOND UINT64_C(1000000000)

enum kafka_state { KAFKA_WAITS, KAFKA_SENT, KAFKA_DONE };

/* A record that is not settled. Its message lies here until librdkafka has told what became of it.
 */
struct kafka_slot {
	struct target *target;
	uint8_t stream_id[TARGET_ID];
	uint64_t seq, time_unix_nano;
	enum kafka_state state;
	bool sent;          /* once, at least */
	uint8_t *data;      /* the frame; behind it the key and the headers, each with its NUL */
	size_t frame, size; /* of the frame; of all */
};

struct target {
	struct target_options options;
	struct target_sums sums;
	char brokers[KAFKA_BROKERS_MAX], topic[KAFKA_TOPIC_MAX + 1];
	rd_kafka_t *producer;                 /* NULL: it has to be made anew */
	bool fatal;                           /* it can send nothing more */
	bool ending;                          /* what it says is no longer to be told */
	struct kafka_slot slots[KAFKA_SLOTS]; /* a ring: n from first on */
	unsigned first, n;
	unsigned next;          /* of n: none before it waits */
	size_t bytes;           /* of all messages */
	uint64_t maybe_doubled; /* were sent again and may have been stored before */
	uint64_t again;         /* CLOCK_MONOTONIC: not to be sent again before */
	uint64_t said;          /* likewise: when librdkafka's log was said last */
	struct backoff backoff;
	struct secrets secrets; /* what came from files: a broker may repeat it */
};

static inline struct kafka_slot *kafka_slot(struct target *target, unsigned i)
{
	return &target->slots[(target->first + i) % KAFKA_SLOTS];
}

static inline uint64_t kafka_now(void)
{
	return clock_nano(CLOCK_MONOTONIC);
}

/* "//b1:9092,b2/TOPIC". 0 or -EINVAL with the sentence. */
int kafka_url(struct target *target, char problem[TARGET_PROBLEM]);

/* What the producer is made of: ours, and what --set says. 0 or -errno with the sentence; the
 * caller destroys *ret. */
int kafka_conf(rd_kafka_conf_t **ret, struct target *target, char problem[TARGET_PROBLEM]);

/* 0 or -errno with the sentence. */
int kafka_start(struct target *target, char problem[TARGET_PROBLEM]);

/* Ends the producer, if there is one. What it has not sent waits again. */
void kafka_end(struct target *target);

/* Gives librdkafka what waits, as far as it takes it. 0 or -errno. */
int kafka_produce(struct target *target);

/* There is nothing left to do for it. */
void kafka_finish(struct target *target, struct kafka_slot *slot);

/* Counts the first ones that are done as settled. */
void kafka_settle(struct target *target);
