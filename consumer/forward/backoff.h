/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next try: twice as long each time, up to a bound, and each time a
 * random part of that, so that a fleet does not come back at the same moment. */
#pragma once

#include <stdint.h>

#define BACKOFF_FIRST_NANO UINT64_C(100000000)
#define BACKOFF_MAX_NANO UINT64_C(30000000000)

struct backoff {
	uint64_t random;   /* any number but 0 to begin with */
	unsigned failures; /* in a row */
};

static inline void backoff_reset(struct backoff *backoff)
{
	backoff->failures = 0;
}

/* It failed once more: ns to wait, between half the step and the whole; a step is @most at most. */
static inline uint64_t backoff_next_within(struct backoff *backoff, uint64_t most)
{
	uint64_t step = BACKOFF_MAX_NANO;

	if (backoff->failures < 9)
		step = BACKOFF_FIRST_NANO << backoff->failures++;
	if (step > most)
		step = most;
	/* xorshift64: nothing here has to be hard to guess */
	backoff->random ^= backoff->random << 13;
	backoff->random ^= backoff->random >> 7;
	backoff->random ^= backoff->random << 17;
	return step / 2 + backoff->random % (step / 2);
}

static inline uint64_t backoff_next(struct backoff *backoff)
{
	return backoff_next_within(backoff, BACKOFF_MAX_NANO);
}
