/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed recordings in memory, made by the streamer's writer. */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/recording/recording-writer.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

struct packed {
	uint8_t *data;
	size_t size;
	struct recording_writer *writer;
};

/* Appends bytes to the recording as they are. */
void packed_raw(struct packed *packed, const void *data, size_t size);

/* Begins an empty recording. */
void packed_init(struct packed *packed);

/* Frees the recording and its writer. */
void packed_done(struct packed *packed);

/* Compresses the records at @p, into one block each if @apart. */
void packed_put(struct packed *packed, const uint8_t *p, size_t size, bool apart);

/* Ends the zstd frame. */
void packed_end_frame(struct packed *packed);

/* Closes the recording. */
void packed_close(struct packed *packed);

/* Makes a closed recording of the stream's records, @each of them to a frame. */
void packed_stream(struct packed *packed, const struct stream *stream, size_t each);

/* Returns a descriptor of a file with these bytes, read from its beginning. The caller closes it.
 */
int memory_file(const void *data, size_t size);
