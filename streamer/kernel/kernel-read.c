/* SPDX-License-Identifier: Apache-2.0 */
/* What the attached programs have counted. */
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"
#include "streamer/kernel/logged-actions.h"
#include "streamer/tables/missed-runs.h"
#include "streamer/tables/rows.h"

const struct kernel_config *kernel_config(const struct kernel *kernel)
{
	return &kernel->config;
}

const struct kernel_probe *kernel_probe(const struct kernel *kernel, unsigned probe)
{
	return &kernel->probes[probe];
}

bool kernel_is_compiled(const struct kernel *kernel)
{
	return kernel->compiled;
}

int kernel_critical_fd(const struct kernel *kernel)
{
	return kernel->programs ? programs_map_fd(kernel->programs, "rs_critical") : -ENODEV;
}

int kernel_bulk_fd(const struct kernel *kernel)
{
	return kernel->programs ? programs_map_fd(kernel->programs, "rs_bulk") : -ENODEV;
}

const struct wire_cpu *kernel_cpus(const struct kernel *kernel, unsigned *ret_n)
{
	*ret_n = kernel->cpus ? kernel->n_cpus : 0;
	return kernel->cpus;
}

/* What an iterator hands out at once has to fit into 8 pages (kernel/bpf/bpf_iter.c). */
#define ROW_MAX (16u * 1024)

size_t kernel_row_bytes(const struct kernel *kernel, const struct tiers_table *table)
{
	return table->row_size * (table->per_cpu ? kernel->n_cpus : 1);
}

/* Calls whose outcome a program at the function's return had to tell, and has not (yet): no
 * more than these can have been missed there, whatever else it was not run for. */
static uint64_t count_unresolved(const struct kernel *kernel, unsigned probe)
{
	uint64_t sum = 0;

	for (unsigned cpu = 0; cpu < kernel->n_cpus; cpu++)
		sum += __atomic_load_n(&kernel->cpus[cpu].probe[probe].unresolved,
				       __ATOMIC_RELAXED);
	return sum;
}

/* Calls whose outcome was to be told, but could not be kept in mind. */
static uint64_t count_unmarked(const struct kernel *kernel, unsigned probe)
{
	const char *name = tiers_tables[probe].unmarked;
	const uint64_t *n = name ? programs_variable(kernel->programs, name) : NULL;

	return n ? __atomic_load_n(n, __ATOMIC_RELAXED) : 0;
}

static int missed_of(const struct kernel *kernel, const struct bpf_program *prog, unsigned probe,
		     uint64_t *ret)
{
	const int fd = programs_fd(kernel->programs, prog);
	const char *section = bpf_program__section_name(prog);
	const char *outcome = tiers_tables[probe].outcome;
	const bool multi = !strncmp(section, "kretprobe.multi/", 16);
	uint64_t open;
	int r;

	if (multi || !strncmp(section, "kprobe/", 7) || !strncmp(section, "kretprobe/", 10))
		r = missed_runs_of_link(fd, programs_link_fd(kernel->programs, prog), multi, ret);
	else
		r = missed_runs_of_program(fd, ret);
	if (r || !outcome || strncmp(bpf_program__name(prog), outcome, strlen(outcome)) != 0)
		return r;
	open = count_unresolved(kernel, probe);
	if (*ret > open)
		*ret = open;
	return 0;
}

int kernel_missed_runs(const struct kernel *kernel, unsigned probe, uint64_t *ret)
{
	struct bpf_program *prog;
	uint64_t missed = 0, sum;

	if (!kernel->tiers[probe])
		return -ENODATA;
	if (kernel->detached) { /* the links are gone, and some kernels count there */
		*ret = kernel->missed[probe];
		return kernel->missed_error[probe];
	}
	sum = count_unmarked(kernel, probe);
	bpf_object__for_each_program(prog, programs_object(kernel->programs))
	{
		int r;

		if (!bpf_program__autoload(prog) ||
		    !tiers_has(kernel->tiers[probe], bpf_program__name(prog)))
			continue;
		r = missed_of(kernel, prog, probe, &missed);
		if (r)
			return r;
		sum += missed;
	}
	*ret = sum - kernel->missed_in_trial[probe];
	return 0;
}

int kernel_link(const struct kernel *kernel, const char *program)
{
	if (!program || !kernel->programs)
		return -1;
	return programs_link_fd(kernel->programs, programs_find(kernel->programs, program));
}

static struct bpf_objects_links object_links(const struct kernel *kernel)
{
	return (struct bpf_objects_links){
		.programs = kernel_link(kernel, "rs_bpf_programs"),
		.maps = kernel_link(kernel, "rs_bpf_maps"),
		.holders = kernel_link(kernel, "rs_bpf_holders"),
	};
}

/* What no hook of a probe shows, it looks at: an iterator whose program counts and writes nothing.
 */
static int run_look(int link_fd)
{
	_cleanup_close_ int fd = link_fd < 0 ? -1 : bpf_iter_create(link_fd);
	char nothing[64];

	if (fd < 0)
		return link_fd < 0 ? 0 : fd; /* none: that is a blind spot */
	/* EAGAIN: a million files are enough for one call */
	while (read(fd, nothing, sizeof(nothing)) < 0)
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	return 0;
}

int kernel_look(const struct kernel *kernel)
{
	struct bpf_objects_links links;
	int r = 0, failed = 0;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		for (const struct look *look = tiers_looks[id]; look->program; look++) {
			r = run_look(kernel_link(kernel, look->program));
			if (r)
				failed = r;
		}
	/* Who does not show now is asked again by the walk. */
	if (!kernel->objects)
		return failed;
	links = object_links(kernel);
	r = bpf_objects_look(kernel->objects, &links);
	return r && links.holders >= 0 ? r : failed;
}

static int walk_objects(const struct kernel *kernel, rows_fn fn, void *data)
{
	const struct bpf_objects_links links = object_links(kernel);

	return bpf_objects_walk(kernel->objects, &links, fn, data);
}

/* Rows that lie in an array which the programs write to meanwhile. */
struct places {
	rows_fn fn;
	void *data;
	const struct wire_row *rows;
	__u64 n;
};

/* rows_fn */
static int hand_out_place(void *data, const void *key, const void *value)
{
	const struct places *places = data;
	struct wire_row row;
	__u64 place;

	memcpy(&place, value, sizeof(place));
	if (place >= places->n)
		return -EBADMSG;
	row = *(const volatile struct wire_row *)&places->rows[place];
	return places->fn(places->data, key, &row);
}

/* Not mapped for good: all of it would count as the streamer's memory. */
static int walk_places(struct rows_table *table, const struct bpf_map *map, rows_fn fn, void *data)
{
	struct places places = {.fn = fn, .data = data, .n = bpf_map__max_entries(map)};
	const size_t size = places.n * sizeof(struct wire_row);
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	int r;

	if (at == MAP_FAILED)
		return -errno;
	places.rows = at;
	table->row_size = sizeof(__u64);
	r = rows_walk(table, hand_out_place, &places);
	(void)munmap(at, size);
	return r;
}

int kernel_rows(const struct kernel *kernel, unsigned probe, rows_fn fn, void *data)
{
	const struct tiers_table *names = &tiers_tables[probe];
	struct rows_table table = {.link_fd = -1,
				   .key_size = names->key_size,
				   .row_size = kernel_row_bytes(kernel, names)};
	const struct bpf_map *places;

	if (!kernel->programs)
		return 0;
	if (!names->map)
		return kernel->objects ? walk_objects(kernel, fn, data) : 0;
	table.map_fd = programs_map_fd(kernel->programs, names->map);
	if (table.map_fd < 0)
		return table.map_fd;
	if (table.row_size <= ROW_MAX)
		table.link_fd = kernel_link(kernel, names->program);
	places = names->rows ? programs_map(kernel->programs, names->rows) : NULL;
	return places ? walk_places(&table, places, fn, data) : rows_walk(&table, fn, data);
}

uint64_t kernel_end_epoch(const struct kernel *kernel, uint64_t reported)
{
	uint64_t *ended = NULL, latest;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT && kernel->programs && !ended; id++)
		if (tiers_tables[id].ended)
			ended = programs_variable(kernel->programs, tiers_tables[id].ended);
	if (!ended)
		return reported;
	latest = __atomic_load_n(ended, __ATOMIC_RELAXED);
	if (latest == reported)
		__atomic_store_n(ended, ++latest, __ATOMIC_SEQ_CST);
	return latest;
}

/* A number of a map's fdinfo. */
static uint64_t read_fdinfo(int fd, const char *name)
{
	_cleanup_fclose_ FILE *f = NULL;
	const size_t length = strlen(name);
	char path[64], text[128];
	uint64_t n = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(text, sizeof(text), f))
		if (!strncmp(text, name, length) && text[length] == ':')
			n = strtoull(text + length + 1, NULL, 10);
	return n;
}

/* Since 6.4 (90a5527d7686) what it takes indeed. */
static uint64_t memory_of(int fd)
{
	return read_fdinfo(fd, "memlock");
}

int kernel_make_objects(struct kernel *kernel)
{
	const int fd = programs_map_fd(kernel->programs, "rs_ooms");
	const struct bpf_objects_known_table table = {
		.id = (uint32_t)read_fdinfo(fd, "map_id"),
		.memory_bytes = memory_of(fd),
	};

	return bpf_objects_new(&kernel->objects, &table);
}

const uint64_t *kernel_own_refused(const struct kernel *kernel)
{
	for (unsigned id = 0; id < WIRE_PROBE_COUNT && kernel->programs; id++)
		if (kernel->tiers[id] && tiers_tables[id].own_refused)
			return programs_variable(kernel->programs, tiers_tables[id].own_refused);
	return NULL;
}

void kernel_measure(struct kernel *kernel)
{
	struct bpf_map *map;

	if (!kernel->programs)
		return;
	bpf_object__for_each_map(map, programs_object(kernel->programs))
	{
		uint64_t *bytes = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF ? &kernel->ring_bytes
									     : &kernel->map_bytes;

		if (bpf_map__fd(map) >= 0)
			*bytes += memory_of(bpf_map__fd(map));
	}
}

uint64_t kernel_map_bytes(const struct kernel *kernel)
{
	return kernel->map_bytes;
}

uint64_t kernel_ring_bytes(const struct kernel *kernel)
{
	return kernel->ring_bytes;
}

void kernel_refresh(struct kernel *kernel)
{
	uint32_t *at =
		kernel->programs ? programs_variable(kernel->programs, "rs_actions_logged") : NULL;

	if (at)
		__atomic_store_n(at, logged_actions_read(kernel->actions_fd), __ATOMIC_RELAXED);
}
