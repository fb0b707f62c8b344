/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of forward.h's work need of each other. */
#pragma once

#include "consumer/forward/forward.h"

#define FORWARD_WAIT_MS 1000 /* for the target, before anything else is looked at */

/* Opens the cursor, the target and what they need; says what is wrong. Close it in any case. 0 or
 * -errno. */
int forward_open(struct forward *forward);
void forward_close(struct forward *forward);

/* Gives the target all that is to be read: until a signal, if it follows. 0, -ECANCELED, -EPIPE:
 * it is to stop; or another -errno that ends it. */
int forward_read(struct forward *forward);

/* Whether the cursor is of these recordings; the first time it notes where forwarding begins. 0, or
 * -errno, which is said. */
int forward_check_cursor(struct forward *forward, const struct folder *list);

/* each_record_ops.put: gives it to the target, waits for room if need be. 0; -ECANCELED: it is to
 * stop; or another -errno that ends it. */
int forward_put(void *data, struct reader *reader, struct reader_record *item);

/* Gives the target what files of the folder have of the stream's records from @first on, before
 * @end. 0 or -errno, as forward_put. */
int forward_look(struct forward *forward, const uint8_t *stream_id, uint64_t first, uint64_t end);

/* The streams of the bookmark are known, and passed over up to where it is. 0 or -errno. */
int forward_resume(struct forward *forward);

/* Lets the target work for @timeout_ms at most, and takes note of what it has settled. 0 or
 * -errno that ends it. */
int forward_work(struct forward *forward, int timeout_ms, bool flush);

/* Writes the cursor and the status file, if they are due, or it @ends. 0 or -errno of the cursor.
 */
int forward_save(struct forward *forward, bool ends);

static inline bool forward_is_stopped(const struct forward *forward)
{
	return atomic_load_explicit(forward->options->stop, memory_order_relaxed);
}

static inline bool forward_is_settled(const struct forward *forward)
{
	return forward->pending->first == forward->pending->end;
}

_printf_(2, 3) void forward_say(const struct forward *forward, const char *format, ...);
/* ... why it cannot go on, which the status file keeps. */
_printf_(2, 3) void forward_fail(struct forward *forward, const char *format, ...);
