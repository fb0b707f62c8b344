/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of in-kernel.bpf.c, loaded, and cgroups for them. Needs root. */
#pragma once

#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "wire.h" /* types of the skeleton */

#include "in_kernel.skel.h"
#include "memcg.h"
#include "test.h"

static inline int in_kernel_setup(void **state)
{
	*state = in_kernel__open_and_load();
	assert_non_null(*state);
	return 0;
}

static inline int in_kernel_teardown(void **state)
{
	in_kernel__destroy(*state);
	return 0;
}

/* Returns what the program does. */
static inline int in_kernel_run(const struct bpf_program *program, uint64_t argument)
{
	const uint64_t args[1] = {argument};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	assert_ok(bpf_prog_test_run_opts(bpf_program__fd(program), &opts));
	return (int)opts.retval;
}

/* The calling process into @memcg, and back to where all are. */
static inline void enter(const struct memcg *memcg)
{
	assert_ok(memcg_enter(memcg));
}

static inline void leave(const struct memcg *memcg)
{
	struct memcg root = *memcg;

	root.folder[strlen(root.folder) - strlen(root.path)] = 0;
	assert_ok(memcg_enter(&root));
}

/* The struct cgroup of @memcg. */
static inline uint64_t cgroup_address(struct in_kernel *programs, const struct memcg *memcg)
{
	enter(memcg);
	(void)in_kernel_run(programs->progs.test_find, 0);
	leave(memcg);
	return programs->bss->test_address;
}
