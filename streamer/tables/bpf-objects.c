/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/tables/bpf-objects.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "streamer/tables/iterator.h"

#define HOLDERS_MAX 65536u /* file descriptors; of more, some holders are left out */
#define KNOWN_MAX 16384u   /* objects whose changes are noticed; others are news each time */

/* An object as it was in the walk before. */
struct known {
	uint32_t object, id;
	uint64_t hash;
	uint64_t changed_nano;
};

/* By object, id and pid. */
struct holders {
	struct wire_holder *all;
	size_t n, room;
};

struct bpf_objects {
	struct known *known; /* KNOWN_MAX, by object and id, as they are walked */
	size_t n_known;
	struct holders holders;
	bool looked;
	struct bpf_objects_known_table table;
	bool compared;
	uint64_t more; /* bytes, modulo 2^64: of each hash table, besides what the programs say */
};

struct walk {
	const struct bpf_objects *before;
	struct known *now;
	size_t n_now;
	size_t size; /* of a record */
	uint64_t nano;
	rows_fn fn;
	void *data;
};

int bpf_objects_new(struct bpf_objects **ret, const struct bpf_objects_known_table *table)
{
	struct bpf_objects *objects = calloc(1, sizeof(*objects));

	if (!objects)
		return -ENOMEM;
	objects->known = calloc(KNOWN_MAX, sizeof(*objects->known));
	if (!objects->known) {
		free(objects);
		return -ENOMEM;
	}
	objects->table = *table;
	*ret = objects;
	return 0;
}

struct bpf_objects *bpf_objects_free(struct bpf_objects *objects)
{
	if (!objects)
		return NULL;
	free(objects->holders.all);
	free(objects->known);
	free(objects);
	return NULL;
}

static int compare_holders(const void *a, const void *b)
{
	const struct wire_holder *x = a, *y = b;
	int r = compare_u64(x->object, y->object);

	if (!r)
		r = compare_u64(x->id, y->id);
	return r ? r : compare_u64(x->pid, y->pid);
}

/* iterator_fn */
static int add_holder(void *data, const void *record)
{
	struct holders *holders = data;

	if (holders->n == HOLDERS_MAX)
		return 1;
	if (GROW(holders->all, holders->n, &holders->room))
		return -ENOMEM;
	holders->all[holders->n++] = *(const struct wire_holder *)record;
	return 0;
}

int bpf_objects_look(struct bpf_objects *objects, const struct bpf_objects_links *links)
{
	struct holders *holders = &objects->holders;
	int r;

	holders->n = 0;
	r = iterator_walk(links->holders, sizeof(struct wire_holder), add_holder, holders);
	if (holders->n)
		qsort(holders->all, holders->n, sizeof(*holders->all), compare_holders);
	objects->looked = r >= 0;
	return r < 0 ? r : 0;
}

/* The first of those that hold it; they follow each other. */
static size_t find_holder(const struct holders *holders, const struct wire_object *head)
{
	const struct wire_holder key = {.object = head->object, .id = head->id};
	size_t low = 0, high = holders->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_holders(&holders->all[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void put_holders(const struct holders *holders, struct object *object,
			struct wire_cgroup_key *key)
{
	uint32_t last = 0;

	for (size_t i = find_holder(holders, &object->head); i < holders->n; i++) {
		const struct wire_holder *one = &holders->all[i];

		if (one->object != object->head.object || one->id != object->head.id)
			return;
		if (!object->holder.n) {
			object->holder.pid = one->pid;
			memcpy(object->holder.comm, one->comm, sizeof(one->comm));
			*key = one->cgroup;
		}
		object->holder.own |= one->own != 0;
		object->holder.n += !object->holder.n || one->pid != last;
		last = one->pid;
	}
}

static int compare_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	int r = compare_u64(x->object, y->object);

	return r ? r : compare_u64(x->id, y->id);
}

/* @object has been zeroed before it was filled: its padding, too, is hashed. */
static void note_change(struct walk *walk, struct object *object)
{
	const struct known key = {.object = object->head.object, .id = object->head.id};
	const struct known *before = bsearch(&key, walk->before->known, walk->before->n_known,
					     sizeof(key), compare_known);
	const uint64_t hash = XXH3_64bits(object, sizeof(*object));

	object->changed_nano = before && before->hash == hash ? before->changed_nano : walk->nano;
	if (walk->n_now < KNOWN_MAX)
		walk->now[walk->n_now++] = (struct known){.object = object->head.object,
							  .id = object->head.id,
							  .hash = hash,
							  .changed_nano = object->changed_nano};
}

static bool is_hash(const struct wire_object *head)
{
	switch (head->object == WIRE_OBJECT_MAP ? head->type : BPF_MAP_TYPE_UNSPEC) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return true;
	default:
		return false;
	}
}

/* iterator_fn */
static int compare_table(void *data, const void *record)
{
	struct bpf_objects *objects = data;
	const struct wire_object *head = record;

	if (head->id != objects->table.id)
		return 0;
	if (head->flags & WIRE_OBJECT_TOLD)
		objects->more = objects->table.memory_bytes - head->memory_bytes;
	return 1;
}

/* iterator_fn */
static int hand_out(void *data, const void *record)
{
	struct wire_cgroup_key key = {0};
	struct walk *walk = data;
	struct object object;

	memset(&object, 0, sizeof(object));
	memcpy(&object, record, walk->size);
	if (is_hash(&object.head) && object.head.flags & WIRE_OBJECT_HAS_MEMORY)
		object.head.memory_bytes += walk->before->more;
	put_holders(&walk->before->holders, &object, &key);
	note_change(walk, &object);
	return walk->fn(walk->data, &key, &object);
}

static int hand_out_gone(const struct walk *walk, const struct known *gone)
{
	const struct wire_cgroup_key nobody = {0};
	const struct object object = {.head = {.object = gone->object, .id = gone->id},
				      .changed_nano = walk->nano,
				      .unloaded = true};

	return walk->fn(walk->data, &nobody, &object);
}

/* What was known before, and is not any more. Both are in the same order. */
static int walk_gone(const struct walk *walk)
{
	const struct bpf_objects *before = walk->before;
	size_t at = 0;
	int r = 0;

	if (walk->n_now == KNOWN_MAX) /* there may be more */
		return 0;
	for (size_t i = 0; i < before->n_known && !r; i++) {
		const struct known *one = &before->known[i];

		while (at < walk->n_now && compare_known(&walk->now[at], one) < 0)
			at++;
		if (at == walk->n_now || compare_known(&walk->now[at], one) > 0)
			r = hand_out_gone(walk, one);
	}
	return r;
}

static int walk_all(struct walk *walk, const struct bpf_objects_links *links)
{
	int r;

	walk->size = sizeof(struct wire_program);
	r = iterator_walk(links->programs, walk->size, hand_out, walk);
	if (r)
		return r;
	walk->size = sizeof(struct wire_map);
	r = iterator_walk(links->maps, walk->size, hand_out, walk);
	return r ? r : walk_gone(walk);
}

int bpf_objects_walk(struct bpf_objects *objects, const struct bpf_objects_links *links, rows_fn fn,
		     void *data)
{
	struct walk walk = {.before = objects, .fn = fn, .data = data};
	int r = objects->looked ? 0 : bpf_objects_look(objects, links);

	if (!r && objects->table.id && !objects->compared)
		r = iterator_walk(links->maps, sizeof(struct wire_map), compare_table, objects);
	if (r < 0)
		return r;
	objects->compared = true;
	walk.now = calloc(KNOWN_MAX, sizeof(*walk.now));
	if (!walk.now)
		return -ENOMEM;
	walk.nano = clock_nano(CLOCK_BOOTTIME);
	r = walk_all(&walk, links);
	if (r) { /* a part of them only: the walk before is what is known */
		free(walk.now);
		return r;
	}
	free(objects->known);
	objects->known = walk.now;
	objects->n_known = walk.n_now;
	return 0;
}
