/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks, and records to put into them. */
#pragma once

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "proto/ringside.pb-c.h"
#include "streamer/output/sink.h"
#include "tests/lib/recordings.h"

extern const uint8_t sink_id[17]; /* of 16 bytes; those from the second on are another one */

/* Frees a sink that goes out of scope. */
void sink_freep(struct sink **sink);
#define _cleanup_sink_ _cleanup_(sink_freep)
#define _cleanup_stream_ _cleanup_(sink_stream_done)

/* Opens a sink for the stream of this id; the test fails if that cannot be. */
struct sink *open_sink_as(const struct sink_config *config, const uint8_t *stream_id);

/* Opens a sink for the stream sink_id. */
struct sink *open_sink(const struct sink_config *config);

/* Fails unless no sink can be opened, with this error and a message that says @hint. */
void assert_refused(const struct sink_config *config, int code, const char *hint);

/* A stream's records. */
struct sink_stream {
	uint8_t *data;
	size_t size;
	uint64_t seq;
};

/* Frees a stream's records. */
void sink_stream_done(struct sink_stream *stream);

/* Returns a Header and so many events, no two alike. */
struct sink_stream some_records(unsigned events);

/* Writes the records to the sink; returns its error, if any. */
int put_stream(struct sink *sink, const struct sink_stream *stream);

/* Writes a Header and so many events to the sink. */
void put_records(struct sink *sink, unsigned events);

/* Ends the sink's file, and begins the next one. */
void next_file(struct sink *sink);

/* Returns how many records a compressed file has; fails unless it is whole, or not, as said. */
size_t count_records(const char *path, bool whole);

/* Returns the size of a file. */
size_t size_of(const char *path);
