/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer itself takes of the machine. */
#pragma once

#include <stdint.h>

#include "proto/record/pb.h"
#include "streamer/report/machine.h"

/* Appends a StreamerCost as @field, as it is now; @map_bytes: of all its maps; @refused: as of
 * kernel_own_refused(). No larger than COST_MAX. */
#define COST_MAX 4096u
void cost_put(const struct machine *machine, uint64_t map_bytes, const uint64_t *refused,
	      unsigned field, struct pb *pb);
