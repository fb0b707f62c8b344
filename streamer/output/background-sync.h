/* SPDX-License-Identifier: Apache-2.0 */
/* A finished file goes to the disk beside us: that may take longer than the rings have room for.
 * The thread is there from the start, since none can be made once the privileges are gone. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct syncing {
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool busy; /* with fd, folder */
	bool ends;
	int fd;
	int folder;
	int result;
};

#define SYNCING_NULL                                                                               \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER             \
	}

/* Starts the thread. Without one, as where it cannot be had, syncing_start() does it all itself. */
void syncing_begin(struct syncing *syncing);
/* Waits for what it does, and ends it. */
void syncing_end(struct syncing *syncing);

/* Syncs @fd, closes it, and syncs the @folder (-1: none), which is borrowed until syncing_wait.
 * Waits for the one before. Returns what syncing_wait does. */
int syncing_start(struct syncing *syncing, int fd, int folder);

/* Returns 0, or -errno of a file that could not be synced. */
int syncing_wait(struct syncing *syncing);
