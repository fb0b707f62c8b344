/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to be copied into a shell: they do what they say for any name, or they are not said. */
#pragma once

#include <stdbool.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

#define TEXT_COMMAND_MAX 1024
/* systemctl's @verb for the unit @name as @c has it, with what stands behind it. False if no
 * command of this machine reaches that unit's manager for sure; nothing is put then. */
bool text_systemctl(struct line *line, const Ringside__V1__Container *c, const char *name,
		    const char *verb, const char *more);
/* What stands before a command for this user's own manager or engine. */
void text_as_user(struct line *line, uint32_t uid);
/* The path of a cgroup's file. */
void text_cgroup_file(struct line *line, const Ringside__V1__Container *c, const char *v2,
		      const char *v1);
