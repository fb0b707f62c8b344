/* SPDX-License-Identifier: Apache-2.0 */
/* --print-config: each value below a comment that says where it comes from. */
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/config/config-internal.h"
#include "streamer/config/ini.h"
#include "streamer/encode/probe-table.h"

static void print_origin(const struct setting_origin *origin, FILE *out)
{
	switch (origin->source) {
	case SETTING_BUILT_IN:
		(void)fputs("# built in\n", out);
		return;
	case SETTING_FROM_FILE:
		(void)fprintf(out, "# %s:%u\n", origin->name, origin->line);
		return;
	case SETTING_FROM_ENVIRONMENT:
		(void)fprintf(out, "# environment %s\n", origin->name);
		return;
	case SETTING_FROM_OPTION:
		(void)fprintf(out, "# option --%s\n", origin->name);
		return;
	}
}

/* None is accepted that no line is long enough for: setting_set(). */
static void print_value(const char *key, const char *value, FILE *out)
{
	_cleanup_free_ char *text = ini_value(value);

	if (text)
		(void)fprintf(out, "%s =%s%s\n", key, *text ? " " : "", text);
}

static void print_setting(struct config *config, const struct setting *setting, unsigned probe,
			  FILE *out)
{
	char *value = NULL;
	size_t size;
	FILE *text = open_memstream(&value, &size);

	if (!text)
		return;
	setting_print(setting, &config->values.options, probe, text);
	(void)fclose(text);
	if (value) {
		print_origin(setting_origin(&config->values, setting, probe), out);
		print_value(setting_key(setting), value, out);
	}
	free(value);
}

static void print_labels(const struct config *config, FILE *out)
{
	const struct header_config *header = &config->values.options.pipeline.header;
	char key[SETTING_LABEL_KEY_MAX + 1];

	for (size_t i = 0; i < header->n_labels; i++) {
		(void)snprintf(key, sizeof(key), "%.*s", (int)header->labels[i].key_size,
			       header->labels[i].key);
		print_origin(&config->values.labels[i], out);
		print_value(key, header->labels[i].value, out);
	}
}

static void print_section(struct config *config, const char *section, unsigned probe, FILE *out)
{
	const bool of_probe = probe != SETTING_ALL_PROBES;

	(void)fprintf(out, "[%s]\n", section);
	for (size_t i = 0; i < settings_count; i++) {
		const char *of = settings[i].section;

		if (of && !strcmp(section, SETTING_LABELS) && !strcmp(of, section))
			print_labels(config, out);
		else if (of &&
			 (!strcmp(of, section) || (of_probe && !strcmp(of, SETTING_PER_PROBE))))
			print_setting(config, &settings[i], probe, out);
	}
	(void)fputc('\n', out);
}

static bool is_of_probes(const char *section)
{
	return !strcmp(section, SETTING_PER_PROBE) || probe_find(section, strlen(section));
}

/* Whether no row above has it. */
static bool is_new(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (settings[i].section && !strcmp(settings[i].section, settings[row].section))
			return false;
	return true;
}

void config_print(struct config *config, FILE *out)
{
	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section && !is_of_probes(settings[i].section) && is_new(i))
			print_section(config, settings[i].section, SETTING_ALL_PROBES, out);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		print_section(config, probes[i]->alias, i, out);
}
