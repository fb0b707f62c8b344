/* SPDX-License-Identifier: Apache-2.0 */
/* Counts along the files of a stream: whatever they say, has to be so. */
#pragma once

#include <xxhash.h>

#include "tests/lib/fake-kernel.h"
#include "tests/lib/recordings.h"

#define DENIAL WIRE_SECCOMP_DENIAL
#define KILL WIRE_OOM_KILL

/* What `verify` does over the files of a stream. */
struct tally {
	struct {
		uint64_t written, seen, limited, dropped, ring_full;
	} cpu[WIRE_PROBE_COUNT][FAKE_CPUS];
	uint64_t lost_in_sink[WIRE_PROBE_COUNT];
	uint64_t limited[WIRE_PROBE_COUNT];
	uint64_t retention;
	uint64_t seq;
	unsigned files;
	unsigned footers;
	unsigned unfinished; /* files whose last data frame is */
	uint8_t stream_id[16];
};

/* Adds what one record says that was lost. */
void take_lost(const Ringside__V1__Lost *lost, struct tally *tally);

/* Reads the next file of a stream, and fails where it contradicts itself or the files before it. */
void take_file(const char *path, struct tally *tally);
