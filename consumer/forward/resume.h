/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a recording to go on. */
#pragma once

#include "consumer/files/last-records.h"
#include "consumer/forward/bookmark.h"

/* The frame of @path that holds what comes behind the cursor, without reading those before it: the
 * beginning where that cannot be told, as in a plain file. */
void resume_find(const struct bookmark *bookmark, const char *path, struct last_records *ret);
