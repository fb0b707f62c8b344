/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be reported, how the programs get there, and what they hold back. */
#include <string.h>

#include "streamer/encode/probe-table.h"
#include "streamer/options-internal.h"

#define RING_MAX (1024u * 1024 * 1024)

int options_set_probes(struct parse *parse, const char *value)
{
	uint32_t mask = 0;

	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ",");
		const struct probe *probe = probe_find(p, n);
		char known[256] = "";

		for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
			size_t used = strlen(known);

			if (probes[i] == probe)
				mask |= 1u << i;
			(void)snprintf(known + used, sizeof(known) - used, "%s%s (%s)",
				       used ? ", " : "", probes[i]->alias, probes[i]->name);
		}
		if (!probe)
			return options_bad(parse, "--probes '%.*s': accepts a list of %s", (int)n,
					   p, known);
		p += n;
		if (!*p)
			break;
	}
	parse->options->kernel.probes = mask;
	return 0;
}

int options_set_attach(struct parse *parse, const char *value)
{
	static const char *const modes[KERNEL_TIER_COUNT] = {
		[KERNEL_TIER_NONE] = "auto",
		[KERNEL_TIER_FENTRY] = "fentry",
		[KERNEL_TIER_KPROBE] = "kprobe",
		[KERNEL_TIER_TRACEPOINT] = "tracepoint",
	};

	for (unsigned i = 0; i < KERNEL_TIER_COUNT; i++) {
		if (!modes[i] || strcmp(value, modes[i]) != 0)
			continue;
		parse->options->kernel.attach = (enum kernel_tier)i;
		return 0;
	}
	return options_bad(parse, "--attach '%s': accepts auto, fentry, kprobe or tracepoint",
			   value);
}

int options_set_build(struct parse *parse, const char *value)
{
	static const char *const modes[] = {
		[KERNEL_BUILD_AUTO] = "auto",
		[KERNEL_BUILD_CORE] = "core",
		[KERNEL_BUILD_LEGACY] = "legacy",
		[KERNEL_BUILD_RUNTIME] = "runtime",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(value, modes[i]) != 0)
			continue;
		parse->options->kernel.build = (enum kernel_build)i;
		return 0;
	}
	return options_bad(parse, "--build '%s': accepts auto, core, legacy or runtime", value);
}

int options_set_btf(struct parse *parse, const char *value)
{
	if (!value[0])
		return options_bad(parse,
				   "--btf '': accepts the name of a file with this kernel's BTF");
	parse->options->kernel.btf_path = value;
	return 0;
}

int options_set_rate(struct parse *parse, const char *value)
{
	uint64_t rate, burst = parse->options->kernel.burst;
	const char *end = units_number(value, UINT32_MAX, &rate);

	if (end && *end == ',')
		end = units_number(end + 1, UINT32_MAX, &burst);
	if (!end || *end || !burst)
		return options_bad(
			parse,
			"--rate '%s': accepts N or N,BURST: events a second, 0 for no limit, and "
			"at least 1 at once",
			value);
	parse->options->kernel.rate = (uint32_t)rate;
	parse->options->kernel.burst = (uint32_t)burst;
	return 0;
}

int options_set_container_rate(struct parse *parse, const char *value)
{
	uint64_t rate;
	int r = options_number(parse, "--container-rate", value, 0, UINT32_MAX, &rate);

	if (r < 0)
		return r;
	parse->options->kernel.container_rate = (uint32_t)rate;
	parse->container_rate_given = true;
	return 0;
}

int options_set_ring_size(struct parse *parse, const char *value)
{
	uint64_t v, size = (uint64_t)sysconf(_SC_PAGESIZE);
	const char *end = units_number(value, RING_MAX, &v);

	if (end && (*end == 'K' || *end == 'k')) {
		v <<= 10;
		end++;
	} else if (end && *end == 'M') {
		v <<= 20;
		end++;
	}
	if (!end || *end || !v || v > RING_MAX)
		return options_bad(
			parse,
			"--ring-size '%s': accepts bytes, or a number with K or M, up to "
			"1024M",
			value);
	while (size < v)
		size *= 2;
	parse->options->kernel.bulk_ring_bytes = (uint32_t)size;
	return 0;
}

int options_check_kernel(struct parse *parse)
{
	struct options *options = parse->options;

	if (options->kernel.build == KERNEL_BUILD_RUNTIME && options->kernel.btf_path)
		return options_bad(parse,
				   "--build runtime gets the types from the kernel's headers: "
				   "not with --btf FILE");
	for (unsigned i = 0; i < WIRE_PROBE_COUNT && options->kernel.bpf_stats; i++)
		if (probes[i]->shows_stats && !(options->kernel.probes & 1u << i))
			return options_bad(parse,
					   "--bpf-stats is of the probe %s: add it to --probes "
					   "(oom,seccomp,%s)",
					   probes[i]->alias, probes[i]->alias);
	if (!options->kernel.rate && !parse->container_rate_given)
		options->kernel.container_rate = 0;
	return 0;
}
