/* SPDX-License-Identifier: Apache-2.0 */
/* Whose cgroups are, of streams whose streamer told the innermost container and no user's manager
 * apart (Header.identity_version): worked out again, from their paths. */
#pragma once

#include "proto/ringside.pb-c.h"

struct arena;

/* Puts new messages in the place of @record's Containers, which may be shared; they, and what they
 * point to, are in the arena or where they were. What there is no memory for stays as it was. */
void container_identity_mend(const Ringside__V1__Record *record, struct arena *arena);

/* Sets what can be told by @container's path alone; everything it has of that is overwritten. */
void container_identity_read(Ringside__V1__Container *container, struct arena *arena);
