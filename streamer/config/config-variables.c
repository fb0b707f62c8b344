/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: a variable for each key of files, and what is near to one that there is not. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/options.h"
#include "proto/base/util.h"
#include "streamer/config/config-internal.h"

#define PREFIX "RINGSIDE_"
#define ERROR_SIZE 1024
#define NAME_SIZE 64

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

static int read_known(struct config *config, const char *const *environment)
{
	int r = 0;

	for (size_t i = 0; i < settings_count && !r; i++) {
		const char *value, *kept;
		char name[NAME_SIZE];

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

/* Those of ringside's other commands, of its tests and its build, which are not for us. */
static const char *const others[] = {"CACHE", "DIR", "FORWARD_DIR", "GUEST_SECONDS", "VERSION"};

static bool is_of_others(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i]))
			return true;
	return false;
}

/* The option that a variable of this name, without its prefix, would be of. */
static const struct setting *find_row(const char *name)
{
	char variable[NAME_SIZE];

	for (size_t i = 0; i < settings_count; i++) {
		config_variable(&settings[i], variable, sizeof(variable));
		if (!strcmp(variable + strlen(PREFIX), name))
			return &settings[i];
	}
	return NULL;
}

/* A slip of the pen is an error, as it is in a file: what it was to set is not set. Other names may
 * be somebody else's: Kubernetes makes some of each service, RINGSIDE_SERVE_PORT of ringside-serve.
 */
static void refuse_variable(struct config *config, const char *name)
{
	char variables[SETTINGS_MAX][NAME_SIZE];
	const char *names[SETTINGS_MAX + 1], *near;
	const struct setting *row = find_row(name);
	size_t n = 0;

	for (size_t i = 0; i < settings_count; i++) {
		if (!settings[i].section)
			continue;
		config_variable(&settings[i], variables[n], NAME_SIZE);
		names[n] = variables[n] + strlen(PREFIX);
		n++;
	}
	names[n] = NULL;
	near = option_nearest(name, names);
	if (row)
		config_note(config, true, PREFIX "%s: --%s is of the command line only", name,
			    row->row.name);
	else if (near)
		config_note(config, true,
			    "unknown variable " PREFIX "%s: did you mean " PREFIX "%s?", name,
			    near);
	else
		config_warn(config,
			    "unknown variable " PREFIX "%s does nothing: ringside-streamer(8) says "
			    "which there are",
			    name);
}

static int look_for_unknown(struct config *config, const char *const *environment)
{
	for (; *environment; environment++) {
		const char *name = *environment + strlen(PREFIX), *value;
		_cleanup_free_ char *copy = NULL;
		const struct setting *row;

		if (strncmp(*environment, PREFIX, strlen(PREFIX)) != 0)
			continue;
		value = strchr(name, '=');
		if (!value || !value[1]) /* it does not count */
			continue;
		copy = strndup(name, (size_t)(value - name));
		if (!copy)
			return -ENOMEM;
		row = find_row(copy);
		if (!is_of_others(copy) && !(row && row->section))
			refuse_variable(config, copy);
	}
	return 0;
}

int config_read_variables(struct config *config, const char *const *environment)
{
	const int r = read_known(config, environment);

	return r ? r : look_for_unknown(config, environment);
}
