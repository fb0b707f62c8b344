/* SPDX-License-Identifier: Apache-2.0 */
/* What bpf_object.c is made of. */
#pragma once

#include "consumer/base/json-page.h"
#include "consumer/base/prometheus.h"
#include "consumer/sums/cursor.h"
#include "consumer/sums/ledger.h"

void bpf_object_check(struct json_page *page, const struct ledger *ledger,
		      const struct cursor *cursor, uint64_t now_nano);
void bpf_object_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			uint64_t now_nano);
