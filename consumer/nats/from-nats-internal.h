/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of ringside-from-nats: records (from-nats.c), what is told in lines
 * (from-nats-lines.c), and what both need (from-nats-session.c), with the connection
 * (from-nats-link.c). */
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
	const char *token;    /* whose messages come; NULL: all */
	unsigned tries;       /* since something came last */
	int64_t silent_since; /* ms; what tries began with */
	bool heard;           /* something came */
	bool following;       /* the library comes back by itself */
	bool written;         /* something, to out */
	int failure;          /* of what was looked for beside; 0 */
	bool lost, said;      /* following: the connection, at the last look; and that was said */
	char latest[NATS_TOKEN_MAX]; /* whose the latest one is */
	char *problem;
	size_t problem_size;
	size_t used;
	uint8_t buf[OUT_SIZE];
};

/* from-nats-session.c */
int from_nats_flush(struct session *session);
int from_nats_put(struct session *session, const void *data, size_t size);
/* What a message is of; its bytes are the message's. False: it is none of ours. */
bool from_nats_read(natsMsg *message, struct reorder_message *ret, uint8_t stream[IDS_STREAM]);
/* Of one host, or of all, whose messages are told apart by who asked for some. Returns @subject. */
const char *from_nats_subject(const struct session *session, char subject[NATS_SUBJECT_MAX]);

/* from-nats-lines.c: what the options of these names say. 0 or -errno and a sentence. */
int from_nats_list(struct session *session);
int from_nats_numbers(struct session *session);
int from_nats_latest(struct session *session);

/* from-nats-link.c */
/* Connects, or does it anew. 0 or -errno and the sentence. */
int from_nats_connect(struct session *session);
/* What was asked has failed with @s: whether it is worth to be asked again, after some time, on a
 * connection that is new. What belongs to the one before is gone: subscriptions, and session->js.
 * It says once that it tries again. */
bool from_nats_again(struct session *session, natsStatus s);
/* Something came. */
void from_nats_heard(struct session *session);
/* nats_last(), tried again. */
natsStatus from_nats_last(struct session *session, const char *subject, uint64_t *ret,
			  int64_t *ret_time);
/* @r, and the sentence: @why, unless it is -EIO, which @s explains. */
int from_nats_tell(struct session *session, int r, natsStatus s, const char *why);
/* -EIO, and the sentence. */
int from_nats_fail(struct session *session, natsStatus s, const char *what);

/* from-nats-messages.c */
/* Where to begin. */
struct from_nats_start {
	uint64_t since, first; /* 0: does not matter */
	bool all;              /* else: with what comes from now on */
	bool latest;           /* of each subject the latest alone */
};

/* 0; 1: it is enough; -errno. */
typedef int from_nats_take_fn(struct session *session, natsMsg *message, void *data);

natsStatus from_nats_subscribe(struct session *session, const char *subject,
			       struct from_nats_start start, natsSubscription **ret);
/* Into session->reorder, which from_nats_begin() makes. 0 or -errno. */
int from_nats_begin(struct session *session, bool live);
int from_nats_take(struct session *session, natsMsg *message);
/* Gives @take what there is from @start on, up to the message @last, or the first one behind it.
 * Where that stops coming it goes on behind the last one that came. 0 or -errno. */
int from_nats_each(struct session *session, const char *subject, struct from_nats_start start,
		   uint64_t last, from_nats_take_fn *take, void *data);
