/* SPDX-License-Identifier: Apache-2.0 */
/* What is attached, from one process to the next: descriptors, and a note of how it was attached.
 */
#pragma once

#include "streamer/kernel/kernel.h"
#include "streamer/kernel/programs.h"

/* Without pointers. A change of it is one of HANDOVER_VERSION, too. */
struct kernel_note {
	uint64_t programs; /* a hash of what was loaded, and of what the streamer knows of it */
	uint64_t asked;    /* likewise, of what was asked for */
	uint64_t map_bytes, ring_bytes;
	uint32_t n_cpus;
	uint32_t variant; /* enum programs_variant */
	uint32_t iterates;
	uint32_t looks;
	uint32_t n_fds; /* that have to be there */
	uint32_t pad;
	struct kernel_note_probe {
		uint32_t tier; /* its place in tiers_of, from 1 on; 0: not attached */
		uint32_t self_tested;
		uint32_t preempted;
		uint32_t n_attempts;
		uint64_t missed_in_trial;
		struct kernel_attempt attempts[KERNEL_TEXTS];
	} probes[WIRE_PROBE_COUNT];
};

/* -ENOTSUP: it cannot be handed on, since the programs were compiled on this machine, or none is
 * attached. */
int kernel_write_note(const struct kernel *kernel, struct kernel_note *ret);

/* All that has to be kept meanwhile; as programs_each_fd(). */
int kernel_each_fd(const struct kernel *kernel, programs_fd_fn fn, void *data);

/* From now on nothing of what kernel_free() does takes a program off its hook. */
void kernel_keep(struct kernel *kernel);

/* As kernel_new(), but loads and attaches nothing, and takes no privileges for it: goes on with
 * what another process has attached. The note may be of anybody's making. -ESTALE where it is of
 * other programs than these, or of other wishes than @config: with a sentence in @error, as for all
 * else. */
int kernel_adopt(struct kernel **ret, const struct kernel_config *config,
		 const struct kernel_note *note, const struct programs_fds *fds, char *error,
		 size_t size);
