/* SPDX-License-Identifier: Apache-2.0 */
/* What of the file system this thread, and those it starts, can still reach. */
#pragma once

struct landlock_folder {
	int fd;
	int writes; /* files can be made, written and deleted; else names can be listed */
};

/* Leaves these folders, and nothing else: no other path, no network, no abstract sockets, no
 * signals to others, as far as this kernel knows how. What is open stays open. no_new_privs has to
 * be set. Returns the version of the kernel's interface, or -errno: -ENOSYS, -EOPNOTSUPP where
 * there is none. */
int landlock_restrict(const struct landlock_folder *folders, unsigned n);
