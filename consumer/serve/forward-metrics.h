/* SPDX-License-Identifier: Apache-2.0 */
/* What forwarding on this machine says to Prometheus. */
#pragma once

#include "consumer/base/prometheus.h"
#include "consumer/forwarding/forward-status.h"

/* Nine samples for each target; nothing without any. */
void forward_metrics_put(struct prometheus *e, const struct forward_status *all, size_t n,
			 uint64_t now_nano);
