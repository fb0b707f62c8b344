/* SPDX-License-Identifier: Apache-2.0 */
/* Files below the environment, below the command line. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "streamer/config/command-line.h"
#include "streamer/config/config-files.h"
#include "streamer/config/config-internal.h"

#define PREFIX "RINGSIDE_"
#define ERROR_SIZE 1024

/* A file that there need not be is in @folders. */
static int read_file(struct config *config, const char *path, const struct config_sources *sources,
		     bool must)
{
	_cleanup_free_ char *text = NULL;
	char error[ERROR_SIZE];
	const char *kept;
	size_t size;
	int r = config_file_read(path, sources->owner, &text, &size, error, sizeof(error));

	if (r == -ENOENT && !must)
		return 0;
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		config_note(config, true, "%s", error);
		return 0;
	}
	kept = config_keep(config, path, "");
	return kept ? config_read_text(config, kept, text, size) : -ENOMEM;
}

static int read_files(struct config *config, const struct config_sources *sources,
		      const char *instead)
{
	struct config_files files;
	char error[ERROR_SIZE];
	int r;

	if (instead)
		return read_file(config, instead, sources, true);
	r = config_files_find(sources->folders, &files, error, sizeof(error));
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		config_note(config, true, "%s", error);
		return 0;
	}
	for (size_t i = 0; i < files.n && !r; i++)
		r = read_file(config, files.paths[i], sources, false);
	config_files_done(&files);
	return r;
}

void config_variable(const struct setting *setting, char *buf, size_t size)
{
	(void)snprintf(buf, size, PREFIX "%s", setting->row.name);
	for (char *p = buf; *p; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

/* NULL: it is not set, or to nothing. */
static const char *find_variable(const char *const *environment, const char *name)
{
	const size_t n = strlen(name);

	for (; *environment; environment++)
		if (!strncmp(*environment, name, n) && (*environment)[n] == '=')
			return (*environment)[n + 1] ? *environment + n + 1 : NULL;
	return NULL;
}

static void set_variable(struct config *config, const struct setting *setting, const char *name,
			 const char *value)
{
	char error[ERROR_SIZE];
	struct setting_context context = {
		.values = &config->values,
		.origin = {.source = SETTING_FROM_ENVIRONMENT, .name = name},
		.name = name,
		.probe = SETTING_ALL_PROBES,
		.error = error,
		.error_size = sizeof(error),
	};

	if (setting_set(setting, &context, value) < 0)
		config_note(config, true, "%s", error);
}

/* K=V,K=V: a variable there is but once. */
static int set_labels(struct config *config, const struct setting *setting, const char *name,
		      const char *value)
{
	const char *kept = config_keep(config, value, "");
	char *rest = (char *)(uintptr_t)kept, *label;

	if (!kept)
		return -ENOMEM;
	while ((label = strsep(&rest, ",")))
		set_variable(config, setting, name, label);
	return 0;
}

static int read_environment(struct config *config, const char *const *environment)
{
	int r = 0;

	for (size_t i = 0; i < settings_count && !r; i++) {
		const char *value, *kept;
		char name[64];

		config_variable(&settings[i], name, sizeof(name));
		value = settings[i].section ? find_variable(environment, name) : NULL;
		if (!value)
			continue;
		kept = config_keep(config, name, "");
		if (!kept)
			r = -ENOMEM;
		else if (!strcmp(settings[i].section, SETTING_LABELS))
			r = set_labels(config, &settings[i], kept, value);
		else
			set_variable(config, &settings[i], kept, value);
	}
	return r;
}

static bool is_of_output(const struct setting *setting)
{
	return setting->section &&
	       (!strcmp(setting->section, "output") || !strcmp(setting->section, "retention") ||
		!strcmp(setting->row.name, "brake"));
}

/* How files are made belongs to where they are: of another place, which the command line names,
 * what was said of the service's is not true. */
static void forget_output(struct setting_values *values, const struct setting_values *given)
{
	struct setting_values built_in;

	if (given->origins[setting_named("write") - settings][0].source != SETTING_FROM_OPTION &&
	    !given->options.doctor)
		return;
	setting_defaults(&built_in);
	values->options.sink = built_in.options.sink;
	values->options.pipeline.flush_each = false;
	values->options.brake = NULL; /* the service's starts are not those of who looks */
	for (size_t i = 0; i < settings_count; i++)
		if (is_of_output(&settings[i]))
			values->origins[i][0] = (struct setting_origin){0};
}

/* Files and environment below what the command line has said. */
static int read_below(struct config *config, const struct config_sources *sources,
		      const struct setting_values *given)
{
	char error[ERROR_SIZE];
	int r = read_files(config, sources, given->options.config);

	if (!r)
		r = read_environment(config, sources->environment);
	if (r < 0)
		return r;
	forget_output(&config->values, given);
	/* what was right alone may be one label too many now */
	if (command_line_read(sources->argc, sources->argv, &config->values, error, sizeof(error)) <
		    0 &&
	    !config->wrong_options)
		config_note(config, true, "%s", error);
	return 0;
}

int config_read(struct config *config, const struct config_sources *sources)
{
	struct setting_values given; /* by the command line alone */
	char error[ERROR_SIZE];
	int r;

	setting_defaults(&given);
	config->wrong_options =
		command_line_read(sources->argc, sources->argv, &given, error, sizeof(error)) < 0;
	if (config->wrong_options)
		config_note(config, true, "%s", error);
	else if (given.outcome)
		return given.outcome;
	config->values.options.checks_config = given.options.checks_config;
	if (config->wrong_options && !given.options.checks_config)
		return -EINVAL;
	r = read_below(config, sources, &given);
	if (!r && !config->n_errors)
		config_check(config);
	return config->n_errors ? -EINVAL : r;
}
