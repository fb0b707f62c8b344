/* SPDX-License-Identifier: Apache-2.0 */
/* Of a file: sections and keys to settings, and what is near to one that there is not. */
#include <errno.h>
#include <string.h>

#include "proto/base/options.h"
#include "streamer/config/config-internal.h"
#include "streamer/config/ini.h"
#include "streamer/encode/probe-table.h"

#define SECTIONS_MAX (SETTINGS_MAX + 2 * WIRE_PROBE_COUNT)

struct text {
	struct config *config;
	const char *path;
	const char *section; /* as the table has it; NULL: none, or one that there is not */
	bool said;           /* what is wrong with the section, which all its keys are wrong for */
	unsigned probe;
	int r;
};

/* Whether @name is that of a probe's section. */
static bool find_probe(const char *name, unsigned *ret)
{
	const struct probe *probe = probe_find(name, strlen(name));

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (probe && probes[i] == probe) {
			*ret = i;
			return true;
		}
	return false;
}

static void list_sections(const char *names[SECTIONS_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section && strcmp(settings[i].section, SETTING_PER_PROBE) != 0)
			names[n++] = settings[i].section;
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		names[n++] = probes[i]->alias;
		names[n++] = probes[i]->name;
	}
	names[n] = NULL;
}

static void take_section(void *data, unsigned line, const char *name)
{
	struct text *text = data;
	const char *names[SECTIONS_MAX + 1], *near;
	size_t i = 0;

	text->probe = SETTING_ALL_PROBES;
	text->section = NULL;
	text->said = true;
	if (find_probe(name, &text->probe)) {
		text->section = probes[text->probe]->alias;
		return;
	}
	list_sections(names);
	while (names[i] && strcmp(names[i], name) != 0)
		i++;
	text->section = names[i];
	if (names[i])
		return;
	near = option_nearest(name, names);
	config_note(text->config, true, "%s:%u: unknown section [%s]: %s%s%s", text->path, line,
		    name, near ? "did you mean [" : "ringside-streamer(8) lists all",
		    near ? near : "", near ? "]?" : "");
}

static bool is_in_section(const struct text *text, const struct setting *setting)
{
	return setting->section && text->section &&
	       (!strcmp(setting->section, text->section) ||
		(text->probe != SETTING_ALL_PROBES &&
		 !strcmp(setting->section, SETTING_PER_PROBE)));
}

/* Where people look for a key of that name, or of an option of that name. */
static const struct setting *find_elsewhere(const char *key)
{
	for (size_t i = 0; i < settings_count; i++)
		if (!strcmp(setting_key(&settings[i]), key) || !strcmp(settings[i].row.name, key))
			return &settings[i];
	return NULL;
}

static void refuse_key(struct text *text, unsigned line, const char *key)
{
	const char *names[SETTINGS_MAX + 1], *near;
	const struct setting *other = find_elsewhere(key);
	size_t n = 0;

	for (size_t i = 0; i < settings_count; i++)
		if (is_in_section(text, &settings[i]))
			names[n++] = setting_key(&settings[i]);
	names[n] = NULL;
	near = option_nearest(key, names);
	if (other && !other->section)
		config_note(text->config, true, "%s:%u: %s is of the command line only", text->path,
			    line, key);
	else if (other && !strcmp(other->section, SETTING_PER_PROBE))
		config_note(text->config, true,
			    "%s:%u: each probe has its own: '%s' in a section such as [%s]",
			    text->path, line, setting_key(other), probes[0]->alias);
	else if (other)
		config_note(text->config, true, "%s:%u: %s belongs to [%s]", text->path, line, key,
			    other->section);
	else
		config_note(text->config, true, "%s:%u: unknown key '%s'%s%s%s: %s%s%s", text->path,
			    line, key, text->section ? " in [" : "",
			    text->section ? text->section : "", text->section ? "]" : "",
			    near ? "did you mean " : "ringside-streamer(8) lists all",
			    near ? near : "", near ? "?" : "");
}

static void note_again(struct text *text, const struct setting_origin *before, unsigned line,
		       const char *key)
{
	if (before->source == SETTING_FROM_FILE && before->name == text->path)
		config_note(text->config, false, "%s:%u: %s is given again: line %u does not count",
			    text->path, line, key, before->line);
}

/* Of a label. */
static const struct setting_origin *find_label(const struct config *config, const char *key)
{
	static const struct setting_origin none = {0};
	const struct header_config *header = &config->values.options.pipeline.header;

	for (size_t i = 0; i < header->n_labels; i++)
		if (header->labels[i].key_size == strlen(key) &&
		    !memcmp(header->labels[i].key, key, strlen(key)))
			return &config->values.labels[i];
	return &none;
}

static void set_key(struct text *text, unsigned line, const struct setting *setting,
		    const char *key, const char *kept)
{
	const bool is_label = !strcmp(setting->section, SETTING_LABELS);
	char error[1024];
	struct setting_context context = {
		.values = &text->config->values,
		.origin = {SETTING_FROM_FILE, text->path, line},
		.name = is_label ? "label" : key,
		.probe = text->probe,
		.error = error,
		.error_size = sizeof(error),
	};

	note_again(text,
		   is_label ? find_label(text->config, key)
			    : setting_origin(context.values, setting, text->probe),
		   line, key);
	if (setting_set(setting, &context, kept) < 0)
		config_note(text->config, true, "%s:%u: %s", text->path, line, error);
}

static void take_key(void *data, unsigned line, const char *key, const char *value)
{
	struct text *text = data;
	const struct setting *setting = NULL;
	const char *kept;
	bool is_label;

	if (!text->section && text->said)
		return;
	is_label = text->section && !strcmp(text->section, SETTING_LABELS);
	for (size_t i = 0; i < settings_count && !setting; i++)
		if (is_in_section(text, &settings[i]) &&
		    (is_label || !strcmp(setting_key(&settings[i]), key)))
			setting = &settings[i];
	if (!setting) {
		refuse_key(text, line, key);
		return;
	}
	kept = is_label ? config_keep(text->config, key, "=") : NULL;
	kept = config_keep(text->config, is_label && kept ? kept : "", value);
	if (kept)
		set_key(text, line, setting, key, kept);
	else
		text->r = -ENOMEM;
}

static void take_problem(void *data, unsigned line, const char *sentence)
{
	struct text *text = data;

	config_note(text->config, true, "%s:%u: %s", text->path, line, sentence);
}

int config_read_text(struct config *config, const char *path, const char *bytes, size_t size)
{
	static const struct ini_events events = {take_section, take_key, take_problem};
	struct text text = {.config = config, .path = path, .probe = SETTING_ALL_PROBES};
	int r = ini_read(bytes, size, &events, &text);

	return r ? r : text.r;
}
