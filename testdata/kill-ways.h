/* SPDX-License-Identifier: Apache-2.0 */
/* The calls by which a process sends another a SIGKILL. */
#pragma once

#include <sys/types.h>

enum way {
	BY_KILL,
	BY_TGKILL,
	BY_PIDFD,
	BY_QUEUE,
	AS_TIMER, /* with the code of what the kernel sends */
	AS_MESSAGE,
	AS_IO,
	TWICE, /* once more by another */
};

void kill_by(pid_t pid, enum way way);
