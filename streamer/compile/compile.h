/* SPDX-License-Identifier: Apache-2.0 */
/* What is compiled on this machine, and with which flags. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct headers;

/* A hash of the sources and flags. */
uint64_t compile_key(void);

/* Makes the kernel's types (raw BTF) and the object with the programs, one behind the other in
 * *ret_data, to be freed. Returns 0 or -errno with a sentence in @error. */
int compile_all(void **ret_data, size_t ret_sizes[2], const char *clang,
		const struct headers *headers, char *error, size_t size);
