/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "streamer/kernel/kernel.h"

/* Whether @probe was asked for and could not be attached. */
bool attached_misses(const struct kernel *kernel, const struct kernel_config *config,
		     unsigned probe);

/* "seccomp_denial is not attached: fentry: ...; tracepoint: ...", cut to @size. */
void attached_explain(const struct kernel *kernel, const struct kernel_config *config,
		      unsigned probe, char *buf, size_t size);

/* "oom_kill by fentry, seccomp_denial by tracepoint": what is attached, cut to @size. */
void attached_list(const struct kernel *kernel, const struct kernel_config *config, char *buf,
		   size_t size);
