/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "proto/base/util.h"
#include "streamer/config/config.h"

/* Keeps a copy of two strings, one behind the other, as long as @config is there; NULL: no memory.
 */
const char *config_keep(struct config *config, const char *a, const char *b);

/* Notes a sentence; more than there is room for are counted only. */
_printf_(3, 4) void config_note(struct config *config, bool is_error, const char *format, ...);

/* The same of what may be a mistake, and keeps nothing from running. */
_printf_(2, 3) void config_warn(struct config *config, const char *format, ...);

/* What $RINGSIDE_… say. @environment: as in struct config_sources. Returns 0, also if something is
 * wrong, or -ENOMEM. */
int config_read_variables(struct config *config, const char *const *environment);

/* What values say together, wherever it is read: a streamer that runs reads no other files. */
void config_check(struct config *config);
