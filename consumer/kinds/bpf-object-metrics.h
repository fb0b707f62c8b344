/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects as metrics. */
#pragma once

#include "consumer/base/prometheus.h"
#include "consumer/sums/bpf-objects.h"

/* @objects: NULL where nobody tells of them. */
void metrics_objects(struct prometheus *e, const struct bpf_objects *objects);
