/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF programs and maps of a machine, as the latest rows of Counters describe them. What they
 * say is the kernel's own account of each object, told anew by every stream: a row takes the place
 * of the object's former one, and nothing is ever added up. What finds no room is summed up. */
#pragma once

#include "consumer/base/hash-table.h"
#include "consumer/base/text-line.h"
#include "consumer/sums/series.h"
#include "proto/ringside.pb-c.h"

/* Texts of an object; "" where its row does not have it. */
enum object_field {
	OBJECT_TYPE, /* by name, or the number */
	OBJECT_NAME,
	OBJECT_COMM, /* of its holder */
	OBJECT_TAG,
	OBJECT_CONTAINER, /* and the other SERIES_OF_CONTAINER fields of the holder's */
	OBJECT_FIELDS = OBJECT_CONTAINER + SERIES_OF_CONTAINER,
};

extern const char *const object_fields[OBJECT_FIELDS]; /* as label and in JSON */

/* Numbers of an object, where it has them. */
enum object_value {
	OBJECT_PID,
	OBJECT_PROCESSES,
	OBJECT_UID,
	OBJECT_MEMORY,
	OBJECT_LOADED,
	OBJECT_INSTRUCTIONS,
	OBJECT_VERIFIED,
	OBJECT_JITED,
	OBJECT_RUNS,
	OBJECT_RUN_TIME,
	OBJECT_MISSES,
	OBJECT_KEY,
	OBJECT_VALUE,
	OBJECT_MAX_ENTRIES,
	OBJECT_ENTRIES,
	OBJECT_FLAGS,
	OBJECT_VALUES,
};

extern const char *const object_values[OBJECT_VALUES]; /* in JSON: "memory_bytes" */

enum object_sort { OBJECT_PROGRAM, OBJECT_MAP, OBJECT_SORTS };

extern const char *const object_sorts[OBJECT_SORTS]; /* "program", "map" */

struct object {
	enum object_sort sort;
	uint32_t id;  /* of its sort */
	bool own;     /* the streamer's */
	uint32_t has; /* bits: 1 << enum object_value */
	uint64_t values[OBJECT_VALUES];
	/* Boot time of its latest row, and of the first one with a run time, which was that. */
	uint64_t latest_nano, first_run_nano, first_run_time;
	struct series_stamp changed;
	uint32_t set; /* the latest that had it */
	size_t size;
	char *text; /* the fields: packed_texts_get */
};

struct bpf_objects_sum {
	uint64_t n, memory_bytes;
};

/* All there is to it is to be zero. */
struct bpf_objects {
	struct table table;
	uint64_t order; /* of the stream that the set at hand is of; 0: of none */
	uint32_t set;
	bool full;
	/* Of objects that found no room: by the latest full set, and by the one at hand. */
	struct bpf_objects_sum left_out[OBJECT_SORTS], leaving[OBJECT_SORTS];
};

/* The part of @row that is about an object; NULL: it is about none. */
const Ringside__V1__BpfObject *object_of(const Ringside__V1__CounterRow *row);
static inline bool object_has(const struct object *object, enum object_value value)
{
	return object->has & 1u << value;
}

/* The share of one CPU its runs took since it was first seen; below 0: not known. */
double object_cpu_share(const struct object *object);

/* A set of rows begins, of the stream @order. */
void bpf_objects_begin(struct bpf_objects *objects, uint64_t order, bool full);

/* A row of the set at hand, which says it @stamp and at @boottime_nano; or that its object has been
 * unloaded. There is room for @limit objects. 0 or -ENOMEM. */
int bpf_objects_take(struct bpf_objects *objects, size_t limit, const Ringside__V1__CounterRow *row,
		     struct series_stamp stamp, uint64_t boottime_nano);

/* Behind the last row of a full set: what was not in it has been unloaded. */
void bpf_objects_sweep(struct bpf_objects *objects);

/* Of all, also those that found no room. */
struct bpf_objects_sum bpf_objects_sum(const struct bpf_objects *objects, enum object_sort sort);

/* "12 programs, 340 KiB; 1 map, 4 KiB" */
void bpf_objects_text(struct line *line, const struct bpf_objects *objects);

void bpf_objects_done(struct bpf_objects *objects); /* may be begun anew */
