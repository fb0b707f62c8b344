/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer itself takes of the machine. */
#pragma once

#include <stdint.h>

#include "proto/record/pb.h"
#include "streamer/report/proc-files.h"

/* Appends a StreamerCost as @field, as it is now; @map_bytes: of all its maps; @refused: as of
 * kernel_own_refused(). No larger than OWN_USAGE_MAX. */
#define OWN_USAGE_MAX 4096u
void own_usage_put(const struct machine *machine, uint64_t map_bytes, const uint64_t *refused,
		   unsigned field, struct pb *pb);
