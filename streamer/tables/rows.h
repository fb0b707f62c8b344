/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a counter table of the programs, a BPF hash map. */
#pragma once

#include <stddef.h>

/* The table of @probe. Read through its iterator, a link made by programs_attach_rows(), where
 * there is one: that takes one system call for some hundred rows, and never keeps the kernel from
 * running programs (bpf/common/rows.bpf.h). */
struct rows_table {
	int map_fd;  /* borrowed */
	int link_fd; /* borrowed; -1: no iterator, the map is read with bpf(2) */
	size_t key_size;
	size_t row_size; /* of all CPUs, where each has its own: a multiple of 8 */
};

/* Returns 0 to go on; what else it returns ends the walk. */
typedef int (*rows_fn)(void *data, const void *key, const void *row);

/* Calls @fn for each row, in no order. Rows that are made meanwhile may be left out. Returns 0,
 * what
 * @fn returned, or -errno. */
int rows_walk(const struct rows_table *table, rows_fn fn, void *data);
