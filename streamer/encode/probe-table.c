/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/probe-table.h"

#include <string.h>

#define PROBE_ROW(NAME, name, field) [WIRE_##NAME] = &probe_##name,
const struct probe *const probes[WIRE_PROBE_COUNT] = {WIRE_PROBES(PROBE_ROW)};
#undef PROBE_ROW

#define BEGINS(key)                                                                                \
	_Static_assert(!offsetof(struct key, cgroup_id) &&                                         \
			       offsetof(struct key, hierarchy) ==                                  \
				       offsetof(struct wire_cgroup_key, hierarchy),                \
		       #key)
BEGINS(wire_oom_key);
BEGINS(wire_denial_key);
BEGINS(wire_kill_key);

static int is_called(const char *known, const char *name, size_t length)
{
	return strlen(known) == length && !memcmp(known, name, length);
}

uint32_t probes_by_default(void)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		bits |= (uint32_t)!probes[i]->on_request << i;
	return bits;
}

const struct probe *probe_find(const char *name, size_t length)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (is_called(probes[i]->name, name, length) ||
		    is_called(probes[i]->alias, name, length))
			return probes[i];
	return NULL;
}
