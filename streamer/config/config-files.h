/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a configuration: which there are, in which order, and whether to believe them. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define CONFIG_FILE "streamer.conf"
#define CONFIG_DROP_INS CONFIG_FILE ".d"

struct config_files {
	char **paths; /* that of what has the last word last */
	size_t n, room;
};

/* Of @folders, the lowest first, NULL-terminated: their streamer.conf, whether there is one or not,
 * but none below one that is a link to /dev/null; then what is in their streamer.conf.d, by name,
 * one of a higher folder instead of one of the same name. Returns 0, or -errno with a sentence in
 * @error. */
int config_files_find(const char *const *folders, struct config_files *ret, char *error,
		      size_t size);
void config_files_done(struct config_files *files);

/* All of a file, which is to belong to root or @owner, and to be written by nobody else; /dev/null
 * is an empty one, and so is a link to it. Returns 0, -ENOENT, or -errno with a sentence in @error.
 * The text is the caller's, to be freed. */
int config_file_read(const char *path, uid_t owner, char **ret, size_t *ret_size, char *error,
		     size_t size);
