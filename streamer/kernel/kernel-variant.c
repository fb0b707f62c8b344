/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs fit this machine, and from where they know the kernel's types. */
#include "streamer/kernel/kernel-internal.h"

#include <string.h>

#include "proto/base/util.h"
#include "streamer/kernel/tier-trial.h"

/* A file's ids are not the kernel's. */
static struct programs_cast cast_of(const struct kernel *kernel)
{
	struct programs_cast cast = {0};
	unsigned params;

	if (!kernel->types || kernel->config.btf_path)
		return cast;
	cast.task = types_struct(kernel->types, "task_struct");
	if (cast.task)
		cast.function = types_function(kernel->types, "bpf_rdonly_cast", &params);
	return cast;
}

int kernel_open_programs(const struct kernel *kernel, struct programs **ret, const char *btf_path)
{
	const void *object;
	size_t size;

	if (!kernel->runtime)
		return programs_open(ret, kernel->variant, btf_path, cast_of(kernel));
	object = runtime_object(kernel->runtime, &size);
	return programs_open_object(ret, object, size, btf_path);
}

/* @forced: the BTF's absence leaves nothing else. */
static int compile_programs(struct kernel *kernel, bool forced, char *error, size_t size)
{
	char why[256] = "";
	int r = runtime_new(&kernel->runtime, runtime_here(), why, sizeof(why));

	if (!r) {
		kernel->compiled = true;
		return 0;
	}
	if (!why[0])
		(void)snprintf(why, sizeof(why), "%s", strerrordesc_np(-r));
	if (forced)
		(void)snprintf(error, size,
			       TRIAL_NO_BTF ", and compiling the programs here fails: %s; or give "
					    "the BTF with --btf FILE",
			       why);
	else
		(void)snprintf(error, size, "--build runtime: %s", why);
	return r;
}

/* The modern variant's pointers of known type are of the kernel's own BTF. */
static void choose_variant(struct kernel *kernel, bool carried)
{
	kernel->variant = PROGRAMS_LEGACY;
	if (kernel->compiled)
		kernel->without_modern = "programs compiled on this machine do without it";
	else if (kernel->config.build == KERNEL_BUILD_LEGACY)
		kernel->without_modern = "--build legacy leaves it out";
	else if (!carried)
		kernel->without_modern = "it needs a kernel that carries its own BTF";
	else if (!trial_is_modern())
		kernel->without_modern = "it needs Linux 5.17 (bpf_loop)";
	else
		kernel->variant = PROGRAMS_MODERN;
}

int kernel_look_at_machine(struct kernel *kernel, char *error, size_t size)
{
	const struct kernel_config *config = &kernel->config;
	const bool carried = types_are_carried();
	const bool forced = config->build == KERNEL_BUILD_AUTO && !config->btf_path && !carried;
	struct programs *programs;
	int r = trial_privileges(error, size);

	if (!r && (forced || config->build == KERNEL_BUILD_RUNTIME))
		r = compile_programs(kernel, forced, error, size);
	if (r)
		return r;
	choose_variant(kernel, carried);
	/* What the programs want to know of the kernel stands in their own BTF. */
	r = kernel_open_programs(kernel, &programs, NULL);
	if (r)
		return r;
	r = trial_machine(kernel->runtime ? runtime_btf_path(kernel->runtime) : config->btf_path,
			  bpf_object__btf(programs_object(programs)), &kernel->types, error, size);
	(void)programs_free(programs);
	return r;
}
