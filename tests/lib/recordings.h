/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings on the disk, compressed or not, as libzstd and protobuf-c understand them. */
#pragma once

#include <dirent.h>
#include <stdbool.h>

#include <zstd.h>

#include "tests/lib/records.h"

/* Returns the records of a compressed file; *ret_whole becomes whether its last frame is finished.
 */
struct records recordings_read(const char *path, bool *ret_whole);

/* Returns the names in a folder, in their order, with a blank behind each; valid until the next
 * call. */
const char *recordings_names(const char *folder);

/* Returns the path of the @number'th file of a folder. */
struct folder_path recordings_path(const char *folder, size_t number);
