/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes in Counters and Footers are of the records before them as they were recorded: behind one
 * that something was taken out of (Ringside-Redacted), up to the next file, none fits. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The Counters or the Footer without their hash; *ret is to be freed. 0, -ENOMEM, or -EBADMSG: they
 * stay as they are. */
int hashes_drop(const void *record, size_t size, uint8_t **ret, size_t *ret_size);
