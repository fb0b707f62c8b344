/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors that a service manager has kept since the service last ran (sd_listen_fds(3)). */
#pragma once

#include <stddef.h>

#define STORED_FDS_MAX 256u

struct stored_fds {
	size_t n;
	struct stored_fd {
		int fd;
		char name[64]; /* one that was longer is cut */
	} all[STORED_FDS_MAX];
};

/* Those that $LISTEN_PID, $LISTEN_FDS and $LISTEN_FDNAMES tell of, which are taken from the
 * environment. Of more than STORED_FDS_MAX the others are closed. */
void stored_fds_find(struct stored_fds *ret);
void stored_fds_done(struct stored_fds *fds); /* closes them; any time, also twice */

/* Borrowed; negative: there is none of that name. */
int stored_fds_get(const struct stored_fds *fds, const char *name);
