/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that are right each by itself, and not together. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "streamer/config/config-internal.h"
#include "streamer/encode/probe-table.h"

static void check_output(struct config *config)
{
	const struct sink_config *sink = &config->values.options.sink;
	bool to_stdout = !strcmp(sink->path, "-");
	bool rotates = sink->max_bytes || sink->max_seconds || sink->max_files;
	char error[1024];

	if (sink->append && sink->force)
		config_note(config, true,
			    "--append and --force exclude each other: keep FILE, or replace it");
	else if (sink->append && to_stdout)
		config_note(config, true, "--append needs -w FILE");
	else if (sink->append && rotates)
		config_note(config, true, "--append is for one file: not with -C, -G and -W");
	else if (to_stdout && (rotates || sink->post_rotate))
		config_note(config, true, "-C, -G, -W and --post-rotate need -w FILE or -w DIR/");
	else if (sink_check(sink, error, sizeof(error)) < 0)
		config_note(config, true, "%s", error);
}

static void check_probes(struct config *config)
{
	if (!config->values.options.kernel.probes)
		config_note(config, true,
			    "no probe is on: enabled = yes in a section such as [%s], or --probes",
			    probes[0]->alias);
}

/* What is said in the section of a probe is said for when it is on; who types it means it. */
static void check_stats(struct config *config)
{
	struct kernel_config *kernel = &config->values.options.kernel;
	const struct setting_origin *origin =
		setting_origin(&config->values, setting_named("bpf-stats"), 0);

	for (unsigned i = 0; i < WIRE_PROBE_COUNT && kernel->bpf_stats; i++) {
		if (!probes[i]->shows_stats || kernel->probes & 1u << i)
			continue;
		if (origin->source != SETTING_FROM_OPTION)
			kernel->bpf_stats = false;
		else
			config_note(config, true,
				    "--bpf-stats is of the probe %s: add it to --probes "
				    "(oom,seccomp,%s)",
				    probes[i]->alias, probes[i]->alias);
	}
}

/* Without a limit for each kind there is none for the container, unless that is set. */
static void lift_limits(struct setting_values *values)
{
	struct setting_origin *origin = setting_origin(values, setting_named("container-rate"), 0);

	if (values->options.kernel.rate || origin->source != SETTING_BUILT_IN)
		return;
	values->options.kernel.container_rate = 0;
	*origin = *setting_origin(values, setting_named("rate"), 0);
}

void config_check(struct config *config)
{
	const struct options *options = &config->values.options;

	lift_limits(&config->values);
	if (options->doctor && (strcmp(options->sink.path, "-") != 0 || options->sink.level > 0))
		config_note(config, true,
			    "--doctor writes to stdout, not to -w FILE, and without -z");
	else if (options->kernel.build == KERNEL_BUILD_RUNTIME && options->kernel.btf_path)
		config_note(config, true,
			    "--build runtime gets the types from the kernel's headers: not with "
			    "--btf FILE");
	check_stats(config);
	check_probes(config);
	check_output(config);
}

int config_find(struct config *config, struct users *ret)
{
	const struct options *options = &config->values.options;
	char error[1024];
	int r = users_find(ret, options->user, error, sizeof(error));

	if (r < 0) {
		config_note(config, true, "%s", error);
		return r == -EPERM ? r : -EINVAL;
	}
	if (!options->kernel.btf_path || !access(options->kernel.btf_path, R_OK))
		return 0;
	config_note(config, true, "--btf %s cannot be read: %s", options->kernel.btf_path,
		    strerrordesc_np(errno));
	return -EINVAL;
}
