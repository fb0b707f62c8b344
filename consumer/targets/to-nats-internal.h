/* SPDX-License-Identifier: Apache-2.0 */
/* The target nats://: its connection (to-nats-link.c), what it sends (to-nats-send.c), what comes
 * back (to-nats-answer.c), and the interface (to-nats.c). */
#pragma once

#include <nats/nats.h>

#include "consumer/forward/backoff.h"
#include "consumer/forward/target.h"
#include "consumer/login/nats-client.h"
#include "consumer/login/nats-url.h"
#include "consumer/nats/nats-past.h"
#include "consumer/nats/nats-present.h"
#include "consumer/nats/nats-stream.h"
#include "consumer/nats/nats-subject.h"
#include "consumer/targets/nats-window.h"

#define NATS_HOSTS 65536u
#define NATS_NO_HOST UINT32_MAX

struct nats_host {
	char token[NATS_TOKEN_MAX];
	int64_t checked_at; /* ms: when what is there was known; 0: not yet */
};

struct target {
	struct target_options options;
	struct nats_url url;
	char name[96]; /* of the servers, for people */
	struct nats_stream_wanted wanted;
	struct nats_client client;
	natsConnection *connection; /* NULL: there is none yet, or none any more */
	jsCtx *js;
	natsInbox *inbox; /* where answers go: "_INBOX.x", and behind it the entry's index */
	natsSubscription *answers;
	struct window window;
	struct present present;
	struct past past;
	struct nats_host *hosts;
	size_t n_hosts, hosts_room;
	unsigned latest_host, reading_host;
	struct backoff backoff;
	int64_t retry_at; /* ms: nothing is sent before */
	long long resend; /* ns; 0: not asked for */
	bool ready, met;  /* the stream fits; it did once */
	struct nats_stream_found found;
	int64_t gone_at;         /* ms: when the problem began; 0: there is none */
	bool barred;             /* it is one that waiting alone does not mend */
	bool ended;              /* run() has said an error */
	struct target_sums sums; /* a copy for who asks */
	char problem[TARGET_PROBLEM];
	bool unreadable; /* what is there may not be read back, which was said */
	/* By the library's threads, under the window's lock. closed: the library has given the
	 * connection up; deaf: no answer comes any more. */
	bool connected, came_back, forbidden, closed, deaf;
	int64_t lost_at; /* ms */
	char link_error[160];
	uint64_t denied_head; /* of the window, when it came */
};

/* to-nats-link.c */
int link_open(struct target *target, char problem[TARGET_PROBLEM]);
void link_close(struct target *target);
/* 0: records can be sent. -EAGAIN: not yet, and problem says why; another -errno ends it. */
int link_ready(struct target *target);
/* Something went wrong (in problem); nothing is sent for a while. */
void link_pause(struct target *target);
/* What of it has to be told at once, because waiting alone does not mend it. */
void link_bar(struct target *target);

/* to-nats-answer.c */
#define ANSWER_SUBJECT_MAX 128
/* Where the answer to the entry @index of the window goes. Returns @buf. */
const char *answer_subject(const struct target *target, uint64_t index,
			   char buf[ANSWER_SUBJECT_MAX]);
/* Hears answers, on whatever connection there will be. */
natsStatus answer_listen(struct target *target);

/* to-nats-send.c */
/* Sends what can be. @reads: it may wait for the servers, to learn what is there already. 0;
 * -EAGAIN: something has to come first; another -errno ends it. */
int send_all(struct target *target, bool reads, int timeout_ms);
unsigned send_host(struct target *target, const char *name);
