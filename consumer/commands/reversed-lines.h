/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed of each record, kept to be written the other way round. In bounded memory: all of
 * it, or that of the last ones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REVERSED_MAX (64u * 1024 * 1024)

struct reversed_lines {
	uint64_t keep; /* records; UINT64_MAX: all */
	bool full;     /* there was more than REVERSED_MAX */
	/* --- */
	uint8_t *buf;
	size_t size, room, begun; /* begun: where the record at hand begins */
	size_t *ends;             /* of records, those from first on are kept */
	size_t first, n, ends_room;
};

/* For struct writer. 0 or -errno. */
int reversed_take(void *data, const uint8_t *buf, size_t size);
/* The record at hand ends here. 0 or -errno. */
int reversed_end_record(struct reversed_lines *lines);
/* Writes them. 0 or -errno. */
int reversed_write(const struct reversed_lines *lines, int fd);
void reversed_done(struct reversed_lines *lines);
