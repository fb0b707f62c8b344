/* SPDX-License-Identifier: Apache-2.0 */
/* The names come with the innermost first, so the path is built from the end of the buffer
 * backwards; what does not fit is then what matters least, the outermost. */
#include "path.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

static bool names_are_whole(const struct wire_head *head, size_t fixed,
			    const struct wire_names *names)
{
	const char *p, *end;
	unsigned count = 0;

	if (names->offset < fixed || (size_t)names->offset + names->size > head->size)
		return false;
	if (!names->count || names->count > WIRE_PATH_DEPTH)
		return false;
	p = (const char *)head + names->offset;
	end = p + names->size;
	while (p < end) {
		const char *nul = memchr(p, 0, (size_t)(end - p));

		if (!nul || nul - p >= WIRE_NAME_SIZE)
			return false;
		p = nul + 1;
		count++;
	}
	return count == names->count;
}

/* Puts "/name" in front of @text. Returns NULL where there is no room. */
static char *prepend(char *text, const char *buf, const char *name, size_t size)
{
	char clean[WIRE_NAME_SIZE * UTF8_GROWTH];
	size_t n = utf8_clean(clean, name, size);

	if ((size_t)(text - buf) < n + 1)
		return NULL;
	text -= n;
	memcpy(text, clean, n);
	*--text = '/';
	return text;
}

int path_unpack(struct path *ret, const struct wire_head *head, size_t fixed,
		const struct wire_names *names)
{
	char *end = ret->buf + sizeof(ret->buf), *text = end;
	bool cut = names->flags & WIRE_NAMES_CUT;

	if (names->count == WIRE_NAMES_ROOT && !names->size) {
		*--text = '/';
	} else {
		const char *name;

		if (!names_are_whole(head, fixed, names))
			return -EBADMSG;
		name = (const char *)head + names->offset;
		for (unsigned i = 0; i < names->count; i++) {
			size_t size = strlen(name);
			char *longer = size ? prepend(text, ret->buf, name, size) : text;

			if (!longer) {
				cut = true;
				break;
			}
			text = longer;
			name += size + 1;
		}
		if (text == end)
			*--text = '/';
		else if (cut)
			text++;
	}
	ret->text = text;
	ret->size = (size_t)(end - text);
	ret->cut = cut;
	return 0;
}
