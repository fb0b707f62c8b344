/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects and the streamer's own cost, for people. */
#include "consumer/base/arena.h"
#include "consumer/read/container-identity.h"
#include "consumer/stats/stats-internal.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define ENTRIES_SIZE 96
#define HEADS "        memory      of a CPU" /* STATS_NUMBER each */

static void put_memory(struct columns *columns, const struct object *object)
{
	char text[32];
	struct line bytes = line_make(text, sizeof(text));

	if (object_has(object, OBJECT_MEMORY))
		line_bytes(&bytes, object->values[OBJECT_MEMORY]);
	else
		line_text(&bytes, "?");
	(void)line_end(&bytes);
	columns_right(columns, text, STATS_NUMBER);
}

static void put_share(struct columns *columns, const struct object *object)
{
	double share = object_cpu_share(object);
	char text[64] = "";

	if (share >= 0 && share < 1e6)
		(void)snprintf(text, sizeof(text), "%.3f %%", share * 100);
	columns_right(columns, text, STATS_NUMBER);
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
	return (char *)(uintptr_t)object_text(object, OBJECT_CONTAINER + field);
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
	put_text(line, object_text(object, OBJECT_TYPE));
	put_text(line, object_text(object, OBJECT_NAME));
	put_text(line, object_text(object, OBJECT_COMM));
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
	columns_pad(columns, 2 * STATS_NUMBER + 2 + width);
	line_text(&columns->line, "  ");
	put_name(&columns->line, object);
	columns_end_row(columns);
}

/* Numbers first: what an object is called, and whose it is, can be long. */
static void put_top(const struct stats_counters *counters, struct columns *columns,
		    const char *title, stats_weight_fn weight)
{
	const struct object *top[STATS_OBJECTS_SHOWN];
	size_t n = stats_counters_top(counters, weight, top), width = entries_width(top, n);

	if (!n)
		return;
	columns_title(columns, title);
	columns_end_row(columns);
	line_text(&columns->line, HEADS "  entries");
	columns_pad(columns, 2 * STATS_NUMBER + 2 + width);
	line_text(&columns->line, "  object, name, holder, container");
	columns_end_row(columns);
	for (size_t i = 0; i < n; i++)
		put_row(columns, top[i], width);
}

void stats_text_counters(const struct stats_counters *counters, struct columns *columns)
{
	if (counters->has_objects) {
		columns_title(columns, "BPF objects: ");
		bpf_objects_text(&columns->line, &counters->objects);
		columns_end_row(columns);
		put_top(counters, columns, "BPF objects by memory", stats_counters_memory);
		put_top(counters, columns, "BPF programs by run time", object_cpu_share);
	}
	if (!own_usage_is_known(&counters->upkeep))
		return;
	columns_title(columns, "The streamer itself: ");
	own_usage_text(&columns->line, &counters->upkeep);
	columns_end_row(columns);
}
