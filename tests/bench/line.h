/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done with the records of a flood: by the streamer's pipeline, by the same pipeline
 * with protobuf-c in its encoder's place, or by hardly anything. They die where they fail. */
#pragma once

#include "streamer/pipeline/pipeline-internal.h"
#include "tests/bench/flood-kernel.h"
#include "tests/bench/load.h"

/* What is done with the records. */
enum deed {
	NOTHING,
	READ,  /* each word of them is looked at */
	HASH,  /* nothing, but the bytes of their frames are hashed */
	WRITE, /* nothing, but as many bytes are written */
	ENCODE,
	PACK,
};

struct way {
	const char *name;
	enum deed deed;
	const char *path;
};

/* One way at work. */
struct line {
	const struct way *way;
	const struct load *load;
	struct kernel *kernel;
	int fd; /* of the file, -1: none */
	struct sink *sink;
	struct pipeline *pipeline; /* NULL: it is no pipeline */
	struct ring ring;
};

void die(const char *what);

/* Fills the flood with the load's records, the first ones of which, with their paths, are taken
 * at once. Borrows all. */
void line_open(struct line *line, const struct way *way, const struct load *load,
	       struct kernel *kernel);
void line_close(struct line *line); /* deletes the file */

/* Whether it does something with records at all. */
bool line_takes(const struct way *way);

/* CPU time in ns of what it does with @n records, which it puts into the ring before. */
uint64_t line_time(struct line *line, unsigned n);

/* Takes what is in the ring, at most 256. Of one that is no pipeline. */
unsigned line_drain(struct line *line);

/* Makes its pipeline the one that runs. */
void line_run(const struct line *line);
