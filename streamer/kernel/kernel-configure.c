/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs are told before they are loaded: sizes, limits, what is attached beside them.
 */
#include <linux/bpf.h>
#include <sys/param.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"

#define TABLE_BYTES (8u << 20)
#define ROWS_MIN 512u
#define ROWS_MAX 4096u

static void widen(struct bpf_map *map, unsigned n_cpus)
{
	if (map && bpf_map__max_entries(map) < 256 * n_cpus)
		(void)bpf_map__set_max_entries(map, 256 * n_cpus);
}

/* Each CPU keeps up to 128 free entries of an LRU map to itself (kernel/bpf/bpf_lru_list.c). */
void kernel_widen_lrus(const struct programs *programs, unsigned n_cpus)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, programs_object(programs))
	{
		if (bpf_map__type(map) == BPF_MAP_TYPE_LRU_HASH)
			widen(map, n_cpus);
	}
}

static int resize_map(const struct kernel *kernel, const char *name, uint32_t entries)
{
	struct bpf_map *map = programs_map(kernel->programs, name);

	return map ? bpf_map__set_max_entries(map, entries) : -ENOENT;
}

uint32_t kernel_attached_mask(const struct kernel *kernel)
{
	uint32_t mask = 0;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		mask |= kernel->tiers[id] ? 1u << id : 0;
	return mask;
}

static int set_numbers(const struct kernel *kernel)
{
	const struct programs *programs = kernel->programs;
	const struct {
		const char *name;
		uint32_t value;
	} numbers[] = {
		{"rs_page_shift", (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE))},
		{"rs_cpus", kernel->n_cpus},
		{"rs_attached", kernel_attached_mask(kernel)},
		{"rs_looks", kernel->looks},
		{"rs_trial_call", __NR_getppid},
		{"rs_trial_call_too", __NR_getpgid},
		{"rs_sees_audit", programs_has(programs, "rs_sec_audit")},
		{"rs_sees_kill",
		 programs_has(programs, "rs_oom_begin") || programs_has(programs, "rs_oom_kbegin")},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint32_t *at = programs_constant(programs, numbers[i].name);

		if (!at)
			return -ENOENT;
		*at = numbers[i].value;
	}
	return 0;
}

/* As many rows of all CPUs as TABLE_BYTES take, and no fewer than ROWS_MIN. */
static int size_table(const struct kernel *kernel, const struct tiers_table *table)
{
	const size_t bytes = kernel_row_bytes(kernel, table);
	const size_t rows = MAX(MIN(TABLE_BYTES / bytes, ROWS_MAX), ROWS_MIN);
	uint32_t *row_bytes, *room;

	row_bytes = programs_constant(kernel->programs, table->row_bytes);
	room = programs_constant(kernel->programs, table->room);
	if (!row_bytes || !room)
		return -ENOENT;
	*row_bytes = (uint32_t)bytes;
	*room = (uint32_t)rows - 1; /* without that of all others */
	return resize_map(kernel, table->map, (uint32_t)rows);
}

/* The maps of @table's probe alone, which is not wanted. */
static int leave_out(const struct kernel *kernel, const struct tiers_table *table)
{
	int r = 0;

	for (size_t i = 0; i < KERNEL_TEXTS && table->maps[i] && !r; i++) {
		struct bpf_map *map = programs_map(kernel->programs, table->maps[i]);

		r = map ? bpf_map__set_autocreate(map, false) : 0;
	}
	return r;
}

/* Tables that take much memory: only where they are wanted. */
static int set_tables(const struct kernel *kernel)
{
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++) {
		const struct tiers_table *table = &tiers_tables[id];
		int r = 0;

		if (!kernel->tiers[id])
			r = leave_out(kernel, table);
		else if (table->per_cpu && programs_map(kernel->programs, table->map))
			r = size_table(kernel, table);
		if (r)
			return r;
	}
	return 0;
}

/* The row of all others. */
static int make_row(const struct kernel *kernel, const struct tiers_table *table)
{
	_cleanup_free_ void *zero = calloc(1, kernel_row_bytes(kernel, table));
	_cleanup_free_ void *others = calloc(1, table->key_size);
	const int fd = programs_map_fd(kernel->programs, table->map);

	if (!zero || !others)
		return -ENOMEM;
	return bpf_map_update_elem(fd, others, zero, BPF_ANY) ? -errno : 0;
}

int kernel_make_rows(const struct kernel *kernel)
{
	int r = 0;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT && !r; id++)
		if (kernel->tiers[id] && tiers_tables[id].per_cpu)
			r = make_row(kernel, &tiers_tables[id]);
	return r;
}

/* GCRA: the time one event earns back, and how far ahead of time a burst may run. */
static int set_rate(const struct kernel *kernel, const char *name, uint32_t rate, uint32_t burst)
{
	const uint64_t interval = rate ? 1000000000ull / rate : 0;
	struct wire_rate *at = programs_constant(kernel->programs, name);

	if (!at)
		return -ENOENT;
	at->interval = interval;
	at->tolerance = burst ? interval * (burst - 1) : 0;
	return 0;
}

int kernel_configure(struct kernel *kernel)
{
	const struct kernel_config *config = &kernel->config;
	int r = set_numbers(kernel);

	if (!r)
		r = set_rate(kernel, "rs_rate", config->rate, config->burst);
	if (!r) /* a second's worth may come at once */
		r = set_rate(kernel, "rs_group_rate", config->container_rate,
			     config->container_rate);
	kernel_widen_lrus(kernel->programs, kernel->n_cpus);
	widen(programs_map(kernel->programs, "rs_victims"), kernel->n_cpus);
	if (!r)
		r = set_tables(kernel);
	if (!r)
		r = resize_map(kernel, "rs_sums", kernel->n_cpus);
	if (!r)
		r = resize_map(kernel, "rs_critical", config->critical_ring_bytes);
	if (!r)
		r = resize_map(kernel, "rs_bulk", config->bulk_ring_bytes);
	return r;
}
