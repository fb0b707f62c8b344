/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies one input from its first byte to its last. */
#pragma once

#include "consumer/read/damaged-reader.h"
#include "consumer/verify/verify.h"

struct verify_input_config {
	/* Somebody is writing the input. Asked before it is read: who closes the file meanwhile
	 * has written a Footer. */
	bool in_progress;
	uint64_t next_seq; /* what the next file of the stream begins with; 0: there is none */
	bool lacks_next;   /* ... and there would be one, if it existed */
	/* Called now and then with the position in the file; may be NULL. */
	void (*progress)(void *data, uint64_t position);
	void *data;
};

/* What is wrong with the input is in @verify (verify_report). Returns 0 or -ENOMEM. */
int examine(struct verify *verify, struct damaged_reader *damaged,
	    const struct verify_input_config *config);
