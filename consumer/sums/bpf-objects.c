/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/sums/bpf-objects.h"

#include <string.h>
#include <xxhash.h>

#include "consumer/base/packed-texts.h"
#include "consumer/base/text-line.h"
#include "proto/base/util.h"

const char *const object_fields[OBJECT_FIELDS] = {
	"type",      "name",         "comm",    "tag",     "namespace", "pod",
	"container", "container_id", "pod_uid", "runtime", "unit",      "cgroup",
};

const char *const object_values[OBJECT_VALUES] = {
	"pid",
	"processes",
	"uid",
	"memory_bytes",
	"loaded_boottime_seconds",
	"instructions",
	"verified_instructions",
	"jited_bytes",
	"runs",
	"run_time_nano",
	"recursion_misses",
	"key_bytes",
	"value_bytes",
	"max_entries",
	"entries",
	"flags",
};

const char *const object_sorts[OBJECT_SORTS] = {"program", "map"};

const Ringside__V1__BpfObject *object_of(const Ringside__V1__CounterRow *row)
{
	const Ringside__V1__BpfObject *of = row->bpf_object;

	/* one that is neither is a newer version's */
	return of && (of->program || of->map) ? of : NULL;
}

double object_cpu_share(const struct object *object)
{
	uint64_t now = object->values[OBJECT_RUN_TIME];

	if (!object_has(object, OBJECT_RUN_TIME) || now < object->first_run_time ||
	    object->latest_nano <= object->first_run_nano)
		return -1;
	return (double)(now - object->first_run_time) /
	       (double)(object->latest_nano - object->first_run_nano);
}

/* An object as a row has it, on the stack. */
struct reading {
	struct object object;
	struct packed_texts fields;
};

static void put_value(struct reading *to, enum object_value value, bool has, uint64_t v)
{
	to->object.has |= (uint32_t)has << value;
	to->object.values[value] = has ? v : 0;
}

static void read_texts(struct packed_texts *to, const Ringside__V1__CounterRow *row)
{
	const Ringside__V1__BpfObject *of = row->bpf_object;
	const char *container[SERIES_OF_CONTAINER];
	char number[32];
	struct line line = line_make(number, sizeof(number));

	packed_texts_begin(to, OBJECT_FIELDS);
	if (of->has_type)
		line_uint(&line, of->type);
	(void)line_end(&line);
	packed_texts_put(to, text_has(of->type_name) ? of->type_name : number);
	packed_texts_put(to, of->name);
	packed_texts_put(to, of->holder ? of->holder->comm : NULL);
	packed_texts_put(to, of->program ? of->program->tag : NULL);
	series_of_container(row->container, container);
	for (unsigned i = 0; i < SERIES_OF_CONTAINER; i++)
		packed_texts_put(to, container[i]);
}

#define VALUE(to, value, of, field) put_value(to, value, (of)->has_##field, (of)->field)

static void read_program(struct reading *to, const Ringside__V1__BpfProgram *program)
{
	VALUE(to, OBJECT_LOADED, program, loaded_boottime_nano);
	VALUE(to, OBJECT_INSTRUCTIONS, program, instructions);
	VALUE(to, OBJECT_VERIFIED, program, verified_instructions);
	VALUE(to, OBJECT_JITED, program, jited_bytes);
	VALUE(to, OBJECT_RUNS, program, runs);
	VALUE(to, OBJECT_RUN_TIME, program, run_time_nano);
	VALUE(to, OBJECT_MISSES, program, recursion_misses);
}

static void read_map(struct reading *to, const Ringside__V1__BpfMap *map)
{
	VALUE(to, OBJECT_KEY, map, key_bytes);
	VALUE(to, OBJECT_VALUE, map, value_bytes);
	VALUE(to, OBJECT_MAX_ENTRIES, map, max_entries);
	VALUE(to, OBJECT_ENTRIES, map, entries);
	VALUE(to, OBJECT_FLAGS, map, flags);
}

static void read_row(struct reading *to, const Ringside__V1__CounterRow *row)
{
	const Ringside__V1__BpfObject *of = row->bpf_object;

	to->object = (struct object){
		.sort = of->program ? OBJECT_PROGRAM : OBJECT_MAP,
		.id = of->id,
		.own = of->own,
	};
	read_texts(&to->fields, row);
	VALUE(to, OBJECT_MEMORY, of, memory_bytes);
	VALUE(to, OBJECT_UID, of, uid);
	if (of->holder) {
		VALUE(to, OBJECT_PID, of->holder, pid);
		VALUE(to, OBJECT_PROCESSES, of->holder, processes);
	}
	if (of->program)
		read_program(to, of->program);
	else
		read_map(to, of->map);
}

static bool is_same(const void *item, const void *data)
{
	const struct object *a = item, *b = data;

	return a->sort == b->sort && a->id == b->id;
}

static uint64_t hash_of(const struct object *object)
{
	return XXH3_64bits_withSeed(&object->id, sizeof(object->id), object->sort);
}

static bool says_the_same(const struct object *object, const struct reading *reading)
{
	const struct object *now = &reading->object;

	return object->own == now->own && object->has == now->has &&
	       object->size == reading->fields.size &&
	       !memcmp(object->values, now->values, sizeof(now->values)) &&
	       !memcmp(object->text, reading->fields.text, object->size);
}

static int copy_text(struct object *object, const struct reading *reading)
{
	size_t size = reading->fields.size;
	char *text;

	if (object->text && object->size == size &&
	    !memcmp(object->text, reading->fields.text, size))
		return 0;
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	memcpy(text, reading->fields.text, size);
	free(object->text);
	object->text = text;
	object->size = size;
	return 0;
}

static int update_object(struct object *object, const struct reading *reading,
			 uint64_t boottime_nano)
{
	int r = copy_text(object, reading);

	if (r)
		return r;
	if (!object_has(object, OBJECT_RUN_TIME)) {
		object->first_run_nano = boottime_nano;
		object->first_run_time = reading->object.values[OBJECT_RUN_TIME];
	}
	object->own = reading->object.own;
	object->has = reading->object.has;
	memcpy(object->values, reading->object.values, sizeof(object->values));
	return 0;
}

static void free_object(void *item)
{
	struct object *object = item;

	free(object->text);
	free(object);
}

static int add_object(struct bpf_objects *objects, const struct reading *reading,
		      uint64_t boottime_nano, struct object **ret)
{
	struct object *object = calloc(1, sizeof(*object));
	int r;

	if (!object)
		return -ENOMEM;
	object->sort = reading->object.sort;
	object->id = reading->object.id;
	r = update_object(object, reading, boottime_nano);
	if (!r)
		r = table_add(&objects->table, hash_of(object), object);
	if (r) {
		free_object(object);
		return r;
	}
	*ret = object;
	return 0;
}

void bpf_objects_begin(struct bpf_objects *objects, uint64_t order, bool full)
{
	objects->order = order;
	objects->set++;
	objects->full = full;
	memset(objects->leaving, 0, sizeof(objects->leaving));
}

static void leave_out(struct bpf_objects *objects, const struct object *object)
{
	objects->leaving[object->sort].n++;
	objects->leaving[object->sort].memory_bytes += object->values[OBJECT_MEMORY];
}

/* What a full set found no room for may be this one: it stays there until the next. */
static bool has_room(const struct bpf_objects *objects, size_t limit)
{
	return objects->table.n < limit && (objects->full || !(objects->left_out[OBJECT_PROGRAM].n +
							       objects->left_out[OBJECT_MAP].n));
}

static bool was_unloaded(void *item, void *data)
{
	if (!is_same(item, data))
		return false;
	free_object(item);
	return true;
}

int bpf_objects_take(struct bpf_objects *objects, size_t limit, const Ringside__V1__CounterRow *row,
		     struct series_stamp stamp, uint64_t boottime_nano)
{
	struct reading reading;
	struct object *object;
	bool is_new;
	int r;

	if (!object_of(row))
		return 0;
	read_row(&reading, row);
	if (row->bpf_object->unloaded) {
		table_sweep(&objects->table, was_unloaded, &reading.object);
		return 0;
	}
	object = table_find(&objects->table, hash_of(&reading.object), is_same, &reading.object);
	is_new = !object;
	if (is_new && !has_room(objects, limit)) {
		leave_out(objects, &reading.object);
		return 0;
	}
	if (is_new) {
		r = add_object(objects, &reading, boottime_nano, &object);
		if (r)
			return r;
	}
	if (is_new || !says_the_same(object, &reading)) {
		r = update_object(object, &reading, boottime_nano);
		object->changed = stamp;
		if (r)
			return r;
	}
	object->set = objects->set;
	object->latest_nano = boottime_nano;
	return 0;
}

static bool is_gone(void *item, void *data)
{
	const struct bpf_objects *objects = data;
	struct object *object = item;

	if (object->set == objects->set)
		return false;
	free_object(object);
	return true;
}

void bpf_objects_sweep(struct bpf_objects *objects)
{
	table_sweep(&objects->table, is_gone, objects);
	memcpy(objects->left_out, objects->leaving, sizeof(objects->left_out));
}

struct bpf_objects_sum bpf_objects_sum(const struct bpf_objects *objects, enum object_sort sort)
{
	struct bpf_objects_sum sum = objects->left_out[sort];
	const struct object *object;
	size_t i = 0;

	while ((object = table_next(&objects->table, &i))) {
		if (object->sort != sort)
			continue;
		sum.n++;
		sum.memory_bytes += object->values[OBJECT_MEMORY];
	}
	return sum;
}

void bpf_objects_text(struct line *line, const struct bpf_objects *objects)
{
	for (unsigned sort = 0; sort < OBJECT_SORTS; sort++) {
		const struct bpf_objects_sum sum = bpf_objects_sum(objects, sort);

		line_text(line, sort ? "; " : "");
		line_count(line, sum.n);
		line_text(line, " ");
		line_text(line, object_sorts[sort]);
		line_text(line, sum.n == 1 ? ", " : "s, ");
		line_bytes(line, sum.memory_bytes);
	}
}

void bpf_objects_done(struct bpf_objects *objects)
{
	table_done(&objects->table, free_object);
	*objects = (struct bpf_objects){0};
}
