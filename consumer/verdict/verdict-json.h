/* SPDX-License-Identifier: Apache-2.0 */
/* What verify finds as JSON: an object a line for each input, and one for all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/verdict/verdict-sum.h"
#include "consumer/verify/verify.h"

struct writer;

/* "complete", "excerpt", "losses", "unclosed", "damaged", "foreign" */
const char *verdict_json_verdict(int status);

/* What was found in @input, and between it and the one before. @copy: of another one, by itself. */
void verdict_json_input(struct writer *writer, const char *input, const struct verify *verify,
			bool copy);
/* One that is another one, too, and was not read again: @why. */
void verdict_json_copy(struct writer *writer, const char *input, const char *why);
/* One that could not be opened, or read. */
void verdict_json_failed(struct writer *writer, const char *input, const char *why);
/* The stream that @input begins with has @missing files before it. @so_far: others may come. */
void verdict_json_missing(struct writer *writer, const char *input, uint32_t missing, bool so_far);

/* All of them. @headless: inputs of which the Header cannot be read; @sides: who wrote at the same
 * time, NULL: nobody. */
void verdict_json_sum(struct writer *writer, const struct verdict_sum *sum, uint64_t headless,
		      const char *sides);
