/* SPDX-License-Identifier: Apache-2.0 */
/* Who writes the files that are read: whether somebody still does, and whether he can. Of each
 * stream the latest file, held open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/recording/lock-notes.h"

#define WRITERS_MAX 8 /* streams; the one that was told of first makes room for another */
#define WRITERS_ID 16

struct stream_writer {
	uint8_t id[WRITERS_ID]; /* of the stream; of which so many bytes are known: */
	unsigned id_size;
	uint32_t index; /* of the file */
	int fd;         /* -1: nobody writes it any more */
	char *path;     /* as it was called then; NULL: not known */
	uint64_t bytes; /* at the latest look, as what stands below */
	bool locks;     /* its Header says so: without a lock, nobody writes it */
	bool foreign;   /* it grew when nobody was writing it: it is a copy, of which this says
			   nothing */
	bool locked;
	uint64_t unlocked_nano; /* since when it is known that nobody does; 0: it is not so */
	bool troubled;
	struct lock_notes notes;
};

struct stream_writers {
	unsigned n;
	struct stream_writer all[WRITERS_MAX];
};

/* A file, @fd, which is borrowed, that is read or could be: of which stream it is, by its Header,
 * or by its name if that says it. Of a stream's files the latest is looked at. */
void writers_add(struct stream_writers *writers, const uint8_t *id, uint32_t index, bool locks,
		 int fd);
void writers_add_named(struct stream_writers *writers, int fd);

/* Looks at all of them. */
void writers_look(struct stream_writers *writers, uint64_t now_nano);

/* Records of the stream have come. @patience_nano: for so long they may have been under way. */
void writers_wrote(struct stream_writers *writers, const uint8_t *id, uint64_t now_nano,
		   uint64_t patience_nano);

/* Of that stream; NULL: nothing is known. @id NULL: one of no stream that is known, because
 * nothing could be written at all. */
const struct stream_writer *writers_find(const struct stream_writers *writers, const uint8_t *id);

void writers_done(struct stream_writers *writers);
