/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/flood-kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "flood.skel.h"
#include "streamer/kernel/kernel-adopt.h"
#include "streamer/report/totals.h"

struct kernel {
	struct flood *flood;
	struct kernel_probe probe;
};

struct kernel *flood_new(void)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	if (kernel)
		kernel->flood = flood__open_and_load();
	if (!kernel || !kernel->flood) {
		(void)fprintf(stderr, "flood: %s (it needs root)\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	kernel->probe = (struct kernel_probe){.tier = KERNEL_TIER_FENTRY};
	return kernel;
}

struct kernel *kernel_free(struct kernel *kernel)
{
	if (kernel)
		flood__destroy(kernel->flood);
	free(kernel);
	return NULL;
}

struct flood_record *flood_records(struct kernel *kernel)
{
	return kernel->flood->bss->records;
}

void flood_run(struct kernel *kernel, unsigned n)
{
	char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = (int)n);

	if (bpf_prog_test_run_opts(bpf_program__fd(kernel->flood->progs.flood), &opts) < 0) {
		perror("flood: BPF_PROG_TEST_RUN");
		exit(EXIT_FAILURE);
	}
}

struct wire_sums flood_sums(const struct kernel *kernel)
{
	return totals_kernel(kernel->flood->bss->sums, FLOOD_CPUS, WIRE_SECCOMP_DENIAL);
}

const struct kernel_config *kernel_config(const struct kernel *kernel)
{
	static const struct kernel_config config = {.probes = 2};

	return &config;
}

const struct kernel_probe *kernel_probe(const struct kernel *kernel, unsigned probe)
{
	return &kernel->probe;
}

bool kernel_is_compiled(const struct kernel *kernel)
{
	return false;
}

int kernel_critical_fd(const struct kernel *kernel)
{
	return bpf_map__fd(kernel->flood->maps.critical);
}

int kernel_bulk_fd(const struct kernel *kernel)
{
	return bpf_map__fd(kernel->flood->maps.bulk);
}

const struct wire_cpu *kernel_cpus(const struct kernel *kernel, unsigned *ret_n)
{
	*ret_n = FLOOD_CPUS;
	return kernel->flood->bss->sums;
}

int kernel_missed_runs(const struct kernel *kernel, unsigned probe, uint64_t *ret)
{
	*ret = 0;
	return 0;
}

int kernel_rows(const struct kernel *kernel, unsigned probe, rows_fn fn, void *data)
{
	return 0;
}

void kernel_forget_row(const struct kernel *kernel, unsigned probe, const void *key, bool others,
		       const struct wire_gone *gone)
{
}

bool kernel_take_gone(const struct kernel *kernel, struct wire_gone *ret)
{
	return false;
}

uint64_t kernel_gone_missed(const struct kernel *kernel)
{
	return 0;
}

int kernel_dead(const struct kernel *kernel, kernel_dead_fn fn, void *data)
{
	return 0;
}

bool kernel_forget_group(const struct kernel *kernel, const struct wire_gone *gone)
{
	return true;
}

void kernel_forget_paths(const struct kernel *kernel, const struct wire_known *known)
{
}

const uint64_t *kernel_own_refused(const struct kernel *kernel)
{
	return NULL;
}

uint64_t kernel_map_bytes(const struct kernel *kernel)
{
	return 0;
}

uint64_t kernel_ring_bytes(const struct kernel *kernel)
{
	return 0;
}

int kernel_look(const struct kernel *kernel)
{
	return 0;
}

uint64_t kernel_end_epoch(const struct kernel *kernel, uint64_t reported)
{
	return reported;
}

void kernel_refresh(struct kernel *kernel)
{
}

void kernel_detach(struct kernel *kernel)
{
}

int kernel_write_note(const struct kernel *kernel, struct kernel_note *ret)
{
	return -ENOTSUP;
}

int kernel_each_fd(const struct kernel *kernel, programs_fd_fn fn, void *data)
{
	return 0;
}

void kernel_keep(struct kernel *kernel)
{
}

int kernel_adopt(struct kernel **ret, const struct kernel_config *config,
		 const struct kernel_note *note, const struct programs_fds *fds, char *error,
		 size_t size)
{
	return -ENOTSUP;
}
