/* SPDX-License-Identifier: Apache-2.0 */
/* The sysctl kernel.seccomp.actions_logged. */
#pragma once

#include <stdint.h>

/* Opens it, for later on it may be out of reach. -errno where there is none. */
int logged_actions_open(void);

/* WIRE_LOGS_*; all of them where it cannot be read: it is every action's default but ALLOW. */
uint32_t logged_actions_read(int fd);
