/* SPDX-License-Identifier: Apache-2.0 */
/* The sysctl kernel.seccomp.actions_logged. */
#pragma once

#include <stdint.h>

/* WIRE_LOGS_*; all of them where it cannot be read: it is every action's default but ALLOW. */
uint32_t actions_logged(void);

/* The same of a text as the sysctl gives it: names with blanks between. */
uint32_t actions_parse(const char *text);
