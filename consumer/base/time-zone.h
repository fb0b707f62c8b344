/* SPDX-License-Identifier: Apache-2.0 */
/* The local time zone, as the environment has it. */
#pragma once

#include <stdbool.h>

#define TIME_ZONES "/usr/share/zoneinfo/"

/* Whether $TZ names a zone, which libc does not tell: it takes UTC in its place. True without one.
 */
bool time_zone_exists(void);
