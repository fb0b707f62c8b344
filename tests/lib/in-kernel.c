/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/in-kernel.h"

struct in_kernel *in_kernel_open(void)
{
	struct in_kernel *programs = in_kernel__open();

	assert_non_null(programs);
	assert_ok(bpf_map__set_max_entries(programs->maps.rs_sums,
					   (uint32_t)libbpf_num_possible_cpus()));
	return programs;
}

int in_kernel_setup(void **state)
{
	struct in_kernel *programs = in_kernel_open();

	assert_ok(in_kernel__load(programs));
	*state = programs;
	return 0;
}

int in_kernel_teardown(void **state)
{
	in_kernel__destroy(*state);
	return 0;
}

int in_kernel_run(const struct bpf_program *program, uint64_t argument)
{
	const uint64_t args[1] = {argument};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	assert_ok(bpf_prog_test_run_opts(bpf_program__fd(program), &opts));
	return (int)opts.retval;
}

struct memcg enter(const struct memcg *memcg)
{
	struct memcg home = *memcg;
	char *root = home.folder + strlen(home.folder) - strlen(home.path);

	assert_ok(memcg_own_path(root, sizeof(home.folder) - (size_t)(root - home.folder)));
	assert_ok(memcg_enter(memcg));
	return home;
}

void leave(const struct memcg *home)
{
	assert_ok(memcg_enter(home));
}

uint64_t cgroup_address(struct in_kernel *programs, const struct memcg *memcg)
{
	const struct memcg home = enter(memcg);

	(void)in_kernel_run(programs->progs.test_find, 0);
	leave(&home);
	return programs->bss->test_address;
}
