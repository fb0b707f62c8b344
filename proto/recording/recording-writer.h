/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a compressed recording (FORMAT.md, "Compressed recordings"): whole records in, bytes
 * out. Knows nothing of files, clocks or blocking: who has a place for the bytes takes them from
 * recording_writer_output when that suits. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/recording/recording.h"

#define RECORDING_LEVEL_DEFAULT 3
/* Above it, the compressor alone takes 14 MB and more, for nothing. */
#define RECORDING_LEVEL_MAX 8

struct recording_writer;

int recording_writer_new(struct recording_writer **ret, int level);
struct recording_writer *recording_writer_free(struct recording_writer *w); /* NULL is fine */

/* Compresses records from the start of @records, which holds @size bytes of whole records with
 * their lengths: at least one, and as many as make a block. Once the output is written, they can
 * be decompressed. Begins and ends frames where the format wants it; @now_nano is any clock that
 * does not step. Returns the bytes taken, -EBADMSG if no whole record stands there, -ENOMEM. */
ssize_t recording_writer_put(struct recording_writer *w, const void *records, size_t size,
			     uint64_t now_nano);

/* Ends the data frame, if there is one, and writes its index. */
int recording_writer_end_frame(struct recording_writer *w);

/* A clean end: that, and the seek table. What is put afterwards begins a recording of its own. */
int recording_writer_close(struct recording_writer *w);

/* What is to be written; valid until the next call. Then say how much of it was. */
const uint8_t *recording_writer_output(const struct recording_writer *w, size_t *ret_size);
void recording_writer_wrote(struct recording_writer *w, size_t size);

/* Remembers this moment, at which all output has been written. */
void recording_writer_mark(struct recording_writer *w);

/* Back to the latest mark (or the beginning), where the caller has cut the file: forgets what
 * was put since, and all output. The data frame is ended there, which is what there is to write
 * now; until it is written, the file ends like one that was not closed. */
int recording_writer_rollback(struct recording_writer *w);
