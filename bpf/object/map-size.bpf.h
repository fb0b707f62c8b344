/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much memory a map takes, and how much it holds: what the kernel's map_mem_usage() of its type
 * says (6.4, 90a5527d7686, shown as memlock in fdinfo), worked out here, since fdinfo takes a file
 * descriptor of the map, and that CAP_SYS_ADMIN. */
#pragma once

#include "bpf/common/percpu.bpf.h"
#include "bpf/object/kernel-objects.bpf.h"

#define MAP_TYPE_CGRP_STORAGE 32 /* 6.2; headers may be older */

/* Of hash tables, kernel/bpf/hashtab.c. */
#define BUCKET_BYTES 16    /* its list's head, and a lock */
#define LOCK_BYTES (8 * 4) /* HASHTAB_MAP_LOCK_COUNT counters of each CPU */

static __always_inline __u64 round_up(__u64 n, __u64 to)
{
	return (n + to - 1) / to * to;
}

/* kernel/bpf/arraymap.c: array_map_mem_usage() */
static __always_inline __u64 array_bytes(struct bpf_map *map, const struct wire_map *of)
{
	const __u64 head = bpf_core_type_size(struct bpf_array___loaded), page = pages(1);
	struct bpf_array___loaded *array = (void *)map;
	__u64 elements = (__u64)of->max_entries * BPF_CORE_READ(array, elem_size);

	if (of->head.type == BPF_MAP_TYPE_PERCPU_ARRAY)
		return head + of->max_entries * sizeof(void *) + elements * rs_cpus;
	if (of->map_flags & BPF_F_MMAPABLE)
		return round_up(head, page) + round_up(elements, page);
	return head + elements;
}

static __always_inline bool is_percpu_hash(__u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static __always_inline bool is_lru_hash(__u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* kernel/bpf/hashtab.c: htab_map_mem_usage() */
static __always_inline __u64 hash_bytes(struct bpf_map *map, const struct wire_map *of)
{
	struct bpf_htab *htab = (void *)map;
	const __u64 element = BPF_CORE_READ(htab, elem_size);
	const __u64 values = round_up(of->value_bytes, 8) * rs_cpus;
	const bool percpu = is_percpu_hash(of->head.type), lru = is_lru_hash(of->head.type);
	__u64 bytes = bpf_core_type_size(struct bpf_htab) + LOCK_BYTES * rs_cpus +
		      (__u64)BPF_CORE_READ(htab, n_buckets) * BUCKET_BYTES;
	__u64 n = of->max_entries;

	if (of->map_flags & BPF_F_NO_PREALLOC)
		/* an element has a list's node before it; a pointer to its values likewise */
		return bytes + of->entries * (element + 8 + (percpu ? 16 + values : 0));
	if (BPF_CORE_READ(htab, extra_elems))
		n += rs_cpus; /* one spare each */
	bytes += n * element;
	if (percpu)
		return bytes + n * values;
	return lru ? bytes : bytes + sizeof(void *) * rs_cpus;
}

/* Of tables made as they fill their own count; since 6.6 all are counted. False: it is not known.
 */
static __always_inline bool hash_entries(struct bpf_map *map, const struct wire_map *of, __u64 *ret)
{
	struct bpf_htab *htab = (void *)map;
	__u64 counts = 0;
	__s64 n = 0;

	*ret = 0;
	/* Debian's 6.1 has it as well, and counts nothing there */
	if (bpf_core_field_exists(map->elem_count))
		counts = (__u64)BPF_CORE_READ(map, elem_count);
	if (counts) {
		if (!percpu_add_up(counts, sizeof(n), &n))
			return false;
	} else if (!(of->map_flags & BPF_F_NO_PREALLOC)) {
		return false;
	} else if (bpf_core_field_exists(htab->use_percpu_counter) &&
		   BPF_CORE_READ(htab, use_percpu_counter)) {
		if (!percpu_add_up((__u64)BPF_CORE_READ(htab, pcount.counters), sizeof(__s32), &n))
			return false;
		n += BPF_CORE_READ(htab, pcount.count);
	} else {
		n = BPF_CORE_READ(htab, count.counter);
	}
	*ret = n > 0 ? n : 0; /* the CPUs are read one after the other */
	return true;
}

static __always_inline void hash_fill(struct bpf_map *map, struct wire_map *to)
{
	if (hash_entries(map, to, &to->entries))
		to->head.flags |= WIRE_OBJECT_HAS_ENTRIES;
	else if (to->map_flags & BPF_F_NO_PREALLOC)
		return;
	to->head.memory_bytes = hash_bytes(map, to);
	to->head.flags |= WIRE_OBJECT_HAS_MEMORY;
}

/* kernel/bpf/lpm_trie.c: trie_mem_usage() */
static __always_inline void trie_fill(struct bpf_map *map, struct wire_map *to)
{
	struct lpm_trie *trie = (void *)map;

	to->entries = BPF_CORE_READ(trie, n_entries);
	to->head.memory_bytes = to->entries * (bpf_core_type_size(struct lpm_trie_node) +
					       BPF_CORE_READ(trie, data_size) + to->value_bytes);
	to->head.flags |= WIRE_OBJECT_HAS_ENTRIES | WIRE_OBJECT_HAS_MEMORY;
}

/* kernel/bpf/ringbuf.c: ringbuf_map_mem_usage(). Each page of the data is mapped twice. */
static __always_inline void ring_fill(struct bpf_map *map, struct wire_map *to)
{
	struct bpf_ringbuf *ring = BPF_CORE_READ((struct bpf_ringbuf_map *)map, rb);
	const __u64 data = to->max_entries >> rs_page_shift, all = BPF_CORE_READ(ring, nr_pages);

	to->entries = BPF_CORE_READ(ring, producer_pos) - BPF_CORE_READ(ring, consumer_pos);
	to->head.memory_bytes = bpf_core_type_size(struct bpf_ringbuf_map) + pages(all) +
				(all + data) * sizeof(void *);
	to->head.flags |= WIRE_OBJECT_HAS_ENTRIES | WIRE_OBJECT_HAS_MEMORY;
}

/* kernel/bpf/queue_stack_maps.c: queue_stack_map_mem_usage(). It has a place more than it holds. */
static __always_inline void queue_fill(struct bpf_map *map, struct wire_map *to)
{
	struct bpf_queue_stack *queue = (void *)map;
	const __u32 head = BPF_CORE_READ(queue, head), tail = BPF_CORE_READ(queue, tail);
	const __u32 size = BPF_CORE_READ(queue, size);

	to->entries = head >= tail ? head - tail : head + size - tail;
	to->head.memory_bytes =
		bpf_core_type_size(struct bpf_queue_stack) + (__u64)size * to->value_bytes;
	to->head.flags |= WIRE_OBJECT_HAS_ENTRIES | WIRE_OBJECT_HAS_MEMORY;
}

/* The types from here on are not in every kernel, nor in every configuration: 0 without. */

/* kernel/bpf/stackmap.c: stack_map_mem_usage() */
static __always_inline __u64 stacks_bytes(struct bpf_map *map, const struct wire_map *of)
{
	struct bpf_stack_map *stacks = (void *)map;

	if (!bpf_core_type_exists(struct bpf_stack_map))
		return 0;
	return bpf_core_type_size(struct bpf_stack_map) +
	       (__u64)BPF_CORE_READ(stacks, n_buckets) * sizeof(void *) +
	       (__u64)of->max_entries *
		       (bpf_core_type_size(struct stack_map_bucket) + of->value_bytes);
}

/* kernel/bpf/bloom_filter.c: bloom_map_mem_usage() */
static __always_inline __u64 bloom_bytes(struct bpf_map *map)
{
	struct bpf_bloom_filter *bloom = (void *)map;

	if (!bpf_core_type_exists(struct bpf_bloom_filter))
		return 0;
	return bpf_core_type_size(struct bpf_bloom_filter) +
	       ((__u64)BPF_CORE_READ(bloom, bitset_mask) + 1) / 8;
}

/* kernel/bpf/bpf_local_storage.c: bpf_local_storage_map_mem_usage(), which leaves the elements out.
 */
static __always_inline __u64 storage_bytes(struct bpf_map *map)
{
	struct bpf_local_storage_map *storage = (void *)map;

	if (!bpf_core_type_exists(struct bpf_local_storage_map))
		return 0;
	return bpf_core_type_size(struct bpf_local_storage_map) +
	       (bpf_core_type_size(struct bpf_local_storage_map_bucket)
		<< (BPF_CORE_READ(storage, bucket_log) & 31));
}

/* Of types that have no more than a pointer for each entry; 0: it is none, or the kernel is built
 * without it. */
static __always_inline __u64 slots_bytes(const struct wire_map *of)
{
	__u64 head = 0;

	if (of->head.type == BPF_MAP_TYPE_DEVMAP)
		head = bpf_core_type_size(struct bpf_dtab);
	else if (of->head.type == BPF_MAP_TYPE_CPUMAP)
		head = bpf_core_type_size(struct bpf_cpu_map);
	else if (of->head.type == BPF_MAP_TYPE_SOCKMAP)
		head = bpf_core_type_size(struct bpf_stab);
	else if (of->head.type == BPF_MAP_TYPE_XSKMAP)
		head = bpf_core_type_size(struct xsk_map);
	else if (of->head.type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY)
		head = bpf_core_type_size(struct reuseport_array);
	return head ? head + (__u64)of->max_entries * sizeof(void *) : 0;
}

static __always_inline __u64 fixed_bytes(struct bpf_map *map, const struct wire_map *of)
{
	switch (of->head.type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return array_bytes(map, of);
	case BPF_MAP_TYPE_STACK_TRACE:
		return stacks_bytes(map, of);
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return bloom_bytes(map);
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case MAP_TYPE_CGRP_STORAGE:
		return storage_bytes(map);
	default:
		return slots_bytes(of);
	}
}

/* What is known of a map's type and configuration is in @to already. */
static __always_inline void map_size_fill(struct bpf_map *map, struct wire_map *to)
{
	const struct bpf_map_ops *ops = NULL;

	if (bpf_core_field_exists(ops->map_mem_usage))
		to->head.flags |= WIRE_OBJECT_TOLD;
	switch (to->head.type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		hash_fill(map, to);
		break;
	case BPF_MAP_TYPE_LPM_TRIE:
		trie_fill(map, to);
		break;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		ring_fill(map, to);
		break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		queue_fill(map, to);
		break;
	default:
		to->head.memory_bytes = fixed_bytes(map, to);
		if (to->head.memory_bytes)
			to->head.flags |= WIRE_OBJECT_HAS_MEMORY;
		break;
	}
}
