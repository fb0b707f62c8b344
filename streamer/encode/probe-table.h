/* SPDX-License-Identifier: Apache-2.0 */
/* The user half of a probe: one static table row per probe-<name>.c. */
#pragma once

#include "bpf/wire/wire.h"
#include "streamer/encode/encoder.h"

/* How a counter row is looked at. */
struct row_view {
	uint64_t since;    /* boottime: what has not changed since is not news */
	uint64_t reported; /* likewise, the epoch that was reported last; 0: all is news */
	uint64_t epoch;    /* the interval that has ended: see kernel_end_epoch() */
	unsigned n_values; /* the row's values: one, or one for each possible CPU */
};

struct probe {
	const char *name;  /* kind, as in Record.body: "oom_kill" */
	const char *alias; /* on the command line: "oom" */
	bool on_request;   /* left out unless it is asked for */
	bool shows_stats;  /* the run statistics of BPF programs: --bpf-stats */
	unsigned field;    /* number in Record.body, below 16; 0: it has no events, but rows */
	/* Bytes of the fixed part of its ring record; of a probe without events that is a struct
	 * wire_path. */
	size_t record_min;
	size_t key_size; /* of its counter rows */
	/* Writes the body message's fields from @p on (see message-parts.h). @head is at least
	 * record_min bytes, whole. Returns the end, or NULL for a record that is not whole. NULL:
	 * it has no events. */
	uint8_t *(*encode)(struct encoder *encoder, const struct wire_head *head, uint8_t *p);
	/* Append what a row's key says, besides whose it is, to a CounterRow (NULL: nothing), and
	 * to a Limited (NULL: never limited). Every key begins as a struct wire_cgroup_key. */
	void (*row_key)(const void *key, struct pb *pb);
	void (*limited_key)(const void *key, struct pb *pb);
	bool keeps_rows; /* of a cgroup, until it is told that this is gone */
	/* Where in a row's key WIRE_OTHERS stands if it is that of several, which is nobody's
	 * share; 0: it never is. */
	size_t others;
	size_t trial; /* likewise where it says WIRE_TRIAL; 0: it never does */
	/* Whether a row is news, and its values to a CounterRow. NULL, both: struct wire_row's. */
	bool (*row_changed)(const void *row, const struct row_view *view);
	void (*row_values)(const void *row, const struct row_view *view, struct pb *pb);
};

#define PROBE_EXTERN(NAME, name, field) extern const struct probe probe_##name;
WIRE_PROBES(PROBE_EXTERN)
#undef PROBE_EXTERN

/* All probes, by WIRE_OOM_KILL etc. */
extern const struct probe *const probes[WIRE_PROBE_COUNT];

/* Whether a row's key is that of several. */
static inline bool probe_is_others(const struct probe *probe, const void *key)
{
	const uint32_t *at = (const void *)((const char *)key + probe->others);

	return probe->others && *at == WIRE_OTHERS;
}

/* Whether it is of calls that Ringside made to be refused. */
static inline bool probe_is_trial(const struct probe *probe, const void *key)
{
	const uint32_t *at = (const void *)((const char *)key + probe->trial);

	return probe->trial && *at == WIRE_TRIAL;
}

/* Those that are not on request: bits 1 << WIRE_OOM_KILL etc. */
uint32_t probes_by_default(void);

/* By name or alias; NULL if there is none. */
const struct probe *probe_find(const char *name, size_t length);
