/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzzer's target: the same function for libFuzzer and for run-corpus.c. What must hold is an
 * abort() away. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_assert(expr)                                                                          \
	do {                                                                                       \
		if (!(expr))                                                                       \
			abort();                                                                   \
	} while (0)

/* A file in memory, at its beginning. */
static inline int fuzz_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	fuzz_assert(fd >= 0 && !write_all(fd, data, size) && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}
