/* SPDX-License-Identifier: Apache-2.0 */
/* What is built in, below files, below the environment, below the command line: one set of values,
 * and where each comes from. Prints nothing by itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "streamer/config/setting.h"

/* Sentences of one configuration. */
#define CONFIG_NOTES_MAX 100u

struct config_sources {
	int argc;
	char **argv;
	const char *const *folders;     /* of files, the lowest first; NULL-terminated */
	const char *const *environment; /* "NAME=VALUE"; NULL-terminated */
	uid_t owner;                    /* whose files, besides root's, are believed */
};

struct config_note {
	bool is_error;
	bool is_warning; /* no error, and for everybody to know */
	char *text;
};

struct config_text;

struct config {
	struct setting_values values;
	struct config_note notes[CONFIG_NOTES_MAX];
	unsigned n_notes, n_errors;
	bool wrong_options;        /* of the errors the first is of the command line */
	struct config_text *texts; /* what the values are borrowed of */
	struct config *fresh;      /* of what config_reload() has changed, likewise */
};

/* The one that is built in. NULL: no memory. */
struct config *config_new(void);
struct config *config_free(struct config *config); /* NULL is fine; returns NULL */

/* Once. Returns one of OPTIONS_*; -EINVAL if something is wrong, all of which is in the notes: what
 * is no error there is worth knowing for who looks at them; or -ENOMEM. */
int config_read(struct config *config, const struct config_sources *sources);

/* What a configuration that was read without an error names on this machine: a user and a file,
 * which a start needs. Returns 0 and who to go on as, or -EINVAL with an error in the notes; or
 * -EPERM likewise, where only another one who starts it could become that user. */
int config_find(struct config *config, struct users *ret);

/* Of that what a file with this text does: on top of what there is. @path: borrowed as long as
 * @config is there. Returns 0, also if it is wrong, or -ENOMEM. */
int config_read_text(struct config *config, const char *path, const char *text, size_t size);

/* All values, as a file that can be read again, with where each comes from. */
void config_print(struct config *config, FILE *out);

/* The name of the variable for an option: RINGSIDE_RATE for rate. */
void config_variable(const struct setting *setting, char *buf, size_t size);
