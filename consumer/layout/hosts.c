/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/layout/hosts.h"

#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "consumer/layout/char-width.h"

#define NAME_MAX_SHOWN 64 /* bytes: HOST_NAME_MAX */

size_t hosts_put(struct line *line, const char *name)
{
	const char *start = line->p;

	line_safe(line, text_has(name) ? name : "-", NAME_MAX_SHOWN);
	return char_width(start, (size_t)(line->p - start));
}

bool hosts_add(struct hosts *hosts, const char *name)
{
	char text[4 * NAME_MAX_SHOWN + LINE_MIN];
	struct line line = line_make(text, sizeof(text));
	uint64_t hash = name ? XXH64(name, strlen(name), 0) : 0;
	size_t width = hosts_put(&line, name);
	bool more = hosts->any && !hosts->several && hash != hosts->first;

	if (width > hosts->width)
		hosts->width = width < HOSTS_WIDTH ? width : HOSTS_WIDTH;
	hosts->first = hosts->any ? hosts->first : hash;
	hosts->any = true;
	hosts->several |= more;
	return more;
}
