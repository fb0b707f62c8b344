/* SPDX-License-Identifier: Apache-2.0 */
/* All of a stream that somebody else is to go on from, in memory that outlives the process. For
 * handover.c alone.
 *
 *   base      how all is attached: written once
 *   small, 2  numbers and sums, and how far the rings are read: written after each batch
 *   big, 2    what was told of limits, and names: written when it has changed
 *
 * Of two, the one that is not valid is written, and its hash last: whenever the process is killed,
 * one is whole. A small one names the big one that it goes with. */
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

#define HANDOVER_NAME 64
#define HANDOVER_BIG_MAX (4u << 20)

struct handover_base {
	char magic[8]; /* "RINGHAND" */
	uint32_t version;
	uint32_t bytes; /* of this, to tell compilers apart */
	uint64_t hash;  /* XXH3, of all that is behind it */
	struct kernel_note kernel;
	uint64_t folder_device, folder_inode;
};

struct handover_small {
	uint64_t hash; /* XXH3, of all that is behind it, with the sums of all CPUs */
	uint64_t generation;
	uint64_t big; /* the generation of the other part */
	uint8_t stream_id[STREAM_ID_SIZE];
	uint64_t seq;        /* as all here: of what is in the file for good */
	uint64_t file_bytes; /* of the file: what is behind them is not */
	uint64_t file_inode;
	char file_name[HANDOVER_NAME]; /* in the folder */
	uint32_t file;
	uint32_t ended;        /* in order */
	uint64_t positions[2]; /* up to which all of the rings is: critical, bulk */
	uint64_t lost_in_sink[WIRE_PROBE_COUNT], told_in_sink[WIRE_PROBE_COUNT];
	uint64_t sink_nano, epoch;
	struct limited_sums limited;
	struct totals_cpu cpus[]; /* WIRE_PROBE_COUNT * n_cpus */
};

struct handover_big {
	uint64_t hash; /* XXH3, of as many bytes behind it */
	uint64_t bytes;
	uint64_t generation;
	uint64_t n_limited, n_learnt;
	/* then limited_told[n_limited], and n_learnt times a struct handover_learnt with its entry
	 */
	uint64_t data[];
};

struct handover_learnt {
	uint64_t key[2];
	uint32_t table;
	uint32_t size; /* of the entry, which is padded to 8 */
};

_Static_assert(sizeof(struct totals_cpu) == 80 && sizeof(struct limited_told) == 56 &&
		       sizeof(struct limited_sums) == 120 && sizeof(struct kernel_note) == 10736,
	       "HANDOVER_VERSION");

/* The memory while it is written. */
struct handover_memory {
	uint8_t *at; /* NULL: there is none */
	size_t bytes;
	uint64_t generation, big;                           /* the latest of each */
	uint64_t limited_changes, learnt_version, big_nano; /* what that has, and since when */
};

/* A copy of what was found. */
struct handover_found {
	struct handover_base base;
	struct handover_small *small;
	struct handover_big *big;
};

/* 0 or -errno; -EBADMSG: there is nothing valid. */
int handover_state_read(int fd, struct handover_found *ret);
void handover_state_free(struct handover_found *found); /* any time, also twice */

/* Maps the memfd @fd. With @base it is made anew, else as @found had it. */
int handover_memory_map(struct handover_memory *memory, int fd, struct handover_base *base,
			const struct handover_found *found);
void handover_memory_done(struct handover_memory *memory); /* any time, also twice */

/* Writes what is so now. @ended: nothing comes behind it. 0 or -errno, of the latter alone. */
int handover_state_save(struct handover_memory *memory, struct pipeline *p, bool ended);

/* Goes on from there. 0 or -errno: -EBADMSG for one that is not of such a pipeline. */
int handover_state_load(struct pipeline *p, const struct handover_found *found);
