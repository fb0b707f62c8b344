/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own count of OOM kills since its boot, which Headers, Counters and Footers carry,
 * and what the events behind it add to it. oom_kill of /proc/vmstat counts in __oom_kill_process():
 * not the processes that die for sharing a victim's memory, nor those that were dying already; and
 * with memory.oom.group the chosen victim again, if it still has memory when its cgroup's turn
 * comes (mm/oom_kill.c). So it is an upper bound. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

#define KERNEL_KILLS "kernel_oom_kills" /* the field, and the member in JSON */
#define KERNEL_KILLS_KIND "oom_kill"

struct kernel_kills {
	bool known;
	uint64_t count; /* as a record has it */
	/* Events behind that record: the kernel has counted them; has not; may have counted one
	 * victim twice, as one of the first. */
	uint64_t since, ignored, twice;
};

/* The count that a record's body carries; false: none. */
bool kernel_kills_read(const ProtobufCMessage *body, uint64_t *ret);
/* From now on, what a record's body carries; nothing changes if that is none. */
void kernel_kills_set(struct kernel_kills *kills, const ProtobufCMessage *body);
/* An event. */
void kernel_kills_add(struct kernel_kills *kills, const Ringside__V1__Record *record);
