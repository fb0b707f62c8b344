/* SPDX-License-Identifier: Apache-2.0 */
/* What verify finds as JSON: an object a line for each input, and one for all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/verify/verify.h"

struct writer;

/* "complete", "excerpt", "losses", "unclosed", "damaged", "foreign" */
const char *verify_json_verdict(int status);

/* What was found in @input, and between it and the one before. @copy: of another one, by itself. */
void verify_json_input(struct writer *writer, const char *input, const struct verify *verify,
		       bool copy);
/* One that is another one, too, and was not read again: @why. */
void verify_json_copy(struct writer *writer, const char *input, const char *why);
/* One that could not be opened, or read. */
void verify_json_failed(struct writer *writer, const char *input, const char *why);
/* The stream that @input begins with has @missing files before it. @so_far: others may come. */
void verify_json_missing(struct writer *writer, const char *input, uint32_t missing, bool so_far);

struct verify_json_sum {
	int status;
	uint64_t inputs, copies, records, events;
	uint64_t lost;     /* that is known */
	bool lost_more;    /* ... and others that nobody could count */
	uint64_t headless; /* of which the Header cannot be read */
	/* Of which hosts something is wrong, as far as it is known whose that is. */
	const struct named_hosts *damaged, *unclosed, *lossy;
	const char *sides; /* who wrote at the same time; NULL: nobody */
};

void verify_json_sum(struct writer *writer, const struct verify_json_sum *sum);
