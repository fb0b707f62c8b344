/* SPDX-License-Identifier: Apache-2.0 */
/* Streams made by hand, and what verify says of them. */
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include "consumer/verify/verify.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

/* Verifies a stream of these bytes, and returns the verification, which is at its end. */
struct verify *verify_bytes(const void *data, size_t size, bool in_progress);

/* Fails unless the verdict on these bytes has this status and these words. */
void assert_bytes(const void *data, size_t size, bool in_progress, int status,
		  const char *expected);

/* Does the same for a stream, whose life ends here, too. */
void assert_verdict(struct stream *stream, int status, const char *expected);

/* Begins a stream with four events and a set of counters between them. */
void begin_stream(struct stream *stream);

/* Closes the stream, after a last set of counters. */
void end_stream(struct stream *stream);

/* Makes a closed stream on whose records @mangle has had its hand. */
void mangled(struct stream *stream, void (*mangle)(Ringside__V1__Record *record));

/* Returns the first CPU's counters of a set or a Footer; NULL: there are none in this record. */
Ringside__V1__CpuCounters *first_cpu(Ringside__V1__Record *record);
