/* SPDX-License-Identifier: Apache-2.0 */
/* The objects there were at the end, and those that took most. */
#include <string.h>

#include "consumer/base/arena.h"
#include "consumer/base/packed-texts.h"
#include "consumer/kinds/bpf_object-internal.h"
#include "consumer/layout/columns.h"
#include "consumer/layout/hosts.h"
#include "consumer/read/container-identity.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define KEPT 4096 /* one by one; what the others take is in the sums */
#define SHOWN 10
#define BOOT_ID 72
#define HOST_SIZE 68
#define ENTRIES_SIZE 96
#define NUMBER 14                            /* columns */
#define HEADS "        memory      of a CPU" /* NUMBER each */

struct state {
	struct bpf_objects objects; /* of the boot that was read last */
	bool known;                 /* there were rows of some */
	uint64_t stream;            /* at hand */
	char boot_id[BOOT_ID];
	struct hosts hosts;   /* that were read */
	char host[HOST_SIZE]; /* of the boot */
	uint32_t parts_seen;  /* of the set at hand, one after the other; 0: some are missing */
};

/* Its rows may be of another machine. */
static void change_stream(struct state *state, const Ringside__V1__Header *header, uint64_t stream)
{
	char boot_id[BOOT_ID];

	state->stream = stream;
	state->parts_seen = 0;
	(void)hosts_add(&state->hosts, header->host_name);
	(void)snprintf(state->host, sizeof(state->host), "%s",
		       header->host_name ? header->host_name : "");
	(void)snprintf(boot_id, sizeof(boot_id), "%s", header->boot_id ? header->boot_id : "");
	if (!strcmp(boot_id, state->boot_id))
		return;
	bpf_objects_done(&state->objects);
	memcpy(state->boot_id, boot_id, sizeof(boot_id));
}

static int take_counters(void *data, const Ringside__V1__Header *header, uint64_t stream,
			 const Ringside__V1__Record *record)
{
	const Ringside__V1__Counters *from = record->counters;
	struct state *state = data;
	int r = 0;

	if (stream != state->stream)
		change_stream(state, header, stream);
	if (from->part == 1)
		bpf_objects_begin(&state->objects, stream, from->full);
	state->parts_seen = from->part == 1                       ? 1
			    : from->part == state->parts_seen + 1 ? from->part
								  : 0;
	for (size_t i = 0; !r && i < from->n_rows; i++) {
		state->known |= object_of(from->rows[i]) != NULL;
		r = bpf_objects_take(&state->objects, KEPT, from->rows[i], (struct series_stamp){0},
				     record->boottime_nano);
	}
	if (!r && from->full && state->parts_seen && state->parts_seen == from->parts)
		bpf_objects_sweep(&state->objects);
	return r;
}

static void free_objects(void *data)
{
	struct state *state = data;

	bpf_objects_done(&state->objects);
}

typedef double (*weight_fn)(const struct object *object);

static double memory_of(const struct object *object)
{
	return (double)object->values[OBJECT_MEMORY];
}

static bool is_before(weight_fn weight, const struct object *a, const struct object *b)
{
	double x = weight(a), y = weight(b);

	return x > y || (!(x < y) && (a->sort < b->sort || (a->sort == b->sort && a->id < b->id)));
}

/* The objects with the greatest @weight above 0, greatest first. Returns how many. */
static size_t find_top(const struct bpf_objects *objects, weight_fn weight,
		       const struct object *ret[SHOWN])
{
	const struct object *object;
	size_t n = 0, i = 0;

	while ((object = table_next(&objects->table, &i))) {
		size_t at = n;

		if (weight(object) <= 0)
			continue;
		while (at && is_before(weight, object, ret[at - 1]))
			at--;
		if (at == SHOWN)
			continue;
		n -= n == SHOWN;
		memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(ret[0]));
		ret[at] = object;
		n++;
	}
	return n;
}

static void put_memory(struct columns *columns, const struct object *object)
{
	char text[32];
	struct line bytes = line_make(text, sizeof(text));

	if (object_has(object, OBJECT_MEMORY))
		line_bytes(&bytes, object->values[OBJECT_MEMORY]);
	else
		line_text(&bytes, "?");
	(void)line_end(&bytes);
	columns_right(columns, text, NUMBER);
}

static void put_share(struct columns *columns, const struct object *object)
{
	double share = object_cpu_share(object);
	char text[64] = "";

	if (share >= 0 && share < 1e6)
		(void)snprintf(text, sizeof(text), "%.3f %%", share * 100);
	columns_right(columns, text, NUMBER);
}

/* "60 of 64 (93 %)"; of a ring they are bytes. */
static void put_entries(struct line *line, const struct object *object)
{
	uint64_t entries = object->values[OBJECT_ENTRIES];
	uint64_t most = object->values[OBJECT_MAX_ENTRIES];

	if (!object_has(object, OBJECT_ENTRIES) || !most)
		return;
	line_count(line, entries);
	line_text(line, " of ");
	line_count(line, most);
	line_text(line, " (");
	line_uint(line, (uint64_t)((double)entries / (double)most * 100));
	line_text(line, " %)");
}

static void put_text(struct line *line, const char *text)
{
	if (!*text)
		return;
	line_text(line, "  ");
	line_safe(line, text, TEXT_NAME_MAX);
}

static char *of_container(const struct object *object, enum series_field field)
{
	return (char *)(uintptr_t)packed_texts_get(object->text, OBJECT_CONTAINER + field);
}

static bool has_container(const struct object *object)
{
	for (unsigned i = 0; i < SERIES_OF_CONTAINER; i++)
		if (*of_container(object, i))
			return true;
	return false;
}

static void put_container(struct line *line, const struct object *object)
{
	_cleanup_(arena_done) struct arena arena;
	Ringside__V1__Container c = RINGSIDE__V1__CONTAINER__INIT;

	arena_init(&arena);
	c.namespace_name = of_container(object, SERIES_NAMESPACE);
	c.pod_name = of_container(object, SERIES_POD);
	c.container_name = of_container(object, SERIES_CONTAINER);
	c.id = of_container(object, SERIES_CONTAINER_ID);
	c.pod_uid = of_container(object, SERIES_POD_UID);
	c.runtime = of_container(object, SERIES_RUNTIME);
	c.systemd_unit = of_container(object, SERIES_UNIT);
	c.cgroup_path = of_container(object, SERIES_CGROUP);
	container_identity_read(&c, &arena); /* what a series has no field for */
	line_text(line, "  ");
	text_container(line, &c);
}

/* "map 12  hash  flows  agentd  shop/web-7f9/app" */
static void put_name(struct line *line, const struct object *object)
{
	line_text(line, object_sorts[object->sort]);
	line_text(line, " ");
	line_uint(line, object->id);
	put_text(line, packed_texts_get(object->text, OBJECT_TYPE));
	put_text(line, packed_texts_get(object->text, OBJECT_NAME));
	put_text(line, packed_texts_get(object->text, OBJECT_COMM));
	if (has_container(object))
		put_container(line, object);
}

static size_t entries_width(const struct object *const *top, size_t n)
{
	char text[ENTRIES_SIZE];
	size_t width = strlen("entries");

	for (size_t i = 0; i < n; i++) {
		struct line line = line_make(text, sizeof(text));
		size_t one;

		put_entries(&line, top[i]);
		one = line_end(&line);
		width = one > width ? one : width;
	}
	return width;
}

static void put_row(struct columns *columns, const struct object *object, size_t width)
{
	put_memory(columns, object);
	put_share(columns, object);
	line_text(&columns->line, "  ");
	put_entries(&columns->line, object);
	columns_pad(columns, 2 * NUMBER + 2 + width);
	line_text(&columns->line, "  ");
	put_name(&columns->line, object);
	columns_end_row(columns);
}

/* Numbers first: what an object is called, and whose it is, can be long. */
static void put_top(const struct bpf_objects *objects, struct columns *columns, const char *title,
		    weight_fn weight)
{
	const struct object *top[SHOWN];
	size_t n = find_top(objects, weight, top), width = entries_width(top, n);

	if (!n)
		return;
	columns_title(columns, title);
	columns_end_row(columns);
	line_text(&columns->line, HEADS "  entries");
	columns_pad(columns, 2 * NUMBER + 2 + width);
	line_text(&columns->line, "  object, name, holder, container");
	columns_end_row(columns);
	for (size_t i = 0; i < n; i++)
		put_row(columns, top[i], width);
}

static void put_objects(const void *data, struct columns *columns)
{
	const struct state *state = data;

	if (!state->known)
		return;
	columns_title(columns, "BPF objects");
	if (state->hosts.several) { /* ids of two machines have nothing to do with each other */
		line_text(&columns->line, " of ");
		(void)hosts_put(&columns->line, state->host);
		line_text(&columns->line, ", which was read last");
	}
	line_text(&columns->line, ": ");
	bpf_objects_text(&columns->line, &state->objects);
	columns_end_row(columns);
	put_top(&state->objects, columns, "BPF objects by memory", memory_of);
	put_top(&state->objects, columns, "BPF programs by run time", object_cpu_share);
}

static void put_top_json(const struct bpf_objects *objects, struct json_page *page,
			 const char *name, weight_fn weight)
{
	const struct object *top[SHOWN];
	size_t n = find_top(objects, weight, top);

	json_begin_list(page, name);
	for (size_t i = 0; i < n; i++) {
		double share = object_cpu_share(top[i]);

		json_begin_object(page, NULL);
		object_json(page, top[i]);
		if (share >= 0)
			json_add_double(page, "cpu_share", 9, share);
		json_end_object(page);
	}
	json_end_list(page);
}

static void put_objects_json(const void *data, struct json_page *page)
{
	const struct state *state = data;

	if (!state->known)
		return;
	json_begin_object(page, "bpf_objects");
	objects_json_sums(page, &state->objects);
	json_add_text(page, "host", state->host);
	put_top_json(&state->objects, page, "by_memory", memory_of);
	put_top_json(&state->objects, page, "by_run_time", object_cpu_share);
	json_end_object(page);
}

const struct kind_rows bpf_object_rows = {
	.size = sizeof(struct state),
	.add = take_counters,
	.done = free_objects,
	.text = put_objects,
	.json = put_objects_json,
};
