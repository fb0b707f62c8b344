/* SPDX-License-Identifier: Apache-2.0 */
/* What tcp_queue.c is made of. */
#pragma once

#include "consumer/kinds/kind.h"

extern const struct kind_rows tcp_queue_rows;
