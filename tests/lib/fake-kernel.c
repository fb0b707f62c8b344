/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "streamer/tables/ring.h"
#include "tests/lib/fake-kernel.h"
#include "tests/lib/wire-record.h"

/* ring_init is given no more than an fd. */
static struct kernel *the_kernel;

static void ring_open(struct fake_ring *ring)
{
	ring->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ring->records = calloc(FAKE_RING_RECORDS, sizeof(*ring->records));
	assert_true(ring->fd >= 0);
	assert_non_null(ring->records);
}

static void ring_close(struct fake_ring *ring)
{
	for (; ring->head < ring->tail; ring->head++)
		free(ring->records[ring->head]);
	free(ring->records);
	(void)close(ring->fd);
}

struct kernel *fake_kernel_new(void)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	assert_non_null(kernel);
	kernel->config.probes = 3;
	ring_open(&kernel->critical);
	ring_open(&kernel->bulk);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		kernel->rows[i] = calloc(FAKE_ROWS, sizeof(*kernel->rows[i]));
		assert_non_null(kernel->rows[i]);
		if (probes[i]->field && probes[i]->on_request)
			continue; /* not attached, as by default */
		kernel->probes[i] = (struct kernel_probe){
			.tier = KERNEL_TIER_FENTRY,
			.n_hooks = 1,
			.hooks = {"fentry/fake"},
			.n_blind_spots = 1,
			.blind_spots = {"everything"},
			.n_attempts = 1,
			.attempts = {{.tier = KERNEL_TIER_FENTRY, .ok = true}},
		};
	}
	the_kernel = kernel;
	return kernel;
}

unsigned fake_attached(const struct kernel *kernel)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		n += kernel->probes[i].tier != KERNEL_TIER_NONE;
	return n;
}

struct kernel *kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return NULL;
	ring_close(&kernel->critical);
	ring_close(&kernel->bulk);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		free(kernel->rows[i]);
	free(kernel);
	the_kernel = NULL;
	return NULL;
}

struct wire_sums *fake_sums(struct kernel *kernel, unsigned probe, unsigned cpu)
{
	return &kernel->cpus[cpu].probe[probe];
}

static void ring_put(struct fake_ring *ring, const struct wire_record *record)
{
	struct wire_head *copy = malloc(record->head.size);

	assert_non_null(copy);
	assert_true(ring->tail < FAKE_RING_RECORDS);
	memcpy(copy, record, record->head.size);
	ring->records[ring->tail++] = copy;
	assert_ok(eventfd_write(ring->fd, 1));
}

void fake_submit(struct kernel *kernel, unsigned probe, unsigned cpu, uint64_t boottime,
		 size_t size)
{
	struct wire_sums *sums = fake_sums(kernel, probe, cpu);
	struct wire_record record;
	char path[4096] = "";

	record_init(&record, probe);
	for (size_t n = record.head.size; n < size; n += 200)
		(void)snprintf(path + strlen(path), 201, "/%0199d", 7);
	if (path[0])
		record_path(&record,
			    probe == WIRE_OOM_KILL ? &record.kill.victim_cgroup.path
						   : &record.denial.cgroup.path,
			    path);
	sums->seen++;
	sums->submitted++;
	record.head.boottime_nano = boottime;
	record.head.cpu = cpu;
	record.head.seen = sums->seen;
	record.head.limited = sums->limited;
	record.head.dropped = sums->dropped;
	ring_put(probe == WIRE_OOM_KILL ? &kernel->critical : &kernel->bulk, &record);
}

void fake_path(struct kernel *kernel, const char *path)
{
	struct wire_record record;

	record_init(&record, WIRE_TCP_QUEUE);
	record.path.cgroup.id = FAKE_CGROUP;
	record_path(&record, &record.path.cgroup.path, path);
	ring_put(&kernel->bulk, &record);
}

void fake_drop(struct kernel *kernel, unsigned probe, unsigned cpu)
{
	fake_sums(kernel, probe, cpu)->seen++;
	fake_sums(kernel, probe, cpu)->dropped++;
}

struct fake_row *fake_row(struct kernel *kernel, int syscall)
{
	struct fake_row *rows = kernel->rows[WIRE_SECCOMP_DENIAL];
	size_t n = kernel->n_rows[WIRE_SECCOMP_DENIAL];

	for (size_t i = 0; i < n; i++)
		if (rows[i].key.denial.nr == syscall)
			return &rows[i];
	assert_true(n < FAKE_ROWS);
	kernel->n_rows[WIRE_SECCOMP_DENIAL]++;
	rows[n].key.denial = (struct wire_denial_key){.cgroup_id = FAKE_CGROUP,
						      .nr = syscall,
						      .arch = 0xc000003e};
	return &rows[n];
}

void fake_limit(struct kernel *kernel, unsigned cpu, int syscall, uint64_t boottime)
{
	struct wire_sums *sums = fake_sums(kernel, WIRE_SECCOMP_DENIAL, cpu);
	struct wire_row *row = &fake_row(kernel, syscall)->row;

	sums->seen++;
	sums->limited++;
	row->count++;
	row->limited++;
	row->last = row->last_limited = boottime;
	if (!row->first_limited)
		row->first_limited = boottime;
}

size_t fake_left(const struct fake_ring *ring)
{
	return ring->tail - ring->head;
}

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
	return false;
}

int kernel_critical_fd(const struct kernel *kernel)
{
	return kernel->critical.fd;
}

int kernel_bulk_fd(const struct kernel *kernel)
{
	return kernel->bulk.fd;
}

const struct wire_cpu *kernel_cpus(const struct kernel *kernel, unsigned *ret_n)
{
	*ret_n = FAKE_CPUS;
	return kernel->cpus;
}

int kernel_missed_runs(const struct kernel *kernel, unsigned probe, uint64_t *ret)
{
	if (kernel->missed[probe] < 0)
		return -ENODATA;
	*ret = (uint64_t)kernel->missed[probe];
	return 0;
}

int kernel_rows(const struct kernel *kernel, unsigned probe, rows_fn fn, void *data)
{
	int r = 0;

	((struct kernel *)(uintptr_t)kernel)->walks++;
	for (size_t i = 0; i < kernel->n_rows[probe] && !r; i++)
		r = fn(data, &kernel->rows[probe][i].key,
		       probe == WIRE_TCP_QUEUE ? (const void *)kernel->rows[probe][i].tcp
					       : &kernel->rows[probe][i].row);
	return r;
}

int kernel_look(const struct kernel *kernel)
{
	((struct kernel *)(uintptr_t)kernel)->looks++;
	return kernel->look_error;
}

uint64_t kernel_end_epoch(const struct kernel *kernel, uint64_t reported)
{
	uint64_t *epoch = &((struct kernel *)(uintptr_t)kernel)->epoch;

	if (*epoch == reported)
		++*epoch;
	return *epoch;
}

const uint64_t *kernel_own_refused(const struct kernel *kernel)
{
	return kernel->own_refused;
}

uint64_t kernel_map_bytes(const struct kernel *kernel)
{
	return FAKE_MAP_BYTES;
}

uint64_t kernel_ring_bytes(const struct kernel *kernel)
{
	return FAKE_RING_BYTES;
}

void kernel_refresh(struct kernel *kernel)
{
}

void kernel_forget_paths(const struct kernel *kernel, const struct wire_known *known)
{
	((struct kernel *)(uintptr_t)kernel)->forgotten++;
}

bool kernel_take_gone(const struct kernel *kernel, struct wire_gone *ret)
{
	struct kernel *k = (struct kernel *)(uintptr_t)kernel;

	if (!k->n_gone)
		return false;
	*ret = k->gone[--k->n_gone];
	return true;
}

uint64_t kernel_gone_missed(const struct kernel *kernel)
{
	return kernel->gone_missed;
}

int kernel_dead(const struct kernel *kernel, kernel_dead_fn fn, void *data)
{
	int r = 0;

	for (size_t i = 0; i < kernel->n_dead && !r; i++)
		r = fn(data, &kernel->dead[i]);
	return r;
}

bool kernel_forget_group(const struct kernel *kernel, const struct wire_gone *gone)
{
	struct kernel *k = (struct kernel *)(uintptr_t)kernel;

	if (gone->slot == k->has_children)
		return false;
	k->groups_forgotten++;
	return true;
}

void kernel_forget_row(const struct kernel *kernel, unsigned probe, const void *key, bool others,
		       const struct wire_gone *gone)
{
	struct kernel *k = (struct kernel *)(uintptr_t)kernel;
	const size_t size = probes[probe]->key_size;

	for (size_t i = 0; i < k->n_rows[probe]; i++) {
		if (memcmp(&k->rows[probe][i].key, key, size))
			continue;
		k->rows[probe][i] = k->rows[probe][--k->n_rows[probe]];
		return;
	}
}

int kernel_write_note(const struct kernel *kernel, struct kernel_note *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->n_cpus = FAKE_CPUS;
	return 0;
}

int kernel_each_fd(const struct kernel *kernel, programs_fd_fn fn, void *data)
{
	int r = fn(data, PROGRAMS_MAP, "rs_bulk", kernel->bulk.fd);

	return r ? r : fn(data, PROGRAMS_LINK, "rs_fake", kernel->critical.fd);
}

void kernel_keep(struct kernel *kernel)
{
	kernel->kept = true;
}

/* Goes on with the one there is. */
int kernel_adopt(struct kernel **ret, const struct kernel_config *config,
		 const struct kernel_note *note, const struct programs_fds *fds, char *error,
		 size_t size)
{
	assert_int_equal(note->n_cpus, FAKE_CPUS);
	assert_true(fds->find(fds->data, PROGRAMS_MAP, "rs_bulk") >= 0);
	assert_true(fds->find(fds->data, PROGRAMS_LINK, "rs_fake") >= 0);
	*ret = the_kernel;
	return 0;
}

void kernel_detach(struct kernel *kernel)
{
	kernel->detached = true;
}

int ring_init(struct ring *ring, int map_fd)
{
	*ring = (struct ring){.fd = map_fd};
	return 0;
}

void ring_done(struct ring *ring)
{
	ring->fd = -1;
}

static struct fake_ring *find(const struct ring *ring)
{
	return ring->fd == the_kernel->bulk.fd ? &the_kernel->bulk : &the_kernel->critical;
}

bool ring_release(struct ring *ring)
{
	return false;
}

uint64_t ring_held(const struct ring *ring)
{
	return 0;
}

int ring_resume(struct ring *ring, uint64_t pos)
{
	return 0;
}

int ring_drain(struct ring *ring, unsigned max, ring_fn fn, void *data, unsigned *ret_n)
{
	struct fake_ring *fake = find(ring);
	unsigned n = 0;
	int r = 0;

	while (n < max && fake->head < fake->tail && !r) {
		struct wire_head *record = fake->records[fake->head];

		r = fn(data, record, record->size);
		if (r == RING_KEEP)
			break;
		free(record);
		fake->head++;
		n++;
	}
	if (fake->head == fake->tail) {
		fake->head = fake->tail = 0;
		(void)eventfd_read(fake->fd, &(eventfd_t){0});
	}
	*ret_n = n;
	return r;
}
