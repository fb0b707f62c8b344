/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's BPF programs and maps, as far as we read them; see kernel.h. */
#pragma once

#include <linux/btf.h>

#include "bpf/common/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* A long. Structures, so that the compiler can tell where they are: 5.16, "bpf: Fixes possible race
 * in update_prog_stats() for 32bit arches". */
struct u64_stats {
	atomic_long_t v;
};

struct bpf_prog_stats {
	struct u64_stats cnt;
	struct u64_stats nsecs;
	struct u64_stats misses;
};

struct btf {
	struct btf_type **types;
	const char *strings;
	__u32 nr_types;
};

struct user_struct {
	kuid_t uid;
};

struct bpf_prog_aux {
	__u32 id;
	__u32 func_cnt;
	struct bpf_prog___loaded **func;
	struct user_struct *user;
	__u64 load_time;
	__u32 verified_insns; /* 5.16 */
	char name[16];
	struct btf *btf;
	struct bpf_func_info *func_info;
};

struct bpf_prog___loaded {
	__u16 pages;
	enum bpf_prog_type type;
	__u32 len;
	__u32 jited_len;
	__u8 tag[8];
	struct bpf_prog_stats *stats; /* per CPU */
	struct bpf_prog_aux *aux;
};

struct bpf_map_ops {
	void *map_mem_usage; /* 6.4 */
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
	__u32 id;
	char name[16];
	__s64 *elem_count; /* 6.6, per CPU: "bpf: Add bpf_map::elem_count" */
};

struct bpf_link {
	struct bpf_prog___loaded *prog;
};

struct bpf_array___loaded {
	struct bpf_map map;
	__u32 elem_size;
};

struct bpf_htab {
	struct bpf_map map;
	struct percpu_counter pcount; /* 6.1 */
	atomic_t count;
	bool use_percpu_counter;
	__u32 n_buckets;
	__u32 elem_size;
	void **extra_elems;
};

struct lpm_trie {
	struct bpf_map map;
	unsigned long n_entries;
	unsigned long data_size;
};

struct lpm_trie_node {
	__u32 prefixlen;
};

struct bpf_ringbuf {
	int nr_pages;
	unsigned long consumer_pos;
	unsigned long producer_pos;
};

struct bpf_ringbuf_map {
	struct bpf_map map;
	struct bpf_ringbuf *rb;
};

struct bpf_queue_stack {
	struct bpf_map map;
	__u32 head;
	__u32 tail;
	__u32 size;
};

struct bpf_stack_map {
	struct bpf_map map;
	__u32 n_buckets;
};

struct stack_map_bucket {
	__u32 hash;
};

struct bpf_bloom_filter {
	struct bpf_map map;
	__u32 bitset_mask;
};

struct bpf_local_storage_map_bucket {
	struct list_head list;
};

struct bpf_local_storage_map {
	struct bpf_map map;
	__u32 bucket_log;
};

struct bpf_dtab {
	struct bpf_map map;
};

struct bpf_cpu_map {
	struct bpf_map map;
};

struct bpf_stab {
	struct bpf_map map;
};

struct xsk_map {
	struct bpf_map map;
};

struct reuseport_array {
	struct bpf_map map;
};

#pragma clang attribute pop
