/* SPDX-License-Identifier: Apache-2.0 */
/* Settings, a row each: an option of the command line, a key of configuration files and a variable
 * of the environment are the same row, take the same values and are refused in the same words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/wire/wire.h"
#include "proto/base/options.h"
#include "streamer/config/options.h"

#define SETTING_LABEL_KEY_MAX 63u
#define SETTING_LABEL_VALUE_MAX 255u

/* What a value becomes, where no function of its own says so. */
enum setting_kind {
	SETTING_FLAG,
	SETTING_NUMBER,
	SETTING_SECONDS,
	SETTING_TEXT,
	SETTING_CHOICE, /* of an enum */
	SETTING_SIZE,
	SETTING_AMOUNT,
	SETTING_SPAN,
	SETTING_OUTCOME, /* it is no value: what to do instead of running */
};

/* Each probe has a section of its own. */
#define SETTING_PER_PROBE "PROBE"
/* Keys are free, and values too. */
#define SETTING_LABELS "labels"

#define SETTING_ALL_PROBES WIRE_PROBE_COUNT

struct setting_context;

struct setting {
	struct option_row row; /* first: what the parser gives back is one of ours */
	const char *section;   /* of files; NULL: of the command line only */
	const char *key;       /* in it; NULL: the option's name */
	/* NULL if there is none. @value: NULL where an option may do without and does. */
	int (*set)(struct setting_context *context, const char *value);
	void (*print)(const struct options *options, unsigned probe, FILE *out); /* likewise */
	bool live; /* a streamer that runs takes another value */
	enum setting_kind kind;
	size_t offset, size; /* where in struct options it is */
	uint32_t min, max;   /* what a number, a size or the length of a text may be; the outcome */
	const char *const *words; /* to choose from, by number; NULL-terminated */
	const char *accepts;
};

extern const struct setting settings[];
extern const size_t settings_count;
#define SETTINGS_MAX 48u

enum setting_source {
	SETTING_BUILT_IN,
	SETTING_FROM_FILE,
	SETTING_FROM_ENVIRONMENT,
	SETTING_FROM_OPTION,
};

/* Where a value comes from. */
struct setting_origin {
	enum setting_source source;
	const char *name; /* of the file, the variable or the option */
	unsigned line;
};

/* The values, and where each comes from: of a setting that no probe has for itself the first. */
struct setting_values {
	struct options options;
	struct setting_origin origins[SETTINGS_MAX][WIRE_PROBE_COUNT];
	struct setting_origin labels[HEADER_LABELS_MAX];
	int outcome; /* of an option that is one; else 0 */
};

/* One assignment. */
struct setting_context {
	struct setting_values *values;
	struct setting_origin origin;
	const char *name; /* as who gave it wrote it: "--rate", "rate", "RINGSIDE_RATE" */
	unsigned probe;   /* of whose section it is; else SETTING_ALL_PROBES */
	char *error;      /* for a sentence that says what is accepted */
	size_t error_size;
};

void setting_defaults(struct setting_values *ret);

/* Returns 0, or -EINVAL with a sentence. @value: borrowed as long as the values are there; NULL: an
 * option without one. Where it is not an option's, "" is what is built in. */
int setting_set(const struct setting *setting, struct setting_context *context, const char *value);

/* The value as setting_set() takes it; nothing for one that is not there. */
void setting_print(const struct setting *setting, const struct options *options, unsigned probe,
		   FILE *out);

/* How a row is called in files. */
const char *setting_key(const struct setting *setting);
/* By what @section and @key say; NULL: there is none. */
const struct setting *setting_find(const char *section, const char *key);
/* By the name of its option, which there is. */
const struct setting *setting_named(const char *name);
struct setting_origin *setting_origin(struct setting_values *values, const struct setting *setting,
				      unsigned probe);
