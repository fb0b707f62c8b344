/* SPDX-License-Identifier: Apache-2.0 */
/* From one streamer to the next, through a service manager that keeps descriptors (systemd's file
 * descriptor store): the links, programs and maps, and a memfd with the state of the stream. Who is
 * told to end, and knows that the manager keeps all that, ends its file and leaves the programs on
 * their hooks; the next one goes on with the same stream in its next file. What happens in between
 * waits in the rings, and what has no room there is counted as ever.
 *
 * The rings keep what was taken from them until it is in the file, and the state says how far that
 * is before they are let go of. So who is killed is gone on with, too: its file is cut back to what
 * the state says, and what was behind that comes again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/kernel/kernel-adopt.h"
#include "streamer/output/sink.h"
#include "streamer/pipeline/handover-state.h"
#include "streamer/service/service-manager.h"
#include "streamer/service/stored-fds.h"

struct handover {
	const struct service_manager *manager; /* borrowed */
	int fd;                                /* of the state; -1: the manager keeps nothing */
	struct handover_found found;           /* small NULL: nothing was left */
	struct handover_memory memory;
	bool used; /* what was found is this stream's own */
};

#define HANDOVER_NULL                                                                              \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Looks for what was left to be gone on with. Returns whether there is something: then what does
 * not fit is to be said, and handover_drop()ped. */
bool handover_find(struct handover *handover, const struct service_manager *manager,
		   const struct stored_fds *fds);
void handover_done(struct handover *handover); /* any time, also twice */

/* Goes on with the kernel's side of it. 0, or -errno with a sentence in @error: there is nothing
 * to go on with here. */
int handover_adopt(struct handover *handover, struct kernel **ret,
		   const struct kernel_config *config, const struct sink *sink,
		   const struct stored_fds *fds, char *error, size_t size);

/* Of what is gone on with: whether its streamer ended as it is told to. */
static inline bool handover_ended(const struct handover *handover)
{
	return handover->found.small && handover->found.small->ended;
}

/* The manager is to let go of what it keeps, and so are we. */
void handover_drop(struct handover *handover, struct stored_fds *fds);

/* Gives the manager all that is attached. 0, or -errno: nothing will be left to anybody. -ENOTSUP
 * where it keeps nothing, or the stream goes to no folder. */
int handover_offer(struct handover *handover, const struct kernel *kernel, const struct sink *sink);

/* It was offered, and is not to be gone on with: the manager lets go of it. */
void handover_withdraw(struct handover *handover, const struct kernel *kernel);

static inline bool handover_offered(const struct handover *handover)
{
	return handover && handover->fd >= 0;
}

/* Once all parts of @p are there but its file, of which *ret_index is the number. 0 or -errno. */
struct pipeline;
int handover_resume(struct pipeline *p, uint32_t *ret_index);

/* All that was taken from the rings is in the file, or counted as lost: for who comes next,
 * whatever becomes of this process. A failure ends that: the manager is to let go. */
void handover_save(struct pipeline *p);
/* After the last record. 0, or -errno: nothing is left to anybody. */
int handover_leave(struct pipeline *p);
