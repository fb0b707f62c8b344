/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of ringside-streamer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "streamer/kernel/kernel.h"
#include "streamer/output/sink.h"
#include "streamer/pipeline/pipeline.h"

#define OPTIONS_LABEL_KEY_MAX 63u
#define OPTIONS_LABEL_VALUE_MAX 255u

/* All strings are the command line's own. */
struct options {
	struct kernel_config kernel;
	struct sink_config sink;
	struct pipeline_config pipeline;
	const char *user; /* as whom to go on; NULL: see users_find() */
	bool doctor;
	bool doctor_holds; /* stays attached until nobody reads its stdout */
	bool doctor_marks; /* doctor_mark() */
	bool quiet;
};

enum {
	OPTIONS_RUN = 0,
	OPTIONS_HELP = 1,
	OPTIONS_VERSION = 2,
};

/* Returns one of the above, or -EINVAL with a sentence in @error that says what is accepted. */
int options_parse(int argc, char **argv, struct options *ret, char *error, size_t size);

/* The text of --help. */
void options_help(FILE *out);
