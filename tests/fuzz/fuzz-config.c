/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files as somebody may write them. What is accepted is printed, and read again to
 * the same. */
#include <stdio.h>
#include <string.h>

#include "streamer/config/config.h"
#include "tests/fuzz/fuzz.h"

static char *print(struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fuzz_assert(out);
	config_print(config, out);
	fuzz_assert(!fclose(out) && text);
	return text;
}

/* Comments, which say where a value comes from, are left out. */
static void drop_comments(char *text)
{
	char *to = text;

	for (char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (*line == '#')
			continue;
		memmove(to, line, (size_t)(next - line));
		to += next - line;
	}
	*to = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = config_new(), *again = config_new();
	char *first, *second;

	fuzz_assert(config && again);
	fuzz_assert(!config_read_text(config, "fuzz.conf", (const char *)data, size));
	for (unsigned i = 0; i < config->n_notes; i++)
		fuzz_assert(!strncmp(config->notes[i].text, "fuzz.conf:", 10));
	first = print(config);
	fuzz_assert(!config_read_text(again, "print.conf", first, strlen(first)));
	fuzz_assert(!again->n_notes);
	second = print(again);
	drop_comments(first);
	drop_comments(second);
	fuzz_assert(!strcmp(first, second));
	free(first);
	free(second);
	(void)config_free(config);
	(void)config_free(again);
	return 0;
}
