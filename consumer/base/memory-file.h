/* SPDX-License-Identifier: Apache-2.0 */
/* A text that is written once and read by many: a file in memory, so that it costs who reads it
 * slowly nothing but time. */
#pragma once

#include <stdint.h>

#include "consumer/base/out-buffer.h"

/* A new file in memory that holds it. *ret is to be closed. 0 or -errno. */
int memory_file_make(int *ret, uint64_t *ret_size, void (*write)(struct writer *writer, void *data),
		     void *data);

/* The file @path is replaced at once: who reads it sees the old text or the new one. It is not put
 * on the disk: what it says is of just now, and the disk may sleep. 0 or -errno. */
int memory_file_replace(const char *path, void (*write)(struct writer *writer, void *data),
			void *data);
