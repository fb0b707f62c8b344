/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer itself takes of the machine. */
#pragma once

#include <stdint.h>

#include "pb.h"

/* Appends a StreamerCost as @field, as it is now; @map_bytes: of all its maps. */
void cost_put(uint64_t map_bytes, unsigned field, struct pb *pb);
