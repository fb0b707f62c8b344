/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that unpack and format records while the caller reads on. What they make of them is
 * written by the caller's thread, in the order in which the records were put: who uses this finds
 * in the writer what output_put would have put there, as soon as output_threads_finish returns.
 * Records go over by the hundred; memory is bounded, whatever they turn into.
 * What goes on with a run of events of which one is not readable is written without what was
 * derived of it, as a reader has it that unpacks them itself.
 *
 * An output that carries something from record to record has one thread, and the caller's state is
 * lent to it. */
#pragma once

#include "consumer/output/output.h"
#include "consumer/read/derived.h"

#define OUTPUT_THREADS_MAX 4u             /* more than reading and decoding keep busy */
#define OUTPUT_THREADS_FRAME (48u * 1024) /* of a record at most */

struct output_threads;

/* Where a record was read: what to say if it cannot be unpacked. And what was derived of it. */
struct output_source {
	uint64_t offset;
	size_t size;
	struct derived_parts derived;
};

/* It could not, and nothing was written of it. */
struct output_unreadable {
	struct output_source source;
	bool starved; /* there was no memory for it */
};

/* For the open @output, of which the caller may use nothing before output_threads_finish. @complain
 * is called by the functions below, in its place: all before the record is in the writer, nothing
 * behind it. Of some that are near each other it is called for the first one. @threads: at most so
 * many. -EAGAIN if there is none to be had. */
int output_threads_new(struct output_threads **ret, struct output *output, unsigned threads,
		       void (*complain)(void *data, const struct output_unreadable *record),
		       void *data);
/* What was put and not finished is dropped. NULL is fine; returns NULL. */
struct output_threads *output_threads_free(struct output_threads *threads);

/* Of the records that are put from now on; copied. With nothing to finish. 0 or -ENOMEM. */
int output_threads_header(struct output_threads *threads, const Ringside__V1__Header *header);

/* @size: at most OUTPUT_THREADS_FRAME. Returns 0 or the writer's -errno. */
int output_threads_put(struct output_threads *threads, const uint8_t *frame, size_t size,
		       const struct output_source *source);

/* Waits for all that was put. Returns how many of these records were not readable. */
uint64_t output_threads_finish(struct output_threads *threads);

DEFINE_FREEP(output_threads);
