/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the flood's program and who starts it agree on. */
#pragma once

#include "bpf/wire/wire.h"

#define FLOOD_RECORDS 1024u /* a power of two */
#define FLOOD_CPUS 64u
#define FLOOD_BYTES 1272u /* of a record with paths: see small_event of denial.bpf.h */

struct flood_record {
	__u32 size;
	__u32 pad;
	union {
		struct wire_seccomp_denial denial;
		char bytes[FLOOD_BYTES];
	};
};
