/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "streamer/attachment.h"
#include "streamer/encode/probe-table.h"
#include "streamer/kernel/tiers.h"

bool attached_misses(const struct kernel *kernel, const struct kernel_config *config,
		     unsigned probe)
{
	return config->probes & 1u << probe &&
	       kernel_probe(kernel, probe)->tier == KERNEL_TIER_NONE;
}

void attached_explain(const struct kernel *kernel, const struct kernel_config *config,
		      unsigned probe, char *buf, size_t size)
{
	const struct kernel_probe *p = kernel_probe(kernel, probe);
	size_t n = (size_t)snprintf(buf, size, "%s is not attached", probes[probe]->name);

	for (size_t i = 0; i < p->n_attempts && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s: %s", i ? "; " : ": ",
				      tier_name(p->attempts[i].tier), p->attempts[i].error);
}

void attached_list(const struct kernel *kernel, const struct kernel_config *config, char *buf,
		   size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < WIRE_PROBE_COUNT && n < size; i++) {
		const enum kernel_tier tier = kernel_probe(kernel, i)->tier;

		if (config->probes & 1u << i && tier != KERNEL_TIER_NONE)
			n += (size_t)snprintf(buf + n, size - n, "%s%s by %s", n ? ", " : "",
					      probes[i]->name, tier_name(tier));
	}
}
