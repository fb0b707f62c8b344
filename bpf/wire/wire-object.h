/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of wire.h: what the iterators of the probe bpf_object write. */
#pragma once

#define WIRE_OBJECT_PROGRAM 1u
#define WIRE_OBJECT_MAP 2u

#define WIRE_OBJECT_NAME 64 /* of a function of a program's BTF; objects' own have 16 */

#define WIRE_OBJECT_HAS_MEMORY 0x01u   /* memory_bytes */
#define WIRE_OBJECT_HAS_ENTRIES 0x02u  /* of a map: entries */
#define WIRE_OBJECT_HAS_RUNS 0x04u     /* of a program: runs, run_nano, misses */
#define WIRE_OBJECT_HAS_VERIFIED 0x08u /* of a program: verified_instructions */
#define WIRE_OBJECT_TOLD 0x10u         /* of a map: fdinfo says memory_bytes, too */

struct wire_object {
	__u32 object; /* WIRE_OBJECT_PROGRAM, ... */
	__u32 id;
	__u32 type;  /* BPF_PROG_TYPE_* or BPF_MAP_TYPE_* */
	__u32 flags; /* WIRE_OBJECT_HAS_* */
	__u64 memory_bytes;
	char name[WIRE_OBJECT_NAME];
};
_Static_assert(sizeof(struct wire_object) == 16 + 8 + 64, "wire_object");

struct wire_program {
	struct wire_object head;
	__u64 loaded_boottime;
	__u64 runs;
	__u64 run_nano;
	__u64 misses;
	__u32 instructions;
	__u32 verified_instructions;
	__u32 jited_bytes;
	__u32 uid;
	__u8 tag[8];
};
_Static_assert(sizeof(struct wire_program) == 88 + 32 + 16 + 8, "wire_program");

struct wire_map {
	struct wire_object head;
	__u64 entries;
	__u32 key_bytes;
	__u32 value_bytes;
	__u32 max_entries;
	__u32 map_flags;
};
_Static_assert(sizeof(struct wire_map) == 88 + 8 + 16, "wire_map");

/* A process that holds one; one for each of its file descriptors. */
struct wire_holder {
	__u32 object;
	__u32 id;
	__u32 pid;
	__u32 own; /* it is the one that runs the iterator */
	char comm[WIRE_COMM_SIZE];
	struct wire_cgroup_key cgroup;
};
_Static_assert(sizeof(struct wire_holder) == 16 + 16 + 16, "wire_holder");
