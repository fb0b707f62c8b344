/* SPDX-License-Identifier: Apache-2.0 */
/* Where records go: each kind of place is one file in consumer/targets and one row in targets.c.
 *
 * Whoever forwards gives the records in the order in which they were recorded, and asks what became
 * of them; a target collects, sends, hears the answers, waits and tries again. It may send a
 * record twice, with the same identity (stream_id:seq), and never forgets one that it took: what
 * the other side does not want goes to refuse(). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/read/reader.h"

#define TARGET_PROBLEM 512
#define TARGET_ID 16 /* bytes of a stream's id */

/* "00112233445566778899aabbccddeeff:123" and its NUL; of a Lost that stands for several records,
 * ":123-456". */
#define TARGET_NAME_MAX 80

/* A record on its way. All that it points at is valid during the call only. */
struct target_item {
	const uint8_t *stream_id; /* TARGET_ID bytes; all 0 where the stream has none */
	uint64_t seq, last_seq;  /* last_seq: seq, but for a Lost that stands for all from seq on */
	const char *kind;        /* the name in Record.body: "header", "lost", ...; "" */
	const char *host;        /* Header.host_name, "" */
	uint64_t time_unix_nano; /* 0: not known */
	/* The Record's bytes, without a length before them: as they were recorded, so that a reader
	 * who gets all of them can check the stream's checksums. Where others before it were left
	 * out (filtered) or parts were taken away (redacted), with all that it left to those. */
	const uint8_t *frame;
	size_t size;
	/* Unpacked, and completed with what it leaves to those before it; NULL unless the target
	 * wants_unpacked, or for a newer version's kind. */
	const Ringside__V1__Record *record;
	const Ringside__V1__Header *header; /* in force; NULL before the first */
	struct reader *reader;              /* that it was read by; for what remembers (text) */
	bool event;                         /* it tells of what happened to a process */
	/* With a filter: the seq of the stream's record that was sent before this one (0: none),
	 * and how many were left out since its beginning. */
	bool filtered;
	uint64_t previous_seq, left_out;
	const char *filter;   /* its options, as Header.excerpt has them; "": not said */
	const char *redacted; /* "args,exe"; "" */
};

/* What became of what was put, since open. Numbers of records; put() counts them from 0. */
struct target_sums {
	uint64_t taken; /* by put */
	/* All before this one are settled: acknowledged, left out (not for this target) or refused
	 * for good: they need never be given again. */
	uint64_t settled;
	uint64_t sent;         /* handed to the network, each try */
	uint64_t acknowledged; /* the other side has them */
	uint64_t retried;      /* tried again */
	uint64_t refused;      /* given to refuse() */
	uint64_t doubled;      /* the other side said that it had them already */
	uint64_t bytes;        /* of bodies or messages that were sent */
	/* run() said -ESTALE: all behind this record is to be given again; 0: all there is. */
	uint8_t back_id[TARGET_ID];
	uint64_t back_seq;
	/* What is wrong just now, a sentence for people that names the place and says what will
	 * happen ("nats://a:4222: no answer since 12 s; trying again"); "": nothing. */
	char problem[TARGET_PROBLEM];
	bool barred; /* it is one that waiting alone does not mend: somebody has to do something */
};

struct target_options {
	const char *url;        /* as given: "otlp+http://host:4318" */
	const char *rest;       /* behind "scheme:", "//host:4318" */
	size_t memory;          /* bytes that unsettled records may take, at most */
	const char *const *set; /* --set NAME=VALUE, of the target's own; NULL behind the last */
	/* A record that the other side does not want, for good. @status: "400", "too large".
	 * 0: it is settled once keep() says so; -EAGAIN: it cannot be kept just now (which was
	 * said), must not be settled, and is to be tried again. */
	int (*refuse)(void *data, const uint8_t *stream_id, uint64_t seq, const char *status,
		      const char *why, const uint8_t *frame, size_t size);
	/* 0: all that was refused is on the disk; -EAGAIN: what was refused since it said so last
	 * is not kept, and is to be refused again, later. */
	int (*keep)(void *data);
	void (*say)(void *data, const char *text); /* one line for people, without the newline */
	void *data;                                /* of these */
	const atomic_bool *stop;                   /* it is to end, soon */
};

struct target;

struct target_ops {
	const char *scheme; /* "otlp+http", what stands before the first ':' */
	const char *usage;  /* for --help: "otlp+http://HOST:PORT" */
	const char *help; /* one line: "OTLP logs over HTTP, to an OpenTelemetry Collector, ..." */
	bool wants_unpacked;
	/* Checks the options, and what can be known at once (is there a journald; do the limits of
	 * the stream fit). A server that does not answer is no error: it is tried again by run().
	 * 0, or -errno and in @problem a sentence that says what to do. */
	int (*open)(struct target **ret, const struct target_options *options,
		    char problem[TARGET_PROBLEM]);
	/* Takes the record (a copy of what it needs). 0; -EAGAIN: it has as much as it may hold,
	 * run() comes first; another -errno ends it. */
	int (*put)(struct target *target, const struct target_item *item);
	/* Sends, and hears answers. Waits at most @timeout_ms for something to do (0: not at all)
	 * and returns as soon as something was settled. @flush: nothing more comes for now, what
	 * is there need not wait for company. 0, or -errno that ends it (what cannot be mended by
	 * waiting), with the sentence in the sums' problem. -ESTALE: the other side has lost what
	 * it had acknowledged: close it, open it again, and give it all behind the sums' back_id
	 * and back_seq once more. What is there still it leaves out. */
	int (*run)(struct target *target, int timeout_ms, bool flush);
	const struct target_sums *(*sums)(struct target *target); /* valid until the next call */
	void (*close)(struct target *target);                     /* NULL is fine */
};

/* refuse() and keep() of this record alone. */
int target_refuse(const struct target_options *options, const uint8_t *stream_id, uint64_t seq,
		  const char *status, const char *why, const uint8_t *frame, size_t size);

/* @url without a user, and without a query, which may hold a key: for all that is said, and for
 * names of files. Returns @buf. */
#define TARGET_SHOWN 512
const char *target_shown(const char *url, char buf[TARGET_SHOWN]);

/* "00ff...:17"; with last_seq, if that is another one. Returns @buf. */
const char *target_name(const struct target_item *item, char buf[TARGET_NAME_MAX]);
