/* SPDX-License-Identifier: Apache-2.0 */
/* Files below the environment, below the command line. */
#include <errno.h>
#include <string.h>

#include "streamer/config/command-line.h"
#include "streamer/config/config-files.h"
#include "streamer/config/config-internal.h"

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
		r = config_read_variables(config, sources->environment);
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
