/* SPDX-License-Identifier: Apache-2.0 */
/* zstd's seekable format, as other tools want it at the end of a recording (FORMAT.md). */
#pragma once

#include <stdint.h>

/* Compares the table at @offset in the file, with @size bytes behind its magic and size, with the
 * frames before it. Returns NULL if they are as it says, else a few words. */
const char *seek_table_check(int fd, uint64_t offset, uint64_t size);
