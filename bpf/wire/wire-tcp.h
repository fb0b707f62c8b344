/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of wire.h: rows of the probe tcp_queue, and the arithmetic both sides do on them. */
#pragma once

/* Classes of fill, in % of the buffer: up to each of these, and above them all. Payload is counted
 * against a buffer that holds the kernel's overhead too, and can come to more. */
#define WIRE_FILL_LIMITS(X) X(1) X(10) X(25) X(50) X(75) X(90) X(100)
#define WIRE_FILL_ONE(percent) +1
#define WIRE_FILLS (1 WIRE_FILL_LIMITS(WIRE_FILL_ONE))

/* One of the two queues. Samples are cumulative. Of each interval the fullest: the one that runs
 * has a slot, the one that ended keeps the other, so that taking it takes nothing from this. */
struct wire_fill {
	__u64 samples[WIRE_FILLS];
	__u64 epochs[2]; /* of the latest samples: rs_tcp_ended + 1 then */
	__u64 max[2];    /* in each: wire_fill_pack() */
};
_Static_assert(sizeof(struct wire_fill) == 8 * 8 + 16 + 16, "wire_fill");

/* A cgroup's row, of which each CPU has its own. The key is wire_cgroup_key; id 0: of all that
 * found the table full. */
struct wire_tcp_row {
	__u64 told; /* the epoch when the path was last known to have been submitted; 0: never */
	struct wire_fill receive;
	struct wire_fill send;
};
_Static_assert(sizeof(struct wire_tcp_row) == 8 + 2 * 96, "wire_tcp_row");

/* Bytes between two sequence numbers, which wrap; 0 if the second has been passed. */
static inline __u32 wire_queue_bytes(__u32 end, __u32 start)
{
	const __u32 bytes = end - start;

	return bytes & 0x80000000u ? 0 : bytes;
}

static inline __u32 wire_fill_class(__u32 bytes, __u32 buffer)
{
	__u32 class = 0;

#define WIRE_FILL_STEP(percent) class += (__u64)bytes * 100 > (__u64)buffer * (percent);
	WIRE_FILL_LIMITS(WIRE_FILL_STEP)
#undef WIRE_FILL_STEP
	return class;
}

/* In one word, so that it can be exchanged at once. */
static inline __u64 wire_fill_pack(__u32 bytes, __u32 buffer)
{
	return (__u64)buffer << 32 | bytes;
}

/* Whether packed @a is fuller than @b; anything is fuller than none. */
static inline int wire_fill_above(__u64 a, __u64 b)
{
	return !b || (a & 0xffffffffu) * (b >> 32) > (b & 0xffffffffu) * (a >> 32);
}
