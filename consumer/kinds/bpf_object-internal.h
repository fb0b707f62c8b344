/* SPDX-License-Identifier: Apache-2.0 */
/* What bpf_object.c is made of. */
#pragma once

#include "consumer/base/json-page.h"
#include "consumer/base/prometheus.h"
#include "consumer/kinds/kind.h"
#include "consumer/sums/cursor.h"
#include "consumer/sums/ledger.h"

/* Its members; and what all add up to, likewise. */
void object_json(struct json_page *page, const struct object *object);
void objects_json_sums(struct json_page *page, const struct bpf_objects *objects);

extern const struct kind_rows bpf_object_rows;
void bpf_object_check(struct json_page *page, const struct ledger *ledger,
		      const struct cursor *cursor, uint64_t now_nano);
void bpf_object_group_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			      uint64_t now_nano);
void bpf_object_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			uint64_t now_nano);
