/* SPDX-License-Identifier: Apache-2.0 */
/* What a service tells its manager (sd_notify(3)): that it is ready, that it is alive, how it is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct service_manager {
	int fd; /* a socket to it; -1: there is none, and all that is said is dropped */
	uint64_t every_nano; /* as often it wants to hear that we are alive; 0: it does not */
	uint64_t alive_nano; /* CLOCK_MONOTONIC: when it last did */
	unsigned stores;     /* so many descriptors it keeps for who comes next; 0: none */
};

#define SERVICE_MANAGER_NULL                                                                       \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Whom $NOTIFY_SOCKET names, and what $WATCHDOG_USEC and $FDSTORE say; all are taken from the
 * environment, so that no command of ours speaks for us. Without them, 0. -errno with a sentence in
 * @error: what is said would not be heard, and the start would be taken for one that failed, later
 * on. */
int service_manager_find(struct service_manager *ret, char *error, size_t size);
void service_manager_done(struct service_manager *manager); /* any time, also twice */

/* Assignments, each but the last ended by a newline: "READY=1\nSTATUS=recording". Waits for some
 * seconds where it does not read. */
void service_manager_say(const struct service_manager *manager, const char *text);

/* To be called by what has to go on, as often as it does. */
void service_manager_alive(struct service_manager *manager);

/* How long to sleep at most until that is to be called again: ms, -1: for good. */
int service_manager_timeout(const struct service_manager *manager);

/* Gives it @fd to keep, under @name: letters, digits and punctuation but for colons. 0 or -errno;
 * that it has none more to keep it does not say. */
int service_manager_store(const struct service_manager *manager, const char *name, int fd);
/* It need not keep those of that name any longer. */
void service_manager_forget(const struct service_manager *manager, const char *name);
