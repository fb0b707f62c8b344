/* SPDX-License-Identifier: Apache-2.0 */
/* A Limited record counts the denials that were held back, but names no process. The denials
 * of the same key shown before it do: if all were one process's, it is named; if all were of
 * one name, the name. Bounded: of two keys that meet in a slot, the newer is remembered. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

#define CULPRITS_SLOTS 256
#define CULPRITS_NAME 32 /* twice the kernel's; a longer one is not from it */

/* Whole words: fields that are stored apart and compared as one make the processor wait. */
struct culprits_key {
	uint64_t cgroup_id, arch, call, error; /* error: never 0 of a slot in use */
};

/* All there is to it is to be zero. */
struct culprits {
	struct culprits_slot {
		struct culprits_key key;
		uint32_t pid;
		bool one_pid, one_name;
		char name[CULPRITS_NAME];
	} slots[CULPRITS_SLOTS];
};

/* Any record, in their order: what was known ends with the stream. */
void culprits_see(struct culprits *culprits, const Ringside__V1__Record *record);

/* Of a Limited: puts "nginx[77] ", "nginx " or nothing, and forgets the key: the next Limited
 * counts what comes after this one. */
void culprits_take(struct culprits *culprits, const Ringside__V1__Record *record,
		   struct line *line);
