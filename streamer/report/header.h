/* SPDX-License-Identifier: Apache-2.0 */
/* The first record: what the stream is, where it was made, and what it cannot show. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "streamer/kernel/kernel.h"
#include "streamer/output/stream.h"
#include "streamer/report/proc-files.h"

#define HEADER_LABELS_MAX 64u

struct header_label {
	const char *key; /* not terminated */
	size_t key_size;
	const char *value;
};

/* What the user says of the stream. All strings are borrowed. */
struct header_config {
	const char *host_name; /* NULL: the machine's */
	struct header_label labels[HEADER_LABELS_MAX];
	size_t n_labels;
	uint32_t
		failed_starts; /* for which only OOM kills are watched; 0: all that was asked for */
	uint32_t counters_interval; /* seconds from one set of Counters to the next */
};

int header_write(struct stream *stream, const struct machine *machine, const struct kernel *kernel,
		 const struct header_config *config);
