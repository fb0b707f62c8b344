/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a recording of what can be saved of a damaged one. Reads it twice: what is in doubt is
 * known only where a hash comes. The result is verified; if it contradicts itself, it is written
 * once more, without the records that no checksum covers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/repair/rewrite.h"
#include "consumer/verify/verify.h"

#define REPAIR_ERROR_SIZE 2048

struct repair_config {
	/* @path is read next; may be NULL. */
	void (*begin)(void *data, const char *path, struct damaged_reader *damaged);
	void *data;
};

struct repair_report {
	struct rewrite_report mend;
	uint64_t readable;            /* records of the input */
	enum verify_status status;    /* of the result: VERIFY_COMPLETE, _LOSSES or _EXCERPT */
	char verdict[VERIFY_SUMMARY]; /* on it */
};

/* @out must not exist. Returns 0, or -errno with a sentence in @error that begins with a path;
 * there is no @out then. */
int repair(const char *in, const char *out, const struct repair_config *config,
	   struct repair_report *ret, char error[REPAIR_ERROR_SIZE]);
