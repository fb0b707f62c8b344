/* SPDX-License-Identifier: Apache-2.0 */
/* All that ringside-streamer can be told, as its rooms want it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/kernel/kernel.h"
#include "streamer/output/sink.h"
#include "streamer/pipeline/pipeline.h"

/* All strings belong to the command line, the environment, or what was read of files. */
struct options {
	struct kernel_config kernel;
	struct sink_config sink;
	struct pipeline_config pipeline;
	const char *user;  /* as whom to go on; NULL: see users_find() */
	const char *brake; /* where failed starts are counted; NULL: nowhere */
	bool doctor;
	bool doctor_holds; /* stays attached until nobody reads its stdout */
	bool doctor_marks; /* doctor_mark() */
	bool quiet;
	/* Of the command line only. */
	const char *config; /* the one file to read; NULL: the standard ones */
	bool checks_config;
	bool prints_config;
};
