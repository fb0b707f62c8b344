/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with an input, for people: one line that starts with its name. Those that
 * return a number note it, and return the answer of reader_next that goes with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

#define PROBLEM_NAME 256
#define PROBLEM_REASON 256

struct problem {
	size_t name_size;   /* of text, what stands before the reason */
	const char *advice; /* what one can do about damage, with a blank before it, or "" */
	char text[PROBLEM_NAME + PROBLEM_REASON];
};

/* @name is copied. */
void problem_init(struct problem *problem, const char *name);

/* The line without the name. */
static inline const char *problem_reason(const struct problem *problem)
{
	return problem->text + problem->name_size;
}

int problem_note(struct problem *problem, int answer, const char *format, ...) _printf_(3, 4);

/* It is no recording. @p: its first bytes; @why: if these do not tell. */
int problem_foreign(struct problem *problem, const uint8_t *p, size_t size, const char *why);

/* It ends before its first record does, of which @p is all there is (or nothing, as zstd decodes
 * whole blocks); @zstd: in the middle of a frame. READER_CUT if it may well be a recording. */
int problem_early_end(struct problem *problem, const uint8_t *p, size_t size, bool zstd, int fd);

/* 0 if this version can read what begins with @header, at @offset. */
int problem_version(struct problem *problem, const Ringside__V1__Header *header, uint64_t offset);

/* The last @size bytes, from @offset on, are no whole record. */
int problem_cut(struct problem *problem, size_t size, uint64_t offset, const char *advice);

/* The record of @size bytes at @offset is none. */
int problem_unreadable(struct problem *problem, size_t size, uint64_t offset);

/* What is in the file from @offset on holds no records: it is its end, or what a compressed one has
 * besides, of which no repair makes any. */
bool problem_is_end(int fd, uint64_t offset);

/* There was no memory for it. */
int problem_starved(struct problem *problem);

/* It wants a zstd window of so many bytes. */
int problem_wide(struct problem *problem, uint64_t window);
