/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around a Record's body, without unpacking it: what kind it is, when and which. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_BODIES 16u /* fields of Record.body have lower numbers */

struct peek {
	unsigned kind; /* below RECORD_BODIES: field number of the body in Record; 0: none, or one
			  only a newer knows */
	bool has_boottime, has_time, self_test;
	uint64_t boottime_nano, time_unix_nano;
	uint64_t seq;        /* 0: absent */
	const uint8_t *body; /* the body's message, in the bytes given; NULL: none */
	size_t body_size;
	const uint8_t *sums; /* cpu_sums, likewise; NULL: it is no event */
	size_t sums_size;
};

/* False if the bytes are no Record. What the body holds is not looked at. */
bool peek_record(const uint8_t *data, size_t size, struct peek *ret);
