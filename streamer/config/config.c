/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/config/config.h"

#include <stdlib.h>
#include <string.h>

#include "streamer/config/config-internal.h"

struct config_text {
	struct config_text *next;
	char s[];
};

struct config *config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config)
		setting_defaults(&config->values);
	return config;
}

struct config *config_free(struct config *config)
{
	struct config_text *next;

	if (!config)
		return NULL;
	for (struct config_text *text = config->texts; text; text = next) {
		next = text->next;
		free(text);
	}
	(void)config_free(config->fresh);
	for (unsigned i = 0; i < config->n_notes; i++)
		free(config->notes[i].text);
	free(config);
	return NULL;
}

const char *config_keep(struct config *config, const char *a, const char *b)
{
	const size_t size = strlen(a) + strlen(b) + 1;
	struct config_text *text = malloc(sizeof(*text) + size);

	if (!text)
		return NULL;
	(void)snprintf(text->s, size, "%s%s", a, b);
	text->next = config->texts;
	config->texts = text;
	return text->s;
}

static void add_note(struct config *config, struct config_note note, const char *format,
		     va_list args)
{
	config->n_errors += note.is_error;
	if (config->n_notes < CONFIG_NOTES_MAX && vasprintf(&note.text, format, args) >= 0)
		config->notes[config->n_notes++] = note;
}

void config_note(struct config *config, bool is_error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(config, (struct config_note){.is_error = is_error}, format, args);
	va_end(args);
}

void config_warn(struct config *config, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(config, (struct config_note){.is_warning = true}, format, args);
	va_end(args);
}
