/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of the chosen tiers: into the kernel, and onto their hooks. */
#include <linux/bpf.h>
#include <string.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"
#include "streamer/kernel/refusal.h"
#include "streamer/kernel/tier-trial.h"

#define LOG_SIZE (1024u * 1024) /* a log that does not fit hides the error */

/* Whether the kernel has the tracepoint of a tier's extra program, if it is that. */
static bool extra_fits(const struct kernel *kernel, unsigned id, const char *program)
{
	const struct tier *tier = kernel->tiers[id];
	bool pointer;

	return !tiers_is_extra(tier, program) ||
	       types_tracepoint(kernel->types, tier->extra.tracepoint, &pointer);
}

/* Which probe's chosen tier a program belongs to; -1: none, it stays out. */
static int program_owner(const struct kernel *kernel, const char *program)
{
	if (!trial_program_fits(kernel->types, program))
		return -1;
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		if (kernel->tiers[id] &&
		    (!strcmp(program, tiers_common) ||
		     (kernel->iterates && !strcmp(program, tiers_dead)) ||
		     (tiers_has(kernel->tiers[id], program) && extra_fits(kernel, id, program)) ||
		     tiers_ends_in(id, program) ||
		     (kernel->looks & 1u << id && tiers_looks_by(id, program)) ||
		     (kernel->iterates && tiers_tables[id].program &&
		      !strcmp(tiers_tables[id].program, program))))
			return (int)id;
	return -1;
}

/* The last line of a verifier log says what it was. */
static void explain_load(const char *log, int r, char *error, size_t size)
{
	size_t end = strlen(log), start;

	while (end && log[end - 1] == '\n')
		end--;
	for (int lines = 0; lines < 2 && end; lines++) {
		start = end;
		while (start && log[start - 1] != '\n')
			start--;
		/* "processed N insns ..." closes every log */
		if (strncmp(log + start, "processed ", 10)) {
			(void)snprintf(error, size, "the kernel refuses the programs: %.*s (%s)",
				       (int)(end - start), log + start, strerrorname_np(-r));
			return;
		}
		end = start ? start - 1 : 0;
	}
	if (r == -EPERM || r == -EMFILE || r == -ENFILE || r == -ENOMEM)
		refusal_explain("bpf", r, error, size);
	else
		(void)snprintf(error, size, "the programs do not load: %s", strerrordesc_np(-r));
}

static int link_tails(const struct kernel *kernel)
{
	for (const struct tail *tail = tiers_tails(); tail->program; tail++) {
		int map = programs_map_fd(kernel->programs, tail->map), fd;

		if (map < 0 || !programs_has(kernel->programs, tail->program))
			continue;
		fd = bpf_program__fd(programs_find(kernel->programs, tail->program));
		if (bpf_map_update_elem(map, &tail->index, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

int kernel_load(struct kernel *kernel, unsigned *ret_guilty, char *error, size_t size)
{
	_cleanup_free_ char *logs = calloc(WIRE_PROBE_COUNT, LOG_SIZE);
	struct bpf_program *prog;
	int r, owner;

	*ret_guilty = WIRE_PROBE_COUNT;
	if (!logs)
		return -ENOMEM;
	r = kernel_open_programs(kernel, &kernel->programs, types_path(kernel->types));
	if (r)
		return r;
	bpf_object__for_each_program(prog, programs_object(kernel->programs))
	{
		owner = program_owner(kernel, bpf_program__name(prog));
		(void)bpf_program__set_autoload(prog, owner >= 0);
		if (owner >= 0)
			(void)bpf_program__set_log_buf(prog, logs + (size_t)owner * LOG_SIZE,
						       LOG_SIZE);
	}
	r = kernel_configure(kernel);
	if (!r)
		r = programs_load(kernel->programs);
	if (!r)
		r = link_tails(kernel);
	if (!r)
		r = kernel_make_rows(kernel);
	if (!r)
		return 0;
	/* For want of these no tier is to blame, and none would do better. */
	for (unsigned id = 0; id < WIRE_PROBE_COUNT && r != -EMFILE && r != -ENFILE; id++) {
		if (logs[(size_t)id * LOG_SIZE])
			*ret_guilty = id;
	}
	explain_load(*ret_guilty < WIRE_PROBE_COUNT ? logs + (size_t)*ret_guilty * LOG_SIZE : "", r,
		     error, size);
	return r;
}

/* Where that fails, rows are read another way; and what is not looked at is a blind spot. */
static void attach_iterators(struct kernel *kernel)
{
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++) {
		const struct tiers_table *table = &tiers_tables[id];
		const struct look *look = tiers_looks[id];

		for (; look->program; look++)
			(void)programs_attach_rows(kernel->programs, look->program, look->map);
		(void)programs_attach_rows(kernel->programs, table->program, table->map);
	}
	(void)programs_attach_rows(kernel->programs, tiers_dead, "rs_groups");
}

/* Of a probe that has nothing but iterators. */
static bool is_of_iterators(const struct kernel *kernel, const struct bpf_program *prog)
{
	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		if (kernel->tiers[id] && kernel->tiers[id]->tier == KERNEL_TIER_ITERATOR &&
		    tiers_has(kernel->tiers[id], bpf_program__name(prog)))
			return true;
	return false;
}

int kernel_attach(struct kernel *kernel, unsigned *ret_guilty, char *error, size_t size)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, programs_object(kernel->programs))
	{
		int r;

		if (!bpf_program__autoload(prog) ||
		    !(programs_has_hook(prog) || is_of_iterators(kernel, prog)))
			continue;
		r = programs_has_hook(prog)
			    ? programs_attach(kernel->programs, prog)
			    : programs_attach_rows(kernel->programs, bpf_program__name(prog), NULL);
		if (r) {
			*ret_guilty = (unsigned)program_owner(kernel, bpf_program__name(prog));
			return refuse(error, size, r, "%s cannot be attached: %s",
				      bpf_program__section_name(prog), strerrordesc_np(-r));
		}
	}
	attach_iterators(kernel);
	return 0;
}
