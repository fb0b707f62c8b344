/* SPDX-License-Identifier: Apache-2.0 */
#include "cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ringside-fields.h"
#include "util.h"

static uint64_t nano(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * 1000000000u + (uint64_t)tv.tv_usec * 1000u;
}

/* proc_pid_statm(5): size, resident, and of that shared, in pages. */
static uint64_t anonymous_bytes(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/statm", "re");
	uint64_t resident, shared;

	if (!f || fscanf(f, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void cost_put(uint64_t map_bytes, unsigned field, struct pb *pb)
{
	const uint64_t anonymous = anonymous_bytes();
	uint8_t *mark = pb_open(pb, field);
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage)) {
		pb_uint(pb, FIELD_STREAMER_COST_USER_CPU_NANO, nano(usage.ru_utime));
		pb_uint(pb, FIELD_STREAMER_COST_SYSTEM_CPU_NANO, nano(usage.ru_stime));
	}
	if (anonymous)
		pb_uint(pb, FIELD_STREAMER_COST_ANONYMOUS_BYTES, anonymous);
	if (map_bytes)
		pb_uint(pb, FIELD_STREAMER_COST_MAP_BYTES, map_bytes);
	pb_close(pb, mark);
}
