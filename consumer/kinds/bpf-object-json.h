/* SPDX-License-Identifier: Apache-2.0 */
/* An object of bpf-objects.h as JSON. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "consumer/sums/bpf-objects.h"

/* Its members: the first behind "{", what stands behind them is the caller's. */
void object_json(struct writer *writer, const struct object *object);

/* What all add up to, likewise, the first behind @before. */
void objects_json_sums(struct writer *writer, const char *before,
		       const struct bpf_objects *objects);
