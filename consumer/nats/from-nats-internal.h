/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of ringside-from-nats: records (from-nats.c), what is told in lines
 * (from-nats-lines.c), and what both need (from-nats-session.c). */
#pragma once

#include <nats/nats.h>

#include "consumer/login/nats-connect.h"
#include "consumer/login/nats-denials.h"
#include "consumer/login/nats-url.h"
#include "consumer/nats/from-nats.h"
#include "consumer/nats/nats-subject.h"
#include "consumer/order/reorder.h"

#define OUT_SIZE (256u * 1024)

struct session {
	const struct from_nats_options *options;
	struct nats_url url;
	struct nats_client client;
	struct nats_denials denials;
	natsConnection *connection;
	jsCtx *js;
	struct reorder *reorder;
	const char *token; /* whose messages come; NULL: all */
	bool lost, said;   /* following: the connection, at the last look; and that was said */
	char latest[NATS_TOKEN_MAX]; /* whose the latest one is */
	char *problem;
	size_t problem_size;
	size_t used;
	uint8_t buf[OUT_SIZE];
};

/* from-nats-session.c */
int from_nats_flush(struct session *session);
int from_nats_put(struct session *session, const void *data, size_t size);
/* -EIO, and the sentence. */
int from_nats_fail(struct session *session, natsStatus s, const char *what);
/* What a message is of; its bytes are the message's. False: it is none of ours. */
bool from_nats_read(natsMsg *message, struct reorder_message *ret, uint8_t stream[IDS_STREAM]);
/* Of one host, or of all, whose messages are told apart by who asked for some. Returns @subject. */
const char *from_nats_subject(const struct session *session, char subject[NATS_SUBJECT_MAX]);

/* from-nats-lines.c: what the options of these names say. 0 or -errno and a sentence. */
int from_nats_list(struct session *session);
int from_nats_numbers(struct session *session);
int from_nats_latest(struct session *session);
