/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects as /check has them. */
#pragma once

#include "consumer/base/json-page.h"
#include "consumer/sums/bpf-objects.h"
#include "consumer/sums/cursor.h"

/* What changed since @cursor of the BPF objects (NULL: nobody tells of them), and all they add up
 * to: members of an object. */
void check_objects(struct json_page *page, const struct bpf_objects *objects,
		   const struct cursor *cursor);
