/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects as /check has them. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "consumer/sums/bpf-objects.h"
#include "consumer/sums/cursor.h"

/* What changed since @cursor of the BPF objects (NULL: nobody tells of them), and all they add up
 * to: members of an object, each behind a comma. */
void check_objects(struct writer *writer, const struct bpf_objects *objects,
		   const struct cursor *cursor);
