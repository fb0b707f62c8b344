/* SPDX-License-Identifier: Apache-2.0 */
/* How often a ring is drained. The kernel wakes its reader for the first record after an empty
 * ring, and in a storm that is nearly each one: a wake-up and a write for every event or two, which
 * the storming task pays for, too. So there is a pause between two drains; the first event after a
 * quiet time waits for nothing. */
#pragma once

#include <stdint.h>

struct drain_pause {
	uint64_t pause_nano; /* 0: none */
	uint64_t last_nano;  /* CLOCK_MONOTONIC: when the ring was last drained; 0: not lately */
};

/* 1 ms for rings of 8 MiB and more. Smaller ones are drained more often: no producer fills as much
 * as 8 bytes a nanosecond. */
static inline struct drain_pause drain_pause_of(uint64_t ring_bytes)
{
	uint64_t nano = ring_bytes / 8;

	return (struct drain_pause){.pause_nano = nano < 1000000 ? nano : 1000000};
}

/* The ring was found to have something, and was emptied. */
static inline void drain_pause_drained(struct drain_pause *pace, uint64_t now)
{
	pace->last_nano = now;
}

/* How long it should be left alone now, in ns. */
static inline uint64_t drain_pause_wait(const struct drain_pause *pace, uint64_t now)
{
	uint64_t since = now - pace->last_nano;

	return pace->last_nano && since < pace->pause_nano ? pace->pause_nano - since : 0;
}
