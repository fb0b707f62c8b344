/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over the records of inputs: all that the commands have in common that read some. */
#pragma once

#include "consumer/files/seen-records.h"
#include "consumer/files/side-streams.h"
#include "consumer/files/whole-streams.h"
#include "consumer/filter/filter.h"
#include "consumer/read/reader.h"

#define EACH_RECORD_EVERY 256 /* records between two calls of pass */

/* What to do on the way. each_record calls put, pass and complain only. */
struct each_record_ops {
	/* Before the first input: a host that some are of, as far as can be known by then. Names
	 * come several times. May be NULL. */
	void (*host)(void *data, const char *name);
	/* Files of one stream are to be read one behind the other. */
	bool by_stream;
	/* Whether of streamers that ran beside each other on one machine one tells what both have
	 * (--one-stream); NULL: both do, and nothing is said of it. */
	bool (*one_stream)(const void *data);
	/* What passes the filters, of which alone that is said; NULL: all. As put, or 1: it does.
	 */
	int (*wants)(const void *data, struct reader *reader, struct reader_record *item);
	/* The next input, which is open. */
	void (*begin)(void *data, struct reader *reader, const char *name);
	/* 0; READER_DAMAGED: it could not be unpacked, which is complained of; READER_END: enough
	 * was seen; or -errno. These two end the walk, over all inputs. */
	int (*put)(void *data, struct reader *reader, struct reader_record *item);
	/* A Header, also one that comes once more; may be NULL. */
	void (*header)(void *data, const Ringside__V1__Record *record);
	/* Now and then; may be NULL. */
	void (*pass)(void *data, const struct reader *reader);
	/* Something is wrong with the input. */
	void (*complain)(void *data, const char *problem);
	/* -errno: @name cannot be read, or has no recordings (-ENODATA); 0: it is a line that says
	 * what was left out. */
	void (*error)(void *data, const char *name, int error);
	/* Of what was asked for, what is in @path, or may be in it, is not read: @why. Of folders
	 * that are listed; of one that is read alone nothing is told of what lies in it. */
	void (*unread)(void *data, const char *path, const char *why);
	/* What is told how whole the streams are; may be NULL, as may be what it returns. */
	struct whole_streams *(*whole)(void *data);
	/* The input is done. @answer: the last one of reader_next. */
	void (*end)(void *data, const struct reader *reader, const char *name, int answer);
};

/* What was read before, of all inputs: so that nothing counts twice. */
struct record_memory {
	struct seen_records seen;
	struct side_streams sides;
	const struct filter *filter; /* NULL: all is wanted */
	struct whole_streams *whole; /* borrowed; NULL: nobody asks */
};

/* What is wanted of the records, before the first of them. */
void record_memory_choose(struct record_memory *memory, const struct filter *filter);

void record_memory_done(struct record_memory *memory);

/* To where @reader says that nothing more comes; what @memory has (NULL: nothing is known) is left
 * out; *ret_answer is how. That it is cut is complained
 * of unless the rest is being written. Returns 0, or what put ended it with. */
int each_record(struct reader *reader, const struct each_record_ops *ops, void *data,
		struct record_memory *memory, int *ret_answer);

/* A line that says how many of the records were nobody's that is known, if any were; and whether
 * they pass @filter (NULL: all do). */
void each_record_tell_orphans(const struct reader *reader, const char *name,
			      const struct filter *filter, const struct each_record_ops *ops,
			      void *data);

/* Of @n arguments of a command: files, "-", and folders, which stand for their recordings in the
 * order of time; without any, of inputs_default. Frames that cannot match @filter are left out;
 * NULL: none are. Each record comes once, whatever files it is in: what is left out is told
 * (error). Returns 0, or what put ended it with. */
int each_record_in(char *const *paths, int n, const struct filter *filter,
		   const struct each_record_ops *ops, void *data);
