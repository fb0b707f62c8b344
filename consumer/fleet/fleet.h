/* SPDX-License-Identifier: Apache-2.0 */
/* How the hosts of a fleet are, by the latest record of each kind that each has sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "consumer/base/out-buffer.h"
#include "consumer/read/lost-reasons.h"

#define FLEET_ID 16
#define FLEET_TOKEN 96
#define FLEET_NAME 256
#define FLEET_WORD 64
#define FLEET_WHY 512

/* The worst first. */
enum fleet_state {
	FLEET_SILENT,   /* nothing came for more than three of its intervals */
	FLEET_UNKNOWN,  /* what there is of it does not say how it is */
	FLEET_BLIND,    /* a probe is not attached, or the kernel refused runs of one */
	FLEET_LOSING,   /* its stream has losses */
	FLEET_LAGGING,  /* what comes was recorded more than three intervals before */
	FLEET_OLD,      /* others have a newer version */
	FLEET_STARTING, /* its stream has no Counters yet */
	FLEET_STOPPED,  /* it ended its stream, in order */
	FLEET_WELL,
	FLEET_STATES
};

extern const char *const fleet_words[FLEET_STATES];

/* A record that came. */
struct fleet_record {
	uint8_t stream[FLEET_ID];
	uint64_t seq;              /* 0: there is none */
	uint64_t stored, recorded; /* real time, ns: by the servers' clock, by the host's own */
};

struct fleet_host {
	char token[FLEET_TOKEN];
	char name[FLEET_NAME]; /* as its Header has it; "": there is none */
	char version[FLEET_WORD];
	uint64_t interval_nano;
	char detached[FLEET_NAME]; /* kinds of probes that could not be attached: "a, b" */
	struct fleet_record newest, header, counters, footer, loss, event;
	/* Of the latest set of Counters, or of the Footer. */
	struct fleet_record sums;
	uint64_t dropped, missed_runs;
	bool missed_known;
	uint64_t loss_count; /* of the latest Lost that the sums do not have */
	bool loss_uncounted;
	char footer_reason[FLEET_WORD];
	char event_kind[KIND_NAME];
	enum fleet_state state;
};

struct fleet {
	size_t n, room;
	struct fleet_host **hosts; /* once it is judged: the worst first */
	uint64_t now;              /* by the servers' clock */
	char newest_version[FLEET_WORD];
	size_t count[FLEET_STATES];
};

/* What `ringside-from-nats --latest` writes, up to its end. 0; -EBADMSG: it is not whole; -errno.
 */
int fleet_read(struct fleet *fleet, FILE *in);
void fleet_done(struct fleet *fleet);

/* Finds out the state of each, and puts them in order. */
void fleet_judge(struct fleet *fleet);

/* What there is to say of @host besides its state and its latest event; "" is nothing. Returns
 * @buf. */
const char *fleet_why(const struct fleet *fleet, const struct fleet_host *host,
		      char buf[FLEET_WHY]);

/* What is known of it: of the stream that wrote last. */
bool fleet_has_ended(const struct fleet_host *host);
uint64_t fleet_silence(const struct fleet *fleet, const struct fleet_host *host); /* ns */
int64_t fleet_lag(const struct fleet_host *host);   /* ns; below 0: its clock is ahead */
bool fleet_has_lost(const struct fleet_host *host); /* an unknown number, too */
uint64_t fleet_lost(const struct fleet_host *host);
bool fleet_knows_sums(const struct fleet_host *host);
bool fleet_knows_header(const struct fleet_host *host);

/* A row for each, below the count of each state; an object a line for each; Prometheus' text. */
void fleet_put_text(struct writer *writer, const struct fleet *fleet, bool color);
void fleet_put_json(struct writer *writer, const struct fleet *fleet);
void fleet_put_metrics(struct writer *writer, const struct fleet *fleet);
