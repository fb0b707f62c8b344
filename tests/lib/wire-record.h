/* SPDX-License-Identifier: Apache-2.0 */
/* Ring records made by hand, and what the encoder made of them as protobuf-c understands it. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"
#include "streamer/encode/encoder.h"
#include "streamer/encode/probe-table.h"
#include "tests/lib/test.h"

struct wire_record {
	union {
		struct wire_head head;
		struct wire_oom_kill kill;
		struct wire_seccomp_denial denial;
		struct wire_path path;
		_Alignas(8) uint8_t bytes[16384];
	};
};

/* Makes the record an empty one of this probe, of CPU 7. */
void record_init(struct wire_record *record, unsigned probe);

/* Puts a path into the tail, as the BPF programs do. */
void record_path(struct wire_record *record, struct wire_names *names, const char *path);

/* Decodes a frame, which has to be whole. The caller frees the message with protobuf-c. */
Ringside__V1__Record *record_decode(const uint8_t *frame, size_t size);

/* Returns every field that is there, one a line: "process.pid: 12". What is absent is not
 * mentioned. The caller frees it. */
char *record_text(const ProtobufCMessage *message);

/* Does what assert_string_equal does, but names the line: cmocka cuts long texts. */
void assert_text(const char *got, const char *want);

#define RECORD_STAMP ((struct record_stamp){.seq = 42, .realtime_offset = 1000000000000000000})

/* What record_init says, as text. */
#define RECORD_TAIL                                                                                \
	"cpu_sums.cpu: 7\n"                                                                        \
	"cpu_sums.seen: 1000\n"                                                                    \
	"cpu_sums.limited: 200\n"                                                                  \
	"cpu_sums.dropped: 3\n"                                                                    \
	"boottime_nano: 5000000000\n"                                                              \
	"time_unix_nano: 1000000005000000000\n"                                                    \
	"seq: 42\n"

/* Encodes, decodes, and compares all fields; and the bytes with those protobuf-c itself would
 * write, so that they are in the canonical order and form too. */
void assert_encodes(struct encoder *encoder, const struct wire_record *record, const char *want);

/* Makes an encoder for a test, which finds no container's names. */
int new_encoder(void **state);

/* Frees the encoder of a test. */
int free_encoder(void **state);
