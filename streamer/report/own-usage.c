/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/report/own-usage.h"

#include <seccomp.h>
#include <sys/resource.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"
#include "proto/ringside-fields.h"

#define REFUSED_MAX 48u /* different ones */

static uint64_t nano_of(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * 1000000000u + (uint64_t)tv.tv_usec * 1000u;
}

static void put_call(unsigned nr, uint64_t count, struct pb *pb)
{
	uint8_t *mark = pb_open(pb, FIELD_STREAMER_COST_REFUSED_CALLS);
	char *name = NULL;

	if (nr < WIRE_OWN_CALLS - 1) {
		pb_uint(pb, FIELD_REFUSED_CALL_NUMBER, nr);
		name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), (int)nr);
	}
	if (name)
		pb_string(pb, FIELD_REFUSED_CALL_NAME, name);
	free(name);
	pb_uint(pb, FIELD_REFUSED_CALL_COUNT, count);
	pb_close(pb, mark);
}

/* There are none unless something is wrong, and then a few. */
static void put_refused(const uint64_t *refused, struct pb *pb)
{
	unsigned n = 0;

	for (unsigned nr = 0; nr < WIRE_OWN_CALLS && n < REFUSED_MAX; nr++) {
		uint64_t count = __atomic_load_n(&refused[nr], __ATOMIC_RELAXED);

		if (!count)
			continue;
		put_call(nr, count, pb);
		n++;
	}
}

void own_usage_put(const struct machine *machine, uint64_t map_bytes, const uint64_t *refused,
		   unsigned field, struct pb *pb)
{
	const uint64_t anonymous = machine_own_bytes(machine);
	uint8_t *mark = pb_open(pb, field);
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage)) {
		pb_uint(pb, FIELD_STREAMER_COST_USER_CPU_NANO, nano_of(usage.ru_utime));
		pb_uint(pb, FIELD_STREAMER_COST_SYSTEM_CPU_NANO, nano_of(usage.ru_stime));
	}
	if (anonymous)
		pb_uint(pb, FIELD_STREAMER_COST_ANONYMOUS_BYTES, anonymous);
	if (map_bytes)
		pb_uint(pb, FIELD_STREAMER_COST_MAP_BYTES, map_bytes);
	if (refused)
		put_refused(refused, pb);
	pb_close(pb, mark);
}
