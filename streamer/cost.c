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

/* proc_pid_statm(5): size, resident, ... in pages. */
static uint64_t resident_bytes(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/statm", "re");
	uint64_t resident;

	if (!f || fscanf(f, "%*u %" SCNu64, &resident) != 1)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void cost_put(uint64_t map_bytes, unsigned field, struct pb *pb)
{
	const uint64_t resident = resident_bytes();
	uint8_t *mark = pb_open(pb, field);
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage)) {
		pb_uint(pb, FIELD_STREAMER_COST_USER_CPU_NANO, nano(usage.ru_utime));
		pb_uint(pb, FIELD_STREAMER_COST_SYSTEM_CPU_NANO, nano(usage.ru_stime));
	}
	if (resident)
		pb_uint(pb, FIELD_STREAMER_COST_RESIDENT_BYTES, resident);
	if (map_bytes)
		pb_uint(pb, FIELD_STREAMER_COST_MAP_BYTES, map_bytes);
	pb_close(pb, mark);
}
