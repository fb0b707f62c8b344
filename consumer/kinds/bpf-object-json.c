/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/bpf-object-json.h"

#include <string.h>

#include "consumer/base/json.h"

static void put_text(struct writer *writer, const char *before, const char *name, const char *text)
{
	json_member(writer, before, name);
	json_string(writer, text, strlen(text));
}

void object_json(struct writer *writer, const struct object *object)
{
	const char *text = object->text;

	put_text(writer, "{", "object", object_sorts[object->sort]);
	json_member_uint(writer, ",", "id", object->id);
	for (unsigned i = 0; i < OBJECT_FIELDS; i++, text += strlen(text) + 1)
		if (*text)
			put_text(writer, ",", object_fields[i], text);
	json_member(writer, ",", "own");
	writer_string(writer, object->own ? "true" : "false");
	for (unsigned i = 0; i < OBJECT_VALUES; i++)
		if (object_has(object, i))
			json_member_uint(writer, ",", object_values[i], object->values[i]);
}

void objects_json_sums(struct writer *writer, const char *before, const struct bpf_objects *objects)
{
	const struct bpf_objects_sum programs = bpf_objects_sum(objects, OBJECT_PROGRAM),
				     maps = bpf_objects_sum(objects, OBJECT_MAP);

	json_member_uint(writer, before, "programs", programs.n);
	json_member_uint(writer, ",", "program_memory_bytes", programs.memory_bytes);
	json_member_uint(writer, ",", "maps", maps.n);
	json_member_uint(writer, ",", "map_memory_bytes", maps.memory_bytes);
}
