/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of oom_kill.c share. */
#pragma once

#include <stdbool.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

#define MIB (UINT64_C(1) << 20)

/* So much shared memory that it has to be told apart. */
bool oom_kill_shmem_matters(const Ringside__V1__OomKill *kill);
void oom_kill_advice(struct line *line, const Ringside__V1__Record *record);
