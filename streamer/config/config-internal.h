/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "proto/base/util.h"
#include "streamer/config/config.h"

/* Keeps a copy of two strings, one behind the other, as long as @config is there; NULL: no memory.
 */
const char *config_keep(struct config *config, const char *a, const char *b);

/* Notes a sentence; more than there is room for are counted only. */
_printf_(3, 4) void config_note(struct config *config, bool is_error, const char *format, ...);

/* What values say together. */
void config_check(struct config *config);
