/* SPDX-License-Identifier: Apache-2.0 */
/* What Counters tell beside events: the BPF objects there were at the end, and what the streamer
 * itself took. */
#pragma once

#include "consumer/read/own-usage.h"
#include "consumer/sums/bpf-objects.h"

#define STATS_OBJECTS 4096 /* kept one by one; what the others take is in the sums */
#define STATS_OBJECTS_SHOWN 10
#define STATS_ID 16
#define STATS_BOOT 72

struct stats_counters {
	struct bpf_objects objects; /* of the boot that was read last */
	bool has_objects;           /* there were rows of some */
	struct own_usage upkeep;    /* of all streamers together */
	/* --- */
	uint64_t order; /* of the stream at hand */
	uint8_t stream_id[STATS_ID];
	char boot_id[STATS_BOOT];
	uint32_t parts_seen; /* of the set at hand, one after the other; 0: some are missing */
};

/* A record that is Counters. 0 or -ENOMEM. */
int stats_counters_add(struct stats_counters *counters, const Ringside__V1__Header *header,
		       const Ringside__V1__Record *record);

typedef double (*stats_weight_fn)(const struct object *object);

/* The objects with the greatest @weight above 0, greatest first. Returns how many. */
size_t stats_counters_top(const struct stats_counters *counters, stats_weight_fn weight,
			  const struct object *ret[STATS_OBJECTS_SHOWN]);
double stats_counters_memory(const struct object *object);
