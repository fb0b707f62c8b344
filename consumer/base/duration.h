/* SPDX-License-Identifier: Apache-2.0 */
/* A length of time as people say it. */
#pragma once

#include <stdint.h>

#define DURATION_SIZE 64

/* "250 ms", "3 s", "2 min 5 s", "3 h 20 min", "4 d 2 h": two units, the second one rounded down.
 * Returns @buf. */
const char *duration_text(uint64_t nano, char buf[DURATION_SIZE]);
