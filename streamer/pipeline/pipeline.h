/* SPDX-License-Identifier: Apache-2.0 */
/* Rings to stream to sink, and the closing (DESIGN §5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streamer/kernel/kernel.h"
#include "streamer/output/sink.h"
#include "streamer/report/header.h"

struct pipeline;
struct privileges;
struct service_manager;
struct handover;

struct pipeline_config {
	struct header_config header;
	uint64_t count;                  /* stop after so many events; 0: never */
	bool flush_each;                 /* write each event by itself, also in a storm */
	struct service_manager *manager; /* hears that the loop goes round; borrowed, or NULL */
	struct handover
		*handover; /* what to go on with, and to leave to who comes next; likewise */
};

/* Opens all that will be needed. Borrows all of them. Returns 0, or -errno with a sentence in
 * @error. */
int pipeline_new(struct pipeline **ret, const struct pipeline_config *config, struct kernel *kernel,
		 struct sink *sink, char *error, size_t size);
/* Writes the first records. @privileges: what is left, borrowed; NULL: it is not told. */
int pipeline_begin(struct pipeline *pipeline, const struct privileges *privileges, char *error,
		   size_t size);
struct pipeline *pipeline_free(struct pipeline *pipeline); /* NULL is fine; returns NULL */

/* Runs until a signal, -c COUNT, the reader's end or a failure ends the stream: then 0. Returns
 * PIPELINE_TOTALS when somebody asks for the totals, and PIPELINE_NOTICE when there is something
 * to tell: print them and call it again; PIPELINE_HANGUP at SIGHUP, before another file is begun:
 * the Header of that has what the labels of @config are then. */
#define PIPELINE_TOTALS 1
#define PIPELINE_NOTICE 2
#define PIPELINE_HANGUP 3
int pipeline_run(struct pipeline *pipeline);

/* A sentence for the user, once; empty if there is none. Also after pipeline_close. */
void pipeline_notice(struct pipeline *pipeline, char *buf, size_t size);

/* Takes the probes off, drains, writes the last records. Returns 0 if the stream is whole or
 * its reader left; else -errno with a sentence in @error about what is missing. */
int pipeline_close(struct pipeline *pipeline, char *error, size_t size);

/* "1204 events written, ...": what is in the stream so far. */
void pipeline_totals(const struct pipeline *pipeline, char *buf, size_t size);
