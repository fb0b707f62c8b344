/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/bpf-object-check.h"

#include <string.h>

#include "consumer/base/json.h"
#include "consumer/kinds/bpf-object-json.h"

static void put_object(struct writer *writer, const char *before, const struct object *object)
{
	writer_string(writer, before);
	object_json(writer, object);
	json_member(writer, ",", "overflow");
	writer_string(writer, "false}");
}

static void put_left_out(struct writer *writer, const char *before, enum object_sort sort,
			 const struct bpf_objects_sum *sum)
{
	writer_string(writer, before);
	json_member(writer, "{", "object");
	json_string(writer, object_sorts[sort], strlen(object_sorts[sort]));
	json_member(writer, ",", "overflow");
	writer_string(writer, "true");
	json_member_uint(writer, ",", "objects", sum->n);
	json_member_uint(writer, ",", object_values[OBJECT_MEMORY], sum->memory_bytes);
	writer_string(writer, "}");
}

static void put_all(struct writer *writer, const struct bpf_objects *objects,
		    const struct cursor *cursor)
{
	const struct object *object;
	const char *before = "";
	size_t i = 0;

	while ((object = bpf_objects_next(objects, &i))) {
		if (!cursor_is_new(cursor, object->changed))
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

void check_objects(struct writer *writer, const struct bpf_objects *objects,
		   const struct cursor *cursor)
{
	static const struct bpf_objects none;
	const struct bpf_objects *of = objects ? objects : &none;

	if (objects) /* nobody tells them: unknown is not none */
		objects_json_sums(writer, ",", of);
	json_member(writer, ",", "stats");
	writer_string(writer, "[");
	put_all(writer, of, cursor);
	writer_string(writer, "]");
}
