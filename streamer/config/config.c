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

void config_note(struct config *config, bool is_error, const char *format, ...)
{
	va_list args;
	char *text;

	config->n_errors += is_error;
	if (config->n_notes == CONFIG_NOTES_MAX)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0)
		config->notes[config->n_notes++] =
			(struct config_note){.is_error = is_error, .text = text};
	va_end(args);
}
