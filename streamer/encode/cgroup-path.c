/* SPDX-License-Identifier: Apache-2.0 */
/* The names come with the innermost first, so the path is built from the end of the buffer
 * backwards. What matters are its ends: whose it is, and which of theirs. */
#include "streamer/encode/cgroup-path.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/utf8.h"

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

struct element {
	const char *name;
	size_t size;  /* in the record */
	size_t clean; /* with the slash, as valid UTF-8 */
};

#define GAP_SIZE (sizeof("/" PATH_GAP) - 1)

/* The elements, the innermost first. Returns what they come to. */
static size_t read_elements(struct element *elements, const char *name, unsigned count)
{
	size_t total = 0;

	for (unsigned i = 0; i < count; i++) {
		struct element *element = &elements[i];
		char clean[WIRE_NAME_SIZE * UTF8_GROWTH];

		element->name = name;
		element->size = strlen(name);
		element->clean = utf8_clean(clean, name, element->size) + (element->size > 0);
		total += element->clean;
		name += element->size + 1;
	}
	return total;
}

/* Which elements stay: those before *ret_inner and those from *ret_outer on, within what they were.
 */
static void choose_elements(const struct element *elements, unsigned count, unsigned *ret_inner,
			    unsigned *ret_outer)
{
	size_t outer = GAP_SIZE, all = GAP_SIZE;
	unsigned first = count, behind = 0;

	while (first > *ret_outer && outer + elements[first - 1].clean <= PATH_SIZE / 2)
		outer += elements[--first].clean;
	all = outer;
	while (behind < *ret_inner && behind < first && all + elements[behind].clean < PATH_SIZE)
		all += elements[behind++].clean;
	*ret_inner = behind;
	*ret_outer = first;
}

static char *prepend_element(char *text, const struct element *element)
{
	char clean[WIRE_NAME_SIZE * UTF8_GROWTH];
	size_t n = utf8_clean(clean, element->name, element->size);

	if (!element->size)
		return text;
	text -= n;
	memcpy(text, clean, n);
	*--text = '/';
	return text;
}

/* Puts the path before @text. Returns where it begins. */
static char *put_path(char *text, const char *names, unsigned count, bool *cut, bool middle)
{
	struct element elements[WIRE_PATH_DEPTH];
	size_t total = read_elements(elements, names, count);
	unsigned inner = middle && count > WIRE_PATH_INNER ? WIRE_PATH_INNER : count;
	unsigned outer = inner;

	if (total + GAP_SIZE >= PATH_SIZE) {
		outer = inner < count ? inner : 0;
		choose_elements(elements, count, &inner, &outer);
	}
	for (unsigned i = 0; i < inner; i++)
		text = prepend_element(text, &elements[i]);
	if (middle || outer > inner) {
		text -= GAP_SIZE;
		memcpy(text, "/" PATH_GAP, GAP_SIZE);
		*cut = true;
	}
	for (unsigned i = outer; i < count; i++)
		text = prepend_element(text, &elements[i]);
	return text;
}

int path_unpack(struct path *ret, const struct wire_head *head, size_t fixed,
		const struct wire_names *names)
{
	char *end = ret->buf + sizeof(ret->buf), *text = end;
	bool open = names->flags & WIRE_NAMES_CUT, cut = open;

	if (names->count == WIRE_NAMES_ROOT && !names->size) {
		*--text = '/';
	} else {
		if (!names_are_whole(head, fixed, names))
			return -EBADMSG;
		text = put_path(text, (const char *)head + names->offset, names->count, &cut,
				names->flags & WIRE_NAMES_MIDDLE);
		if (text == end)
			*--text = '/';
		else if (open)
			text++;
	}
	ret->text = text;
	ret->size = (size_t)(end - text);
	ret->cut = cut;
	return 0;
}
