/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/json-names.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/json.h"
#include "consumer/read/message-cache.h"

#define COMM_MAX 1024u /* the kernel's have 15 bytes; all of it is in the process itself */

/* Two names, of six bytes for each that they have. */
_Static_assert(6 * (2 * TEXT_MAX + COMM_MAX) < WRITER_SIZE / 2, "none is flushed");

int json_names_new(struct json_names **ret)
{
	_cleanup_(json_names_freep) struct json_names *names = calloc(1, sizeof(*names));
	int r = names ? writer_new(&names->writer, -1) : -ENOMEM;

	if (!r)
		*ret = TAKE_PTR(names);
	return r;
}

struct json_names *json_names_free(struct json_names *names)
{
	if (names)
		names->writer = writer_free(names->writer);
	free(names);
	return NULL;
}

void json_names_begin(struct json_names *names)
{
	names->writer->size = 0;
}

static bool find_name(const struct json_names *names, const struct message_cache_note *note,
		      struct json_name *name)
{
	if (!note || note->owner != names)
		return false;
	memcpy(name, note->text, sizeof(*name));
	name->text = note->text + sizeof(*name);
	return true;
}

/* Where the text begins: before it is room for what else there is to a name. */
static size_t begin_name(struct json_names *names)
{
	names->writer->size += sizeof(struct json_name);
	return names->writer->size;
}

static struct json_name end_name(struct json_names *names, struct message_cache *cache,
				 struct message_cache_note *note, size_t start, size_t members_size)
{
	uint8_t *text = names->writer->buf + start;
	struct json_name name = {
		.number = ++names->numbers,
		.members_size = members_size,
		.size = names->writer->size - start,
		.text = text,
	};

	memcpy(text - sizeof(name), &name, sizeof(name));
	if (note)
		message_cache_note_keep(cache, note, names, text - sizeof(name),
					sizeof(name) + name.size);
	/* what is not kept has another one the next time */
	name.number = note && note->owner == names ? name.number : 0;
	return name;
}

struct json_name json_names_container(struct json_names *names, struct message_cache *cache,
				      const Ringside__V1__Container *container)
{
	struct message_cache_note *note = message_cache_note(cache, container, MESSAGE_CACHE_NAME);
	struct line line;
	struct json_name name;
	size_t start;

	if (find_name(names, note, &name))
		return name;
	start = begin_name(names);
	line = line_make(names->text, sizeof(names->text));
	text_container(&line, container);
	json_chars(names->writer, names->text, line_end(&line));
	return end_name(names, cache, note, start, 0);
}

static void put_members(struct writer *writer, const Ringside__V1__Process *process)
{
	const char *comm = text_comm(process);

	if (process->has_pid) {
		writer_string(writer, ",\"pid\":");
		json_uint(writer, process->pid);
	}
	if (text_has(comm)) {
		writer_string(writer, ",\"comm\":");
		json_string(writer, comm, strnlen(comm, COMM_MAX));
	}
}

struct json_name json_names_process(struct json_names *names, struct message_cache *cache,
				    const Ringside__V1__Process *process)
{
	struct message_cache_note *note = message_cache_note(cache, process, MESSAGE_CACHE_NAME);
	struct line line;
	struct json_name name;
	size_t start, members_size;

	if (find_name(names, note, &name))
		return name;
	start = begin_name(names);
	if (process)
		put_members(names->writer, process);
	members_size = names->writer->size - start;
	line = line_make(names->text, sizeof(names->text));
	text_process(&line, process);
	json_chars(names->writer, names->text, line_end(&line));
	return end_name(names, cache, note, start, members_size);
}
