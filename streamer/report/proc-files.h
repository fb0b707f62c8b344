/* SPDX-License-Identifier: Apache-2.0 */
/* What the stream tells of this machine and of the streamer itself. What is read again and again is
 * opened once: later on /proc may be out of reach. */
#pragma once

#include <stdint.h>

#include "proto/record/pb.h"
#include "streamer/report/host-names.h"

struct privileges;

struct machine {
	struct host host;
	int vmstat;                          /* /proc/vmstat, or -1 */
	int statm;                           /* /proc/self/statm, or -1 */
	const struct privileges *privileges; /* what is left; NULL: not given up yet; borrowed */
};

#define MACHINE_NULL                                                                               \
	{                                                                                          \
		.vmstat = -1, .statm = -1                                                          \
	}

void machine_open(struct machine *ret);
void machine_close(struct machine *machine); /* any time, also twice */

/* oom_kill of /proc/vmstat: OOM kills since boot by the kernel's own count. Returns 0, or
 * -ENODATA if this kernel does not tell. */
int machine_oom_kills(const struct machine *machine, uint64_t *ret);

/* Appends a StreamerCost as @field: what the streamer takes of the machine now; @map_bytes: of all
 * its maps; @refused: as of kernel_own_refused(). No larger than MACHINE_USAGE_MAX. */
#define MACHINE_USAGE_MAX 4096u
void machine_put_usage(const struct machine *machine, uint64_t map_bytes, const uint64_t *refused,
		       unsigned field, struct pb *pb);
