/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing goes from the cheapest trial to the dearest: what the kernel's BTF names, a program
 * of two instructions put on each function, the real programs, the self-test. A tier that fails
 * at any of these is noted with the reason, and the next is tried; all that was loaded for the
 * failed choice goes, because programs cannot be added to a loaded object. */
#include "streamer/kernel/kernel-internal.h"

#include <linux/bpf.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "proto/base/count.h"
#include "proto/base/util.h"
#include "streamer/compile/types.h"
#include "streamer/kernel/logged-actions.h"
#include "streamer/kernel/programs.h"
#include "streamer/kernel/refusal.h"
#include "streamer/kernel/selftest.h"
#include "streamer/kernel/tier-trial.h"
#include "streamer/kernel/tiers.h"

/* By chance, one may show nothing: on a busy machine others are on the CPU meanwhile. */
#define PREEMPTION_TRIALS 2u

struct kernel *kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return NULL;
	if (kernel->cpus)
		(void)munmap((void *)(uintptr_t)kernel->cpus, kernel->cpus_bytes);
	if (kernel->shares)
		(void)munmap(kernel->shares, SHARES_BYTES);
	(void)programs_free(kernel->programs);
	(void)types_free(kernel->types);
	(void)runtime_free(kernel->runtime);
	(void)bpf_objects_free(kernel->objects);
	util_closep(&kernel->stats_fd);
	util_closep(&kernel->actions_fd);
	free(kernel);
	return NULL;
}

DEFINE_FREEP(kernel);

static void note_attempt(struct kernel_probe *probe, enum kernel_tier tier, const char *error)
{
	struct kernel_attempt *attempt;

	if (probe->n_attempts == ARRAY_SIZE(probe->attempts))
		return;
	attempt = &probe->attempts[probe->n_attempts];
	/* Another set of hooks of one tier, for the same reason. */
	if (probe->n_attempts && error && attempt[-1].tier == tier && !attempt[-1].ok &&
	    !strcmp(attempt[-1].error, error))
		return;
	probe->n_attempts++;
	attempt->tier = tier;
	attempt->ok = !error;
	(void)snprintf(attempt->error, sizeof(attempt->error), "%s", error ? error : "");
}

/* The first tier from @tier on that the cheap trials do not rule out, or NULL. */
static const struct tier *choose_tier(struct kernel *kernel, unsigned id, const struct tier *tier)
{
	struct kernel_probe *probe = &kernel->probes[id];
	char error[sizeof(probe->attempts[0].error)];

	for (; tier->programs[0]; tier++) {
		if (kernel->config.attach[id] && kernel->config.attach[id] != tier->tier &&
		    !tier->only)
			continue;
		if (!(tier->variants & 1u << kernel->variant)) {
			if (!tiers_other(id, tier, kernel->variant))
				note_attempt(probe, tier->tier, kernel->without_modern);
			continue;
		}
		if (tier->built_in && kernel->compiled) {
			note_attempt(
				probe, tier->tier,
				"not among the programs that are compiled on the machine: headers "
				"do not tell what it reads");
			continue;
		}
		if (tier->taxes && !kernel->config.allow_syscall_tax) {
			note_attempt(
				probe, tier->tier,
				"not permitted: it costs every system call of every process about "
				"0.2 µs; --allow-syscall-tax permits it");
			continue;
		}
		if (!trial_tier(kernel->types, tier, error, sizeof(error)))
			return tier;
		note_attempt(probe, tier->tier, error);
	}
	return NULL;
}

/* @id's chosen tier has failed with @error: the next one. */
static void demote_tier(struct kernel *kernel, unsigned id, const char *error)
{
	const struct tier *failed = kernel->tiers[id];

	note_attempt(&kernel->probes[id], failed->tier, error);
	kernel->tiers[id] = choose_tier(kernel, id, failed + 1);
}

/* For probes that have a self-test, as test_preemption(). */
static int self_test(struct kernel *kernel, unsigned id, char *error, size_t size)
{
	const struct tier *tier = kernel->tiers[id];
	uint64_t *cookie = programs_variable(kernel->programs, "rs_selftest_cookie");
	int r;

	r = selftest_seccomp(kernel_bulk_fd(kernel), cookie, error, size);
	/* Where the child may not install a filter there is nothing to be learnt. */
	kernel->probes[id].self_tested = !r;
	if (!r && tier->bears_sleepers)
		r = selftest_sleepers(kernel_bulk_fd(kernel), cookie, 2 * kernel->n_cpus, error,
				      size);
	return r == -ENODATA ? r : 0;
}

int kernel_map_tables(struct kernel *kernel)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	kernel->cpus_bytes = (kernel->n_cpus * sizeof(struct wire_cpu) + page - 1) & ~(page - 1);
	at = mmap(NULL, kernel->cpus_bytes, PROT_READ, MAP_SHARED,
		  programs_map_fd(kernel->programs, "rs_sums"), 0);
	if (at == MAP_FAILED)
		return -errno;
	kernel->cpus = at;
	at = mmap(NULL, SHARES_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		  programs_map_fd(kernel->programs, "rs_shares"), 0);
	if (at == MAP_FAILED)
		return -errno;
	kernel->shares = at;
	return 0;
}

/* fentry and fexit programs, of which the kernel runs one at a time on a CPU: with a preempted
 * one in the way, others' denials are not seen. Whether that happens here is for a trial to say. */
static int test_preemption(struct kernel *kernel, unsigned id, char *error, size_t size)
{
	const struct tier *tier = kernel->tiers[id];
	uint64_t before = 0, after = 0;
	bool forced = kernel->config.attach[id];

	if ((tier->tier != KERNEL_TIER_FENTRY && !forced) || tier->tier == KERNEL_TIER_KPROBE ||
	    kernel_missed_runs(kernel, id, &before))
		return 0;
	after = before;
	for (unsigned trial = 0; trial < PREEMPTION_TRIALS && after == before; trial++) {
		/* One that could not be run to its end may have shown enough. */
		(void)selftest_storm(programs_variable(kernel->programs, "rs_selftest_cookie"),
				     programs_variable(kernel->programs, "rs_selftest_quiet"));
		if (kernel_missed_runs(kernel, id, &after))
			return 0;
	}
	if (after == before)
		return 0;
	if (forced) {
		kernel->probes[id].preempted = true;
		kernel->missed_in_trial[id] = after - before;
		return 0;
	}
	return refuse(error, size, -EAGAIN,
		      "this kernel preempts tasks inside the programs, and then runs none for "
		      "others: %s refused in a trial",
		      COUNTED(after - before, "run"));
}

static int test_all(struct kernel *kernel, unsigned *ret_guilty, char *error, size_t size)
{
	int r = 0;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT && !r; id++) {
		if (!kernel->tiers[id] || !tiers_tables[id].self_tested)
			continue;
		r = self_test(kernel, id, error, size);
		if (!r)
			r = test_preemption(kernel, id, error, size);
		if (r)
			*ret_guilty = id;
	}
	return r;
}

static bool any_chosen(const struct kernel *kernel)
{
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		if (kernel->tiers[id])
			return true;
	return false;
}

static int load_and_attach(struct kernel *kernel, unsigned *ret_guilty, char *error, size_t size)
{
	int r = kernel_load(kernel, ret_guilty, error, size);

	kernel_refresh(kernel);
	if (!r)
		r = kernel_attach(kernel, ret_guilty, error, size);
	if (!r)
		r = test_all(kernel, ret_guilty, error, size);
	if (r) {
		kernel->programs = programs_free(kernel->programs);
		return r;
	}
	__atomic_store_n((uint32_t *)programs_variable(kernel->programs, "rs_open"), 1,
			 __ATOMIC_SEQ_CST);
	return 0;
}

void kernel_describe_probe(struct kernel *kernel, unsigned id)
{
	struct kernel_probe *probe = &kernel->probes[id];
	const struct tier *tier = kernel->tiers[id];
	const struct look *look = tiers_looks[id];
	const char *left = tiers_left(id, kernel_attached_mask(kernel));

	probe->tier = tier->tier;
	probe->cost = tier->cost;
	while (probe->n_hooks < KERNEL_TEXTS && tier->hooks[probe->n_hooks]) {
		probe->hooks[probe->n_hooks] = tier->hooks[probe->n_hooks];
		probe->n_hooks++;
	}
	if (probe->n_hooks < KERNEL_TEXTS && kernel_link(kernel, tier->extra.program) >= 0)
		probe->hooks[probe->n_hooks++] = tier->extra.hook;
	while (probe->n_blind_spots < KERNEL_TEXTS && tier->blind_spots[probe->n_blind_spots]) {
		probe->blind_spots[probe->n_blind_spots] = tier->blind_spots[probe->n_blind_spots];
		probe->n_blind_spots++;
	}
	if (left && probe->n_blind_spots < KERNEL_TEXTS)
		probe->blind_spots[probe->n_blind_spots++] = left;
	if (look->program && kernel_link(kernel, look->program) < 0 &&
	    probe->n_blind_spots < KERNEL_TEXTS)
		probe->blind_spots[probe->n_blind_spots++] = look->without;
	note_attempt(probe, tier->tier, NULL);
}

/* Tries until what is chosen works, or nothing is left to choose. */
static int settle_tiers(struct kernel *kernel, char *error, size_t size)
{
	char why[sizeof(((struct kernel_attempt *)0)->error)] = "";
	unsigned guilty = WIRE_PROBE_COUNT;
	int r;

	kernel->iterates = trial_iterator(kernel->types, "bpf_map_elem");
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++) {
		if (!(kernel->config.probes & 1u << id))
			continue;
		kernel->tiers[id] = choose_tier(kernel, id, tiers_of[id]);
		if (kernel->tiers[id] && tiers_looks[id]->program &&
		    trial_iterator(kernel->types, tiers_looks[id]->kind))
			kernel->looks |= 1u << id;
	}
	while (any_chosen(kernel)) {
		r = load_and_attach(kernel, &guilty, why, sizeof(why));
		if (!r)
			break;
		if (guilty >= WIRE_PROBE_COUNT)
			return refuse(error, size, r, "%s", why);
		demote_tier(kernel, guilty, why);
	}
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		if (kernel->tiers[id])
			kernel_describe_probe(kernel, id);
	return any_chosen(kernel) ? kernel_map_tables(kernel) : 0;
}

/* 5.8: "bpf: Sharing bpf runtime stats with BPF_ENABLE_STATS". They are on as long as the file is
 * open. */
int kernel_enable_stats(struct kernel *kernel, char *error, size_t size)
{
	if (!kernel->config.bpf_stats)
		return 0;
	kernel->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (kernel->stats_fd >= 0)
		return 0;
	return refuse(error, size, -errno,
		      "--bpf-stats: the kernel does not turn BPF statistics on: %s%s",
		      strerrordesc_np(errno),
		      errno == EPERM ? "; CAP_SYS_ADMIN is missing: run it with sudo" : "");
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int kernel_begin(struct kernel *kernel, const struct kernel_config *config, char *error,
		 size_t size)
{
	int r;

	*error = '\0';
	(void)libbpf_set_print(print_nothing); /* what matters comes back as errors and attempts */
	kernel->config = *config;
	kernel->stats_fd = -1;
	kernel->actions_fd = logged_actions_open();
	r = libbpf_num_possible_cpus();
	if (r < 0)
		return refuse(error, size, r, "the possible CPUs cannot be read from /sys: %s",
			      strerrordesc_np(-r));
	kernel->n_cpus = (unsigned)r;
	return 0;
}

int kernel_list_objects(struct kernel *kernel)
{
	int r = 0;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT && !r; id++)
		if (kernel->tiers[id] && tiers_tables[id].lists_objects)
			r = kernel_make_objects(kernel);
	return r;
}

int kernel_new(struct kernel **ret, const struct kernel_config *config, char *error, size_t size)
{
	_cleanup_(kernel_freep) struct kernel *kernel = calloc(1, sizeof(*kernel));
	int r;

	if (!kernel)
		return refuse(error, size, -ENOMEM, "out of memory");
	r = kernel_begin(kernel, config, error, size);
	if (!r)
		r = kernel_look_at_machine(kernel, error, size);
	if (!r)
		r = kernel_enable_stats(kernel, error, size);
	if (!r)
		r = settle_tiers(kernel, error, size);
	if (!r)
		r = kernel_list_objects(kernel);
	if (r && !*error)
		refusal_explain("bpf", r, error, size);
	if (r)
		return r;
	kernel_measure(kernel);
	/* These are large, and not needed any more. */
	kernel->types = types_free(kernel->types);
	kernel->runtime = runtime_free(kernel->runtime);
	*ret = TAKE_PTR(kernel);
	return 0;
}

void kernel_detach(struct kernel *kernel)
{
	if (!kernel->programs || kernel->detached)
		return;
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		kernel->missed_error[id] = kernel_missed_runs(kernel, id, &kernel->missed[id]);
	kernel->detached = true;
	/* where somebody else still has a link, too */
	__atomic_store_n((uint32_t *)programs_variable(kernel->programs, "rs_open"), 0,
			 __ATOMIC_SEQ_CST);
	programs_detach(kernel->programs, false);
	/* Programs under way are over when every CPU has been through a grace period: those that
	 * had not come to be counted in flight, too. */
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		(void)usleep(20000);
}
