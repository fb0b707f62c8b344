/* SPDX-License-Identifier: Apache-2.0 */
/* Programs are told apart by all their bytes: where as much as one instruction is another one,
 * those that are new are what is wanted. */
#include "streamer/kernel/kernel-adopt.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"

DEFINE_FREEP(kernel);

static uint64_t hash_texts(const char *const *texts, uint64_t hash)
{
	for (size_t i = 0; i < KERNEL_TEXTS && texts[i]; i++)
		hash = XXH64(texts[i], strlen(texts[i]) + 1, hash);
	return hash;
}

/* What was loaded, and the table that a tier's place is in. */
static uint64_t hash_programs(enum programs_variant variant)
{
	size_t size;
	const void *image = programs_image(variant, &size);
	uint64_t hash = XXH64(image, size, sizeof(struct kernel_note));

	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		for (const struct tier *tier = tiers_of[id]; tier->programs[0]; tier++)
			hash = hash_texts(tier->hooks, hash_texts(tier->programs, hash));
	return hash;
}

/* Member by member, since there is padding between some. --bpf-stats is each process's own. */
static uint64_t hash_config(const struct kernel_config *config)
{
	uint64_t all[8 + WIRE_PROBE_COUNT] = {
		config->probes,
		config->build,
		config->allow_syscall_tax,
		config->critical_ring_bytes,
		config->bulk_ring_bytes,
		config->rate,
		config->burst,
		config->container_rate,
	};
	uint64_t hash;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		all[8 + id] = config->attach[id];
	hash = XXH64(all, sizeof(all), 0);
	return config->btf_path ? XXH64(config->btf_path, strlen(config->btf_path), hash) : hash;
}

/* programs_fd_fn */
static int count_fd(void *data, enum programs_kind kind, const char *name, int fd)
{
	++*(uint32_t *)data;
	return 0;
}

static uint32_t count_fds(const struct kernel *kernel)
{
	uint32_t n = 0;

	(void)programs_each_fd(kernel->programs, count_fd, &n);
	return n;
}

int kernel_write_note(const struct kernel *kernel, struct kernel_note *ret)
{
	if (kernel->compiled || !kernel->programs)
		return -ENOTSUP;
	memset(ret, 0, sizeof(*ret));
	ret->programs = hash_programs(kernel->variant);
	ret->asked = hash_config(&kernel->config);
	ret->map_bytes = kernel->map_bytes;
	ret->ring_bytes = kernel->ring_bytes;
	ret->n_cpus = kernel->n_cpus;
	ret->variant = kernel->variant;
	ret->iterates = kernel->iterates;
	ret->looks = kernel->looks;
	ret->n_fds = count_fds(kernel);
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++) {
		const struct kernel_probe *probe = &kernel->probes[id];
		struct kernel_note_probe *note = &ret->probes[id];

		if (kernel->tiers[id])
			note->tier = (uint32_t)(kernel->tiers[id] - tiers_of[id]) + 1;
		note->self_tested = probe->self_tested;
		note->preempted = probe->preempted;
		note->missed_in_trial = kernel->missed_in_trial[id];
		note->n_attempts = (uint32_t)probe->n_attempts;
		memcpy(note->attempts, probe->attempts, sizeof(note->attempts));
	}
	return 0;
}

int kernel_each_fd(const struct kernel *kernel, programs_fd_fn fn, void *data)
{
	return kernel->programs ? programs_each_fd(kernel->programs, fn, data) : 0;
}

void kernel_keep(struct kernel *kernel)
{
	if (kernel->programs)
		programs_keep(kernel->programs);
}

static int check_note(const struct kernel *kernel, const struct kernel_note *note, char *error,
		      size_t size)
{
	if (note->variant > PROGRAMS_LEGACY || note->n_cpus != kernel->n_cpus)
		return refuse(error, size, -ESTALE, "it is not of this machine");
	if (note->programs != hash_programs((enum programs_variant)note->variant))
		return refuse(error, size, -ESTALE, "this version has other BPF programs");
	if (note->asked != hash_config(&kernel->config))
		return refuse(error, size, -ESTALE,
			      "other probes, rings or limits are asked for now");
	return 0;
}

static const struct tier *find_tier(unsigned id, uint32_t place)
{
	const struct tier *tier = tiers_of[id];

	for (; place > 1 && tier->programs[0]; place--)
		tier++;
	return place && tier->programs[0] ? tier : NULL;
}

static void take_attempts(struct kernel_probe *probe, const struct kernel_note_probe *note)
{
	probe->n_attempts = min_u64(note->n_attempts, ARRAY_SIZE(probe->attempts));
	memcpy(probe->attempts, note->attempts, sizeof(probe->attempts));
	for (size_t i = 0; i < ARRAY_SIZE(probe->attempts); i++)
		probe->attempts[i].error[sizeof(probe->attempts[i].error) - 1] = '\0';
}

static void take_probe(struct kernel *kernel, unsigned id, const struct kernel_note_probe *note)
{
	struct kernel_probe *probe = &kernel->probes[id];

	if (kernel->tiers[id])
		kernel_describe_probe(kernel, id);
	probe->self_tested = note->self_tested;
	probe->preempted = note->preempted;
	kernel->missed_in_trial[id] = note->missed_in_trial;
	take_attempts(probe, note);
}

static int take_note(struct kernel *kernel, const struct kernel_note *note,
		     const struct programs_fds *fds, char *error, size_t size)
{
	int r = check_note(kernel, note, error, size);

	if (r)
		return r;
	kernel->variant = (enum programs_variant)note->variant;
	kernel->iterates = note->iterates;
	kernel->looks = note->looks;
	kernel->map_bytes = note->map_bytes;
	kernel->ring_bytes = note->ring_bytes;
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		kernel->tiers[id] = find_tier(id, note->probes[id].tier);
	r = programs_open(&kernel->programs, kernel->variant, NULL, (struct programs_cast){0});
	if (!r)
		r = programs_adopt(kernel->programs, fds);
	if (!r && count_fds(kernel) != note->n_fds)
		r = -ESTALE;
	for (unsigned id = 0; id < WIRE_PROBE_COUNT && !r; id++)
		take_probe(kernel, id, &note->probes[id]);
	if (!r)
		r = kernel_map_tables(kernel);
	return r ? refuse(error, size, r, "what was kept of it is not whole: %s",
			  strerrordesc_np(-r))
		 : 0;
}

int kernel_adopt(struct kernel **ret, const struct kernel_config *config,
		 const struct kernel_note *note, const struct programs_fds *fds, char *error,
		 size_t size)
{
	_cleanup_(kernel_freep) struct kernel *kernel = calloc(1, sizeof(*kernel));
	int r;

	if (!kernel)
		return refuse(error, size, -ENOMEM, "out of memory");
	r = kernel_begin(kernel, config, error, size);
	if (!r)
		r = take_note(kernel, note, fds, error, size);
	if (!r)
		r = kernel_enable_stats(kernel, error, size);
	if (!r)
		r = kernel_list_objects(kernel);
	if (r)
		return *error ? r : refuse(error, size, r, "%s", strerrordesc_np(-r));
	kernel_refresh(kernel);
	*ret = TAKE_PTR(kernel);
	return 0;
}
