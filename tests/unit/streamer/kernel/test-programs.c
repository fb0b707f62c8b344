/* SPDX-License-Identifier: Apache-2.0 */
/* The tiers and the compiled programs have to agree, in each variant; and the loops of the legacy
 * variant have to be of a form that its kernels take. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"
#include "streamer/kernel/programs.h"
#include "streamer/kernel/tiers.h"
#include "tests/lib/test.h"

static const enum programs_variant variants[] = {PROGRAMS_MODERN, PROGRAMS_LEGACY};

static struct programs *open_variant(enum programs_variant variant)
{
	struct programs *programs = NULL;

	assert_ok(programs_open(&programs, variant, NULL, (struct programs_cast){0}));
	return programs;
}

static bool is_used(enum programs_variant variant, const char *program)
{
	for (unsigned probe = 0; probe < WIRE_PROBE_COUNT; probe++) {
		const char *rows = tiers_tables[probe].program;

		if (tiers_ends_in(probe, program) || (rows && !strcmp(rows, program)) ||
		    !strcmp(tiers_common, program) || !strcmp(tiers_dead, program) ||
		    tiers_looks_by(probe, program))
			return true;
		for (const struct tier *t = tiers_of[probe]; t->programs[0]; t++)
			if (t->variants & 1u << variant && tiers_has(t, program))
				return true;
	}
	return false;
}

static void every_program_of_a_tier_is_in_its_variants(void **state)
{
	for (size_t v = 0; v < ARRAY_SIZE(variants); v++) {
		struct programs *programs = open_variant(variants[v]);

		for (unsigned probe = 0; probe < WIRE_PROBE_COUNT; probe++)
			for (const struct tier *t = tiers_of[probe]; t->programs[0]; t++)
				for (size_t i = 0; t->programs[i]; i++)
					if (t->variants & 1u << variants[v] &&
					    !programs_find(programs, t->programs[i]))
						fail_msg("variant %u has no %s", variants[v],
							 t->programs[i]);
		(void)programs_free(programs);
	}
}

static void every_program_is_of_some_tier(void **state)
{
	for (size_t v = 0; v < ARRAY_SIZE(variants); v++) {
		struct programs *programs = open_variant(variants[v]);
		struct bpf_program *prog;

		bpf_object__for_each_program(prog, programs_object(programs))
		{
			if (!is_used(variants[v], bpf_program__name(prog)))
				fail_msg("variant %u: nobody loads %s", variants[v],
					 bpf_program__name(prog));
		}
		(void)programs_free(programs);
	}
}

static void every_tail_is_somewhere(void **state)
{
	for (const struct tail *tail = tiers_tails(); tail->program; tail++) {
		unsigned found = 0;

		for (size_t v = 0; v < ARRAY_SIZE(variants); v++) {
			struct programs *programs = open_variant(variants[v]);
			const struct bpf_map *map = programs_map(programs, tail->map);

			if (map && programs_find(programs, tail->program)) {
				assert_true(tail->index < bpf_map__max_entries(map));
				found++;
			}
			(void)programs_free(programs);
		}
		assert_true(found > 0);
	}
}

static void constants_are_found_by_name(void **state)
{
	static const char *const names[] = {"rs_page_shift", "rs_cpus",       "rs_rate",
					    "rs_group_rate", "rs_sees_audit", "rs_sees_kill",
					    "rs_attached",   "rs_looks"};

	for (size_t v = 0; v < ARRAY_SIZE(variants); v++) {
		struct programs *programs = open_variant(variants[v]);

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			assert_non_null(programs_constant(programs, names[i]));
		assert_int_equal(*(uint32_t *)programs_constant(programs, "rs_page_shift"), 12);
		assert_null(programs_constant(programs, "rs_no_such"));
		assert_null(programs_variable(programs, "rs_selftest_cookie")); /* not loaded */
		assert_null(programs_map(programs, "rs_no_such"));
		assert_int_equal(programs_map_fd(programs, "rs_no_such"), -ENOENT);
		assert_null(programs_find(programs, "rs_no_such"));
		(void)programs_free(programs);
	}
}

static void maps_that_forget_have_room_for_each_cpu(void **state)
{
	const unsigned n_cpus = 4096;
	struct bpf_map *map;

	for (size_t v = 0; v < ARRAY_SIZE(variants); v++) {
		struct programs *programs = open_variant(variants[v]);
		unsigned found = 0;

		kernel_widen_lrus(programs, n_cpus);
		bpf_object__for_each_map(map, programs_object(programs))
		{
			if (bpf_map__type(map) != BPF_MAP_TYPE_LRU_HASH)
				continue;
			assert_true(bpf_map__max_entries(map) >= 256 * n_cpus);
			found++;
		}
		assert_true(found >= 3); /* rs_known, rs_oom_seen, rs_kill_ended */
		(void)programs_free(programs);
	}
}

static void what_another_probe_tells_is_no_blind_spot(void **state)
{
	assert_non_null(strstr(tiers_left(WIRE_OOM_KILL, 1u << WIRE_OOM_KILL), "by user space"));
	assert_null(tiers_left(WIRE_OOM_KILL, 1u << WIRE_OOM_KILL | 1u << WIRE_SIGNAL_KILL));
	assert_null(tiers_left(WIRE_SIGNAL_KILL, 1u << WIRE_SIGNAL_KILL));
	for (const struct tier *t = tiers_of[WIRE_OOM_KILL]; t->programs[0]; t++)
		for (size_t i = 0; t->blind_spots[i]; i++)
			assert_null(strstr(t->blind_spots[i], "by user space"));
}

/* Helpers that came after 5.10. The reads of a per-CPU rss are dead code there: 6.2 brought it. */
static bool is_too_new(int helper)
{
	return helper > BPF_FUNC_redirect_peer && helper != BPF_FUNC_map_lookup_percpu_elem;
}

static void assert_old(const struct bpf_program *prog)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++) {
		const struct bpf_insn *insn = &insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && is_too_new(insn->imm))
			fail_msg("%s calls helper %d", bpf_program__name(prog), insn->imm);
		/* Atomic operations that return something came with 5.12. */
		if ((insn->code & ~BPF_DW) == (BPF_STX | BPF_ATOMIC) && insn->imm != BPF_ADD)
			fail_msg("%s has atomic operation %#x", bpf_program__name(prog), insn->imm);
	}
}

struct walk {
	const struct bpf_insn *insns;
	uint8_t *state;
	size_t stack[65536];
	size_t depth;
};

enum { SEEN = 1, BRANCHED = 2, DONE = 4 };

/* An edge; @jumps: loops may go round by it. */
static void step(struct walk *walk, size_t to, bool jumps, const char *name, size_t from)
{
	if (walk->state[to] & DONE)
		return;
	if (walk->state[to] & SEEN) {
		if (!jumps)
			fail_msg("%s: back-edge from insn %zu to %zu", name, from, to);
		return;
	}
	walk->state[to] |= SEEN;
	walk->stack[walk->depth++] = to;
}

/* kernel/bpf/verifier.c check_cfg() up to 6.1: depth first; what falls through must not lead back
 * to what is still being looked at. */
static void walk_one(struct walk *walk, const char *name)
{
	const size_t at = walk->stack[walk->depth - 1], depth = walk->depth;
	const struct bpf_insn *insn = &walk->insns[at];
	const unsigned class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	const size_t next = at + (insn->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1);
	const bool branches = (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL &&
			      op != BPF_EXIT && !(class == BPF_JMP && op == BPF_JA);

	if (branches && !(walk->state[at] & BRANCHED)) {
		walk->state[at] |= BRANCHED;
		step(walk, next, true, name, at);
		if (walk->depth > depth)
			return;
	}
	if (branches || (class == BPF_JMP && op == BPF_JA))
		step(walk, (size_t)((ssize_t)at + 1 + insn->off), true, name, at);
	else if (!(class == BPF_JMP && op == BPF_EXIT))
		step(walk, next, false, name, at);
	if (walk->depth > depth)
		return;
	walk->state[at] |= DONE;
	walk->depth--;
}

static void assert_loops(const struct bpf_program *prog)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	assert_non_null(walk);
	walk->state = calloc(bpf_program__insn_cnt(prog) + 1, 1);
	assert_non_null(walk->state);
	walk->insns = bpf_program__insns(prog);
	walk->state[0] = SEEN;
	walk->stack[walk->depth++] = 0;
	while (walk->depth)
		walk_one(walk, bpf_program__name(prog));
	free(walk->state);
	free(walk);
}

static void the_legacy_variant_suits_old_kernels(void **state)
{
	struct programs *programs = open_variant(PROGRAMS_LEGACY);
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, programs_object(programs))
	{
		assert_old(prog);
		assert_loops(prog);
	}
	(void)programs_free(programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_program_of_a_tier_is_in_its_variants),
		cmocka_unit_test(every_program_is_of_some_tier),
		cmocka_unit_test(every_tail_is_somewhere),
		cmocka_unit_test(constants_are_found_by_name),
		cmocka_unit_test(what_another_probe_tells_is_no_blind_spot),
		cmocka_unit_test(maps_that_forget_have_room_for_each_cpu),
		cmocka_unit_test(the_legacy_variant_suits_old_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
