/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check-part.h"
#include "json.h"

static void put_uint(struct writer *writer, const char *name, uint64_t v)
{
	json_member(writer, ",", name);
	json_uint(writer, v);
}

static void put_bool(struct writer *writer, const char *name, bool v)
{
	json_member(writer, ",", name);
	writer_string(writer, v ? "true" : "false");
}

static void put_sort(struct writer *writer, const char *before, enum object_sort sort)
{
	writer_string(writer, before);
	json_member(writer, "{", "object");
	json_string(writer, object_sorts[sort], strlen(object_sorts[sort]));
}

static void put_object(struct writer *writer, const char *before, const struct object *object)
{
	const char *text = object->text;

	put_sort(writer, before, object->sort);
	put_uint(writer, "id", object->id);
	for (unsigned i = 0; i < OBJECT_FIELDS; i++, text += strlen(text) + 1) {
		if (!*text)
			continue;
		json_member(writer, ",", object_fields[i]);
		json_string(writer, text, strlen(text));
	}
	put_bool(writer, "own", object->own);
	put_bool(writer, "overflow", false);
	for (unsigned i = 0; i < OBJECT_VALUES; i++)
		if (object_has(object, i))
			put_uint(writer, object_values[i], object->values[i]);
	writer_string(writer, "}");
}

static void put_left_out(struct writer *writer, const char *before, enum object_sort sort,
			 const struct objects_sum *sum)
{
	put_sort(writer, before, sort);
	put_bool(writer, "overflow", true);
	put_uint(writer, "objects", sum->n);
	put_uint(writer, object_values[OBJECT_MEMORY], sum->memory_bytes);
	writer_string(writer, "}");
}

static void put_all(struct writer *writer, const struct objects *objects,
		    const struct cursor *cursor)
{
	const char *before = "";

	for (size_t i = 0; i < objects->table.room; i++) {
		const struct object *object = objects->table.slots[i].item;

		if (!object || !cursor_is_new(cursor, object->changed))
			continue;
		put_object(writer, before, object);
		before = ",";
	}
	for (unsigned sort = 0; sort < OBJECT_SORTS; sort++) {
		if (!objects->left_out[sort].n)
			continue;
		put_left_out(writer, before, sort, &objects->left_out[sort]);
		before = ",";
	}
}

void check_objects(struct writer *writer, const struct objects *objects,
		   const struct cursor *cursor)
{
	static const struct objects none;
	const struct objects *of = objects ? objects : &none;
	const struct objects_sum programs = objects_sum(of, OBJECT_PROGRAM),
				 maps = objects_sum(of, OBJECT_MAP);

	put_uint(writer, "programs", programs.n);
	put_uint(writer, "program_memory_bytes", programs.memory_bytes);
	put_uint(writer, "maps", maps.n);
	put_uint(writer, "map_memory_bytes", maps.memory_bytes);
	json_member(writer, ",", "stats");
	writer_string(writer, "[");
	put_all(writer, of, cursor);
	writer_string(writer, "]");
}
