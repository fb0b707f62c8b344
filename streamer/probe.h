/* SPDX-License-Identifier: Apache-2.0 */
/* The user half of a probe: one static table row per probe-<name>.c. */
#pragma once

#include "encoder.h"
#include "wire.h"

struct probe {
	const char *name;  /* kind, as in Record.body: "oom_kill" */
	const char *alias; /* on the command line: "oom" */
	unsigned field;    /* number in Record.body, below 16 */
	size_t record_min; /* bytes of the fixed part of its ring record */
	size_t key_size;   /* of its counter rows */
	/* Writes the body message's fields from @p on (see encode.h). @head is at least record_min
	 * bytes, whole. Returns the end, or NULL for a record that is not whole. */
	uint8_t *(*encode)(struct encoder *encoder, const struct wire_head *head, uint8_t *p);
	/* Append what a row's key says to a CounterRow, and to a Limited (NULL: never limited). */
	void (*row_key)(struct encoder *encoder, const void *key, struct pb *pb);
	void (*limited_key)(struct encoder *encoder, const void *key, struct pb *pb);
	/* The cgroup a row's key is about; sets 0 where it is none. NULL: never any. */
	void (*row_cgroup)(const void *key, uint32_t *ret_hierarchy, uint64_t *ret_id);
};

#define PROBE_EXTERN(NAME, name, field) extern const struct probe probe_##name;
WIRE_PROBES(PROBE_EXTERN)
#undef PROBE_EXTERN

/* All probes, by WIRE_OOM_KILL etc. */
extern const struct probe *const probes[WIRE_PROBE_COUNT];

/* By name or alias; NULL if there is none. */
const struct probe *probe_find(const char *name, size_t length);
