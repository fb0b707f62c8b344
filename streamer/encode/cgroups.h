/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroups events came from, as encoded Container messages. Kernfs ids are unique within a
 * hierarchy and boot, so the key is both; an id of 0 is not known, and not kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/encode/cache.h"
#include "streamer/encode/cgroup-path.h"
#include "streamer/encode/kubelet.h"

struct cgroup {
	uint64_t retry_at;    /* boot time to look for its names again; UINT64_MAX: never */
	uint32_t size;        /* of encoded */
	uint16_t path_offset; /* of cgroup_path in encoded */
	uint16_t path_size;
	uint8_t level; /* LimitLevel of this cgroup */
	uint8_t tries;
	uint8_t path_cut;
	uint8_t depth;     /* elements of the path down to its outermost container's; 0: in none */
	bool machine;      /* that is of nspawn or LXC, whose supervisor may be in there, too */
	uint8_t encoded[]; /* a varint with the size of the message, and the message */
};

struct cgroups {
	struct cache cache;
	struct kubelet kubelet;
	struct cgroup *scratch;
};

int cgroups_init(struct cgroups *cgroups, const struct kubelet *kubelet);
void cgroups_done(struct cgroups *cgroups); /* any time, also twice */

/* NULL if it is not known (any more). Valid until the next call. @now: CLOCK_BOOTTIME, ns. */
const struct cgroup *cgroups_find(struct cgroups *cgroups, struct wire_cgroup_key id, uint64_t now);

/* As cgroups_find, but does not count as use, and looks for nothing. */
const struct cgroup *cgroups_peek(const struct cgroups *cgroups, struct wire_cgroup_key id);

/* As cache_walk(); the entries are struct cgroup, of cgroup_bytes() each. */
int cgroups_walk(const struct cgroups *cgroups, cache_fn fn, void *data);

static inline size_t cgroup_bytes(const struct cgroup *cgroup)
{
	return offsetof(struct cgroup, encoded) + cgroup->size;
}

/* Takes an entry of another process, of @size bytes. False: it is none. */
bool cgroups_recall(struct cgroups *cgroups, const struct cache_key *key, const void *entry,
		    size_t size);

/* What an event said about it. Valid until the next call, also where there was no memory. */
const struct cgroup *cgroups_fill(struct cgroups *cgroups, struct wire_cgroup_key id,
				  const struct path *path, uint64_t now);
