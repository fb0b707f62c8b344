/* SPDX-License-Identifier: Apache-2.0 */
/* A new recording, plain or compressed, record by record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/util.h"

struct recording_out;

/* @path must not exist: -EEXIST. */
int recording_out_new(struct recording_out **ret, const char *path, bool compressed);
/* Removes the file, if it was not closed; NULL is fine; returns NULL. */
struct recording_out *recording_out_free(struct recording_out *out);

/* A record with its length. @boottime_nano: for when zstd frames end. The first error stays. */
int recording_out_put(struct recording_out *out, const void *record, size_t size,
		      uint64_t boottime_nano);

/* All is on the disk then. Returns 0 or the first -errno. */
int recording_out_close(struct recording_out *out);

DEFINE_FREEP(recording_out);
