/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/bpf_object-internal.h"

#include <stdio.h>
#include <string.h>

static void put_value(struct json_page *page, const struct object *object, enum object_value value)
{
	const uint64_t v = object->values[value];
	char text[32];

	if (value != OBJECT_LOADED) {
		json_add_uint(page, object_values[value], v);
		return;
	}
	(void)snprintf(text, sizeof(text), "%llu.%09u", (unsigned long long)(v / 1000000000),
		       (unsigned)(v % 1000000000));
	json_add_raw(page, object_values[value], text);
}

void object_json(struct json_page *page, const struct object *object)
{
	const char *text = object->text;

	json_add_text(page, "object", object_sorts[object->sort]);
	json_add_uint(page, "id", object->id);
	for (unsigned i = 0; i < OBJECT_FIELDS; i++, text += strlen(text) + 1)
		json_add_known_text(page, object_fields[i], text);
	json_add_bool(page, "own", object->own);
	for (unsigned i = 0; i < OBJECT_VALUES; i++)
		if (object_has(object, i))
			put_value(page, object, i);
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

static void put_object(struct json_page *page, const struct object *object)
{
	json_begin_object(page, NULL);
	object_json(page, object);
	json_add_bool(page, "overflow", false);
	json_end_object(page);
}

static void put_left_out(struct json_page *page, enum object_sort sort,
			 const struct bpf_objects_sum *sum)
{
	json_begin_object(page, NULL);
	json_add_text(page, "object", object_sorts[sort]);
	json_add_bool(page, "overflow", true);
	json_add_uint(page, "objects", sum->n);
	json_add_uint(page, object_values[OBJECT_MEMORY], sum->memory_bytes);
	json_end_object(page);
}

static void put_all(struct json_page *page, const struct bpf_objects *objects,
		    const struct cursor *cursor)
{
	const struct object *object;
	size_t i = 0;

	while ((object = table_next(&objects->table, &i)))
		if (cursor_is_new(cursor, object->changed))
			put_object(page, object);
	for (unsigned sort = 0; sort < OBJECT_SORTS; sort++)
		if (objects->left_out[sort].n)
			put_left_out(page, sort, &objects->left_out[sort]);
}

void bpf_object_check(struct json_page *page, const struct ledger *ledger,
		      const struct cursor *cursor, uint64_t now_nano)
{
	static const struct bpf_objects none;
	const struct bpf_objects *objects = ledger_objects(ledger, now_nano);

	if (objects) /* nobody tells them: unknown is not none */
		objects_json_sums(page, objects);
	json_begin_list(page, "stats");
	put_all(page, objects ? objects : &none, cursor);
	json_end_list(page);
}
