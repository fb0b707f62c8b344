/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects as metrics. */
#pragma once

#include "exposition.h"
#include "objects.h"

/* @objects: NULL where nobody tells of them. */
void metrics_objects(struct exposition *e, const struct objects *objects);
