/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF programs and maps of this machine, with who holds them: what three iterators tell, put
 * together. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire/wire.h"
#include "streamer/tables/rows.h"

/* A row, as kernel_rows() hands it out; the key is its holder's struct wire_cgroup_key, with id 0
 * where nobody holds it. */
struct object {
	union {
		struct wire_object head;
		struct wire_program program;
		struct wire_map map;
	};
	struct {
		uint32_t pid; /* the lowest of those that hold it */
		uint32_t n;   /* processes that do; 0: none is known */
		bool own;     /* one of them is this */
		char comm[WIRE_COMM_SIZE];
	} holder;
	uint64_t changed_nano; /* CLOCK_BOOTTIME when it was first seen to be as it is now */
	bool unloaded;         /* it is no more: nothing but object and id is said */
};

/* fds of the iterators' links, borrowed. */
struct bpf_objects_links {
	int programs, maps, holders;
};

/* A hash table whose file is open here, so that fdinfo tells what it takes. What the programs work
 * out for hash tables differs from that by the same bytes for all of one kernel, if at all. */
struct bpf_objects_known_table {
	uint32_t id; /* 0: there is none */
	uint64_t memory_bytes;
};

struct bpf_objects;

int bpf_objects_new(struct bpf_objects **ret,
		    const struct bpf_objects_known_table *table);  /* 0 or -ENOMEM */
struct bpf_objects *bpf_objects_free(struct bpf_objects *objects); /* NULL is fine; returns NULL */

/* Asks who holds what. Its program submits the paths of their cgroups, so: a moment before the walk
 * that shows them. 0 or -errno. */
int bpf_objects_look(struct bpf_objects *objects, const struct bpf_objects_links *links);

/* Calls @fn for each, programs first, in the order of their ids, then for those that have been
 * unloaded since the walk before. Stops when @fn returns non-zero and returns that; else 0 or
 * -errno. */
int bpf_objects_walk(struct bpf_objects *objects, const struct bpf_objects_links *links, rows_fn fn,
		     void *data);
