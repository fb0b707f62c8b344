/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the streamer reads a table of counters: through an iterator, one read(2) for some hundred
 * rows. bpf(2)'s look-ups would hold bpf_prog_active on their CPU, and preempted there they would
 * make the kernel refuse kprobe programs of others. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/wire/wire.h"

/* A program that hands out the rows of a table whose keys are of @key_type, and its rows of
 * @row_type: key and row, key and row, ... What does not fit into the reader's buffer comes with
 * the next read. */
#define ROWS_PROGRAM(name, key_type, row_type)                                                     \
	SEC("?iter/bpf_map_elem")                                                                  \
	int BPF_PROG(name, struct bpf_iter_meta *meta, void *map, void *key, void *row)            \
	{                                                                                          \
		struct seq_file *seq = meta->seq;                                                  \
                                                                                                   \
		if (!key || !row)                                                                  \
			return 0;                                                                  \
		(void)bpf_seq_write(seq, key, sizeof(key_type));                                   \
		(void)bpf_seq_write(seq, row, sizeof(row_type));                                   \
		return 0;                                                                          \
	}
