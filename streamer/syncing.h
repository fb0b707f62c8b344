/* SPDX-License-Identifier: Apache-2.0 */
/* A finished file goes to the disk beside us: that may take longer than the rings have room for. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct syncing {
	pthread_t thread;
	bool running;
	int fd;
	int folder;
	int result;
};

/* Syncs @fd, closes it, and syncs the @folder (-1: none), which is borrowed until syncing_wait.
 * Waits for the one before. Returns what syncing_wait does. */
int syncing_start(struct syncing *syncing, int fd, int folder);

/* Returns 0, or -errno of a file that could not be synced. */
int syncing_wait(struct syncing *syncing);
