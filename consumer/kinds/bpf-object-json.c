/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/bpf-object-json.h"

#include <string.h>

void object_json(struct json_page *page, const struct object *object)
{
	const char *text = object->text;

	json_add_text(page, "object", object_sorts[object->sort]);
	json_add_uint(page, "id", object->id);
	for (unsigned i = 0; i < OBJECT_FIELDS; i++, text += strlen(text) + 1)
		json_add_known_text(page, object_fields[i], text);
	json_add_bool(page, "own", object->own);
	for (unsigned i = 0; i < OBJECT_VALUES; i++)
		json_add_known_uint(page, object_values[i], object_has(object, i),
				    object->values[i]);
}

void objects_json_sums(struct json_page *page, const struct bpf_objects *objects)
{
	const struct bpf_objects_sum programs = bpf_objects_sum(objects, OBJECT_PROGRAM),
				     maps = bpf_objects_sum(objects, OBJECT_MAP);

	json_add_uint(page, "programs", programs.n);
	json_add_uint(page, "program_memory_bytes", programs.memory_bytes);
	json_add_uint(page, "maps", maps.n);
	json_add_uint(page, "map_memory_bytes", maps.memory_bytes);
}
