/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of ringside-streamer. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "streamer/config/setting.h"

enum {
	OPTIONS_RUN = 0,
	OPTIONS_HELP = 1,
	OPTIONS_VERSION = 2,
};

/* Sets what it says on top of @values, up to an option that has an outcome. Returns 0, or -EINVAL
 * with a sentence in @error. */
int command_line_read(int argc, char **argv, struct setting_values *values, char *error,
		      size_t size);

/* The text of --help. */
void command_line_help(FILE *out);
