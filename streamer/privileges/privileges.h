/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer may do once its probes are attached: nothing that it does not do. In two steps,
 * between which its thread is started: user, capabilities and file system are a thread's own, and
 * what it starts has no more; a filter of system calls is put on all, and lets none be started. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/privileges/user.h"

#define PRIVILEGES_KEPT_MAX 6u
#define PRIVILEGES_READ_MAX 2u

/* What is left, as the kernel was asked for it. */
struct privileges {
	struct user user;
	uint64_t capabilities; /* bits by number */
	int landlock;          /* the interface's version, or 0 */
	bool filtered;
	/* What could not be given up, and why: sentences. */
	char kept[PRIVILEGES_KEPT_MAX][192];
	unsigned n_kept;
};

struct privileges_config {
	const struct user *user;
	const char *stays;   /* why it is root, or NULL */
	int map_fd;          /* any BPF map, to find out what reading takes, or -1 */
	int folder_fd;       /* new files are to be made there, or -1 */
	int names_fd;        /* a folder whose names are to be listed, or -1 */
	const int *read_fds; /* folders whose files are to be read; -1 for one that is not there */
	unsigned n_read_fds; /* PRIVILEGES_READ_MAX at most */
};

/* Returns 0, or -errno with a sentence in @error. */
int privileges_drop(const struct privileges_config *config, struct privileges *ret, char *error,
		    size_t size);
void privileges_filter(struct privileges *privileges);

/* The name of the one that had to stay, or NULL. */
const char *privileges_capability(const struct privileges *privileges);
