/* SPDX-License-Identifier: Apache-2.0 */
/* What of the file system this thread, and those it starts, can still reach. */
#pragma once

enum landlock_use {
	LANDLOCK_LISTS,  /* names */
	LANDLOCK_READS,  /* that, and files */
	LANDLOCK_WRITES, /* that, and makes and deletes them */
};

struct landlock_folder {
	int fd; /* -1: there is none */
	enum landlock_use use;
};

/* Leaves these folders, and nothing else: no other path, no network, no abstract sockets, no
 * signals to others, as far as this kernel knows how. What is open stays open. no_new_privs has to
 * be set. Returns the version of the kernel's interface, or -errno: -ENOSYS, -EOPNOTSUPP where
 * there is none. */
int landlock_restrict(const struct landlock_folder *folders, unsigned n);
