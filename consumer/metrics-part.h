/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of metrics.c's page. */
#pragma once

#include "metrics.h"

/* @objects: NULL where nobody tells of them. */
void metrics_objects(struct exposition *e, const struct objects *objects);
void metrics_upkeep(struct exposition *e, const struct upkeep *upkeep);
