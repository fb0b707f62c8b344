/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a sink: sink-file.c (a file, a folder) and sink.c (writing) are below sink-next.c
 * (one file after another), that below sink-folder.c, and sink-open.c above all. */
#pragma once

#include <stdio.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "proto/recording/recording-writer.h"
#include "streamer/output/sink.h"

int sink_refuse_open(const char *path, int code, char *error, size_t size);

/* Makes a file, of the group, locked. -EEXIST if there is something of this name, and -EBUSY if
 * somebody else locks it at once. */
int sink_make_file(const struct sink *sink, const char *path, int *ret, char *error, size_t size);

/* The same, or opens what is there, if nobody else can have put it there. *ret_st: as it was found.
 * @awaits: for the reader of a pipe. */
int sink_open_file(const struct sink *sink, const char *path, bool awaits, int *ret,
		   struct stat *ret_st, char *error, size_t size);

/* Whether more may be written behind what @path has; @st: as it was opened. @mend: an fd to write
 * to, to mend first what a streamer has left that was killed, which sink->mended says then; -1:
 * that is refused. */
int sink_check_append(struct sink *sink, const char *path, const struct stat *st, int mend,
		      char *error, size_t size);

/* A first record that is a Header. */
bool sink_has_magic(const uint8_t *p, size_t size);

/* Makes a recording whole whose end, behind @whole bytes, is what a killed streamer leaves, and
 * says how, in a sentence without its name. @from: to read; @to: opened for appending. -EBADMSG: it
 * is damaged in another way. */
int sink_mend(int from, int to, uint64_t whole, bool compressed, char *said, size_t said_size);

/* What sink->config says about names, compression and rotation. Returns 0, or -EINVAL for what
 * excludes each other. */
int sink_plan(struct sink *sink, char *error, size_t size);

/* The name of the first file, in the place, and how those after it are made. */
int sink_plan_name(struct sink *sink, char **ret, char *error, size_t size);

/* The first file's name of a sink that rotates, and what must not be there. */
int sink_first_name(struct sink *sink, char **ret, char *error, size_t size);

/* Gives a file or folder that was just made to whom it belongs later on. */
void sink_give(const struct sink *sink, int fd);

/* As users_choose(). */
int sink_choose_user(struct sink *sink, int owner_fd, int make_fd, char *error, size_t size);

/* Opens the place: of @path's last part. */
int sink_open_place(struct sink *sink, const char *path, char *error, size_t size);
int sink_open_folder(struct sink *sink, char *error, size_t size);
/* What the configuration leaves open of a folder, from the size of the place's file system. */
int sink_set_limits(struct sink *sink, char *error, size_t size);
/* Returns 0, or -EINVAL for limits of a folder where it is none. */
int sink_refuse_retention(const struct sink *sink, const struct sink_config *asked, char *error,
			  size_t size);
