/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/packed-texts.h"

#include <string.h>

void packed_texts_begin(struct packed_texts *fields, unsigned n)
{
	fields->left = n;
	fields->size = 0;
}

void packed_texts_put(struct packed_texts *fields, const char *text)
{
	/* the NULs of this and the fields behind it always find room */
	size_t room = sizeof(fields->text) - fields->size - fields->left;
	size_t size = text ? strlen(text) : 0;

	if (size > room)
		size = room;
	memcpy(fields->text + fields->size, text ? text : "", size);
	fields->text[fields->size + size] = '\0';
	fields->size += size + 1;
	fields->left--;
}

const char *packed_texts_get(const char *text, unsigned n)
{
	while (n--)
		text += strlen(text) + 1;
	return text;
}
