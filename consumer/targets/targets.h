/* SPDX-License-Identifier: Apache-2.0 */
/* The places that this build knows. */
#pragma once

#include "consumer/forward/target.h"

/* Those for whose libraries it was built: RINGSIDE_<NAME>. */
extern const struct target_ops target_journald, target_kafka;
extern const struct target_ops target_otlp_http, target_otlp_https, target_otlp;

/* NULL behind the last. */
extern const struct target_ops *const targets[];

/* By what stands before the first ':' of @url; NULL: none. */
const struct target_ops *target_find(const char *url);
