/* SPDX-License-Identifier: Apache-2.0 */
/* All of a stream that its next file is to go on from, as bytes. For handover.c alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/kernel/kernel-adopt.h"
#include "streamer/output/stream.h"
#include "streamer/report/limited.h"
#include "streamer/report/totals.h"

struct pipeline;

/* Grows with every change of what is below, and of the structs that it is made of. */
#define HANDOVER_VERSION 1u

struct handover_head {
	char magic[8]; /* "RINGHAND" */
	uint32_t version;
	uint32_t head_bytes;
	uint64_t hash; /* XXH3, of all that is behind it */
	uint64_t bytes;
	struct kernel_note kernel;
	uint64_t folder_device, folder_inode;
	uint8_t stream_id[STREAM_ID_SIZE];
	uint64_t seq;
	uint32_t file;
	uint32_t n_cpus;
	uint64_t lost_in_sink[WIRE_PROBE_COUNT], told_in_sink[WIRE_PROBE_COUNT];
	uint64_t sink_nano, epoch;
	struct limited_sums limited;
	uint64_t n_limited, n_learnt;
	/* then totals_cpu[WIRE_PROBE_COUNT * n_cpus], limited_told[n_limited], and n_learnt times a
	 * struct handover_learnt with its entry */
};

_Static_assert(sizeof(struct totals_cpu) == 80 && sizeof(struct limited_told) == 56 &&
		       sizeof(struct limited_sums) == 120 && sizeof(struct kernel_note) == 10736,
	       "HANDOVER_VERSION");

struct handover_learnt {
	uint64_t key[2];
	uint32_t table;
	uint32_t size; /* of the entry, which is padded to 8 */
};

/* Whether all of @size bytes are a state. */
bool handover_state_is_whole(const struct handover_head *state, size_t size);
/* Makes one. 0 or -errno. It is not whole before the other, as the last. */
int handover_state_save(const struct pipeline *p, struct handover_head **ret);
void handover_state_seal(struct handover_head *state);
/* 0 or -errno: -EBADMSG for one that is not of such a pipeline. */
int handover_state_load(struct pipeline *p, const struct handover_head *state);
