/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Supervisors of filters. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"

#define FILTER_CHAIN_MAX 64u /* filters looked at for a listener */

struct listener_search {
	struct seccomp_filter *filter;
	bool found;
};

LOOP_STEP listener_step(__u32 i, struct listener_search *search)
{
	struct seccomp_filter *filter = search->filter;

	if (!filter)
		return 1;
	if (BPF_CORE_READ(filter, notif)) {
		search->found = true;
		return 1;
	}
	search->filter = BPF_CORE_READ(filter, prev);
	return 0;
}

/* Whether a supervisor (SECCOMP_FILTER_FLAG_NEW_LISTENER) can have answered a call. A chain
 * too long to tell counts as one that can. */
OWN_FRAME bool filter_has_listener(struct seccomp_filter *filter)
{
	struct listener_search search = {.filter = filter};

	LOOP(FILTER_CHAIN_MAX, listener_step, &search);
	return search.found || search.filter;
}
