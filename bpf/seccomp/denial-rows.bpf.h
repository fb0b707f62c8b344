/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of denials, by key. They lie in an array, and the hash has where: so a thread's mark can
 * have it, too. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/count.bpf.h"

#define DENIAL_ROWS 8192u
#define DENIAL_PLACES (DENIAL_ROWS + ROWS_OTHERS)

#ifdef RS_LEGACY

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DENIAL_PLACES);
	__type(key, struct wire_denial_key);
	__type(value, struct wire_row);
} rs_denials SEC(".maps");

static __always_inline struct wire_row *denial_row(const struct wire_denial_key *key, __u64 *ret_at)
{
	return bpf_map_lookup_elem(&rs_denials, key);
}

#define DENIAL_FIND ROW_FIND
#define DENIAL_MAKE ROW_MAKE
#define DENIAL_VALUE struct wire_row

#else

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DENIAL_PLACES);
	__type(key, struct wire_denial_key);
	__type(value, __u64);
} rs_denials SEC(".maps");

/* The streamer maps it where it reads the rows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DENIAL_PLACES);
	__type(key, __u32);
	__type(value, struct wire_row);
} rs_denial_array SEC(".maps");

/* Places that have a row. The streamer gives one back only after its cgroup is gone, as it takes a
 * row out of a hash: no thread has that cgroup any more, and no other will, so none counts there.
 */
__u32 rs_denial_taken[DENIAL_PLACES] = {};
__u32 rs_denial_next = 0; /* the place to look at next */

static __always_inline struct wire_row *denial_row_at(__u32 at)
{
	return bpf_map_lookup_elem(&rs_denial_array, &at);
}

static __always_inline struct wire_row *denial_row(const struct wire_denial_key *key, __u64 *ret_at)
{
	__u64 *at = bpf_map_lookup_elem(&rs_denials, key);

	if (!at)
		return NULL;
	*ret_at = *at;
	return denial_row_at(*at);
}

struct place_search {
	__u32 at;
	bool found;
};

LOOP_STEP place_step(__u32 i, struct place_search *search)
{
	__u32 at = __sync_fetch_and_add(&rs_denial_next, 1) % DENIAL_PLACES;

	barrier_var(at);
	if (at >= DENIAL_PLACES)
		return 1;
	barrier_var(at); /* the verifier wants to see compared what it is an index of */
	if (rs_denial_taken[at] || EXCHANGE(&rs_denial_taken[at], 0, 1))
		return 0;
	search->at = at;
	search->found = true;
	return 1;
}

/* As ROW_MAKE(). */
static __always_inline struct wire_row *denial_make(const struct wire_denial_key *key,
						    bool *ret_made)
{
	struct place_search search = {};
	struct wire_row *row;
	__u64 at;

	LOOP(DENIAL_PLACES, place_step, &search);
	at = search.at;
	row = search.found ? denial_row_at(at) : NULL;
	if (row) {
		__builtin_memset(row, 0, sizeof(*row));
		*ret_made = !bpf_map_update_elem(&rs_denials, key, &at, BPF_NOEXIST);
		if (!*ret_made && search.at < DENIAL_PLACES)
			rs_denial_taken[search.at] = 0;
	}
	return denial_row(key, &at);
}

#define DENIAL_FIND(map, key)                                                                      \
	({                                                                                         \
		__u64 at_;                                                                         \
		denial_row(key, &at_);                                                             \
	})
#define DENIAL_MAKE(map, key, ret_made) denial_make(key, &(ret_made))
#define DENIAL_VALUE __u64

#endif
