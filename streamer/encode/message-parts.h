/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes build their messages of. Writes at @p without a check for room: encoder_event
 * has room for the largest frame, whose parts are all bounded (see encoder.c). */
#pragma once

#include "bpf/wire/wire.h"
#include "proto/record/pb-fast.h"
#include "proto/ringside-fields.h"
#include "streamer/encode/cache.h"
#include "streamer/encode/cgroup-path.h"
#include "streamer/encode/cgroups.h"
#include "streamer/encode/denial-cache.h"
#include "streamer/encode/encoder.h"
#include "streamer/encode/syscalls.h"

struct encoder {
	struct cgroups cgroups;
	struct cache executables; /* by process */
	struct syscalls syscalls;
	struct denial_cache_entry *denials; /* 1 << DENIAL_CACHE_BITS */
	struct path path;                   /* scratch */
	struct wire_known missing;          /* cgroup.id 0: nothing */
	uint64_t exe_id;                    /* of the process at hand */
	bool exe_missing;                   /* its path is not known */
};

/* A comm, of WIRE_COMM_SIZE, behind its tag. Returns the end. */
uint8_t *encode_comm(uint8_t *p, const char *comm);

/* Of an entry of encoder->executables: its bytes; and whether it is one, of @size bytes. */
size_t encode_executable_bytes(const void *entry);
bool encode_is_executable(const void *entry, size_t size);

/* A Process as @field. Returns the end, or NULL if its path is not whole. */
uint8_t *encode_process(struct encoder *encoder, const struct wire_head *head, size_t fixed,
			const struct wire_process *process, unsigned field, uint8_t *p);

/* Looks up or learns the cgroup of an event. Sets *ret to NULL if no more than its ids is known.
 * Returns 0, or -EBADMSG if its path is not whole. */
int encode_find_cgroup(struct encoder *encoder, const struct wire_head *head, size_t fixed,
		       const struct wire_cgroup *wire, const struct cgroup **ret);

/* A Container as @field; nothing at all if nothing is known. */
uint8_t *encode_cgroup(const struct cgroup *cgroup, const struct wire_cgroup *wire, unsigned field,
		       uint8_t *p);

/* The container of a cgroup, known from its path in an earlier event; with the ids alone when
 * the cache has forgotten it. Appends a Container message as @field. */
void encode_container(const struct encoder *encoder, const struct wire_cgroup_key *key,
		      unsigned field, struct pb *pb);
