/* SPDX-License-Identifier: Apache-2.0 */
/* A writer to memory, and what was written to it. */
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include "consumer/base/out-buffer.h"
#include "tests/lib/test.h"

/* Returns a writer to memory. */
struct writer *fixture_writer(void);

/* Frees the writer, and what was written. */
void fixture_writer_free(struct writer **writer);

/* Returns what it holds now, as a string; valid until the next call. */
const char *fixture_written(struct writer *writer);
