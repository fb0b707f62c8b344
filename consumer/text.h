/* SPDX-License-Identifier: Apache-2.0 */
/* A record as a sentence for people. */
#pragma once

#include <stddef.h>

#include "ringside.pb-c.h"

/* The sentence, without time and host, NUL-terminated, cut to @size. Control characters are
 * escaped. Returns the bytes written without the NUL. @header: the latest of the stream, or
 * NULL. */
size_t text_message(char *buf, size_t size, const Ringside__V1__Record *record,
		    const Ringside__V1__Header *header);
