/* SPDX-License-Identifier: Apache-2.0 */
/* A compressed recording in memory, and what is in it, read with libzstd, protobuf-c and the zstd
 * program: nothing of ours. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <xxhash.h>
#include <zstd.h>

#include "proto/record/frame.h"
#include "proto/recording/recording-index.h"
#include "proto/recording/recording-writer.h"
#include "tests/lib/records.h"
#include "tests/lib/stream-builder.h"

#define FILE_MAX (64u << 20)

typedef Ringside__V1__FrameIndex Index;

struct fixture {
	void *folder;
	struct folder_path path;
	struct stream stream;
	struct recording_writer *w;
	uint8_t *file;
	size_t size;
	size_t put; /* bytes of the stream that were */
};

/* Makes a writer, a stream that begins, and a folder for a test. */
int recording_setup(void **state);

/* Frees them all, and removes the folder. */
int recording_teardown(void **state);

/* Takes what the writer has ready, as a disk does that always has room. */
void take_output(struct fixture *f);

/* Puts into the writer what the stream has got since the last time. */
void put_all(struct fixture *f, uint64_t now);

/* Closes the recording. */
void put_close(struct fixture *f);

/* Adds so many events to the stream, of all kinds and CPUs in turn. */
void add_events(struct fixture *f, unsigned n);

/* Frame by frame through the file. */
struct parts {
	Index *indexes[512];
	size_t data_at[512];
	size_t data_size[512];
	size_t n; /* data frames with an index */
	size_t frame_sizes[1024];
	size_t n_frames;     /* all but the seek table */
	const uint8_t *seek; /* the seek table's payload, NULL: none */
	size_t seek_size;
};

/* Frees the indexes. */
void parts_done(struct parts *parts);
#define _cleanup_parts_ _cleanup_(parts_done)

/* Reads a little-endian number. */
uint32_t le32(const uint8_t *p);

/* Takes a file apart, and fails unless it is built as FORMAT.md says. */
struct parts read_parts(const uint8_t *file, size_t size);

/* Fails unless the file holds the first @want bytes of the stream, and is finished if @whole. */
void assert_content(const struct fixture *f, size_t want, bool whole);

/* Runs a shell command, with $1 as the file, and returns its exit status. */
int run_shell(struct fixture *f, const char *command);

#define test_with_fixture(test)                                                                    \
	cmocka_unit_test_setup_teardown(test, recording_setup, recording_teardown)
