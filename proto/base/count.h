/* SPDX-License-Identifier: Apache-2.0 */
/* Counts as people read them: 48,201. What names something (a record, a byte, a pid) is for
 * pasting, and has no commas; nor has anything that a program reads. */
#pragma once

#include <stdint.h>

#define COUNT_SIZE 27   /* 2^64 with its commas */
#define COUNTED_SIZE 64 /* and a word of ours */

const char *count_text(char buf[COUNT_SIZE], uint64_t n);
/* "1 event", "48,201 events": of @thing, one of them. */
const char *count_things(char buf[COUNTED_SIZE], uint64_t n, const char *thing);

/* For an argument of printf, good until the block ends. */
#define COUNT(n) count_text((char[COUNT_SIZE]){""}, n)
#define COUNTED(n, thing) count_things((char[COUNTED_SIZE]){""}, n, thing)
