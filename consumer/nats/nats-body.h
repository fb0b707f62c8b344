/* SPDX-License-Identifier: Apache-2.0 */
/* One field of a record's body, without unpacking it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/record/pb-read.h"

/* The first field @number of the body, of wire type @type; false: it has none. */
bool nats_body_field(const void *record, size_t size, unsigned number, unsigned type,
		     struct pb_field *ret);
