/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/bpf-object-check.h"

#include "consumer/kinds/bpf-object-json.h"

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

	while ((object = bpf_objects_next(objects, &i)))
		if (cursor_is_new(cursor, object->changed))
			put_object(page, object);
	for (unsigned sort = 0; sort < OBJECT_SORTS; sort++)
		if (objects->left_out[sort].n)
			put_left_out(page, sort, &objects->left_out[sort]);
}

void check_objects(struct json_page *page, const struct bpf_objects *objects,
		   const struct cursor *cursor)
{
	static const struct bpf_objects none;
	const struct bpf_objects *of = objects ? objects : &none;

	if (objects) /* nobody tells them: unknown is not none */
		objects_json_sums(page, of);
	json_begin_list(page, "stats");
	put_all(page, of, cursor);
	json_end_list(page);
}
