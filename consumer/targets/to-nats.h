/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "consumer/forward/target.h"

/* nats:// and, the same with TLS, tls:// */
extern const struct target_ops to_nats, to_nats_tls;
