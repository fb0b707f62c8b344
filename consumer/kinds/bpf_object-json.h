/* SPDX-License-Identifier: Apache-2.0 */
/* An object of bpf-objects.h, and what all add up to, as members of an object of JSON. */
#pragma once

#include "consumer/base/json-page.h"
#include "consumer/sums/bpf-objects.h"

void object_json(struct json_page *page, const struct object *object);
void objects_json_sums(struct json_page *page, const struct bpf_objects *objects);
