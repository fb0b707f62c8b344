/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/layout/hosts.h"

#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "consumer/layout/char-width.h"

#define NAME_MAX_SHOWN 64 /* bytes: HOST_NAME_MAX */

size_t hosts_put(struct line *line, const char *name)
{
	const char *start = line->p;

	line_safe(line, text_has(name) ? name : HOSTS_UNKNOWN, NAME_MAX_SHOWN);
	return char_width(start, (size_t)(line->p - start));
}

static void note_hash(struct hosts *hosts, uint64_t hash)
{
	for (unsigned i = 0; i < hosts->n; i++)
		if (hosts->hashes[i] == hash)
			return;
	if (hosts->n < HOSTS_COUNTED)
		hosts->hashes[hosts->n++] = hash;
}

bool hosts_add(struct hosts *hosts, const char *name)
{
	char text[4 * NAME_MAX_SHOWN + LINE_MIN];
	struct line line = line_make(text, sizeof(text));
	size_t width = hosts_put(&line, name);
	bool more;

	if (width > hosts->width)
		hosts->width = width < HOSTS_WIDTH ? width : HOSTS_WIDTH;
	note_hash(hosts, name ? XXH64(name, strlen(name), 0) : 0);
	more = hosts->n > 1 && !hosts->several;
	hosts->several |= more;
	return more;
}

void hosts_put_count(struct line *line, const struct hosts *hosts)
{
	line_count(line, hosts->n);
	line_text(line, hosts->n == HOSTS_COUNTED ? " or more hosts" : " hosts");
}
