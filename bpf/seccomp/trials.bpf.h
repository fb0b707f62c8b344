/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls that Ringside makes itself to be refused, to test that it sees them or to measure what that
 * costs: another streamer's, or those of `ringside doctor`. See struct wire_trials. */
#pragma once

#include "bpf/common/common.bpf.h"

/* Found by its name, by whoever makes some. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_trials);
} rs_trials SEC(".maps");

/* The only calls that they can be: two that nobody denies in earnest, so that nothing of interest
 * can be passed off as ours. */
const volatile __u32 rs_trial_call = 0, rs_trial_call_too = 0;

static __always_inline bool may_be_trial(__s32 nr)
{
	return nr == (__s32)rs_trial_call || nr == (__s32)rs_trial_call_too;
}

static __always_inline bool is_trial(__u64 number)
{
	__u32 zero = 0;
	const struct wire_trials *trials = bpf_map_lookup_elem(&rs_trials, &zero);

	if (!trials || !number)
		return false;
	for (__u32 i = 0; i < WIRE_TRIALS_MAX; i++)
		if (*(const volatile __u64 *)&trials->numbers[i] == number)
			return true;
	return false;
}
