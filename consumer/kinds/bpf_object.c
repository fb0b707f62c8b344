/* SPDX-License-Identifier: Apache-2.0 */
/* No events, and no sums: each row is an object that there is. */
#include <string.h>

#include "consumer/kinds/bpf_object-internal.h"
#include "consumer/text/phrases.h"

static void put_state(struct line *line, const struct ledger *ledger, uint64_t now_nano)
{
	const struct bpf_objects *objects = ledger_objects(ledger, now_nano);

	if (!objects)
		return;
	line_text(line, "; ");
	bpf_objects_text(line, objects);
}

static void put_map(struct line *line, const Ringside__V1__BpfObject *object)
{
	const Ringside__V1__BpfHolder *holder = object->holder;

	line_text(line, "map ");
	line_uint(line, object->id);
	if (text_has(object->name)) {
		line_text(line, " ");
		line_name(line, object->name, TEXT_NAME_MAX);
	}
	line_text(line, " (");
	line_safe(line, text_has(object->type_name) ? object->type_name : "of unknown type",
		  TEXT_NAME_MAX);
	if (holder && text_has(holder->comm)) {
		line_text(line, ", of ");
		line_name(line, holder->comm, TEXT_NAME_MAX);
		line_text(line, "[");
		line_uint(line, holder->pid);
		line_text(line, "]");
	}
	line_text(line, ") ");
}

static bool is_type(const Ringside__V1__BpfObject *object, const char *part)
{
	return text_has(object->type_name) && strstr(object->type_name, part);
}

/* "map 12 flows (hash, of agentd[99]) 100 % full (64 of 64 entries): inserting into it fails". What
 * drops its oldest by itself is full all the time; and of what we hold ourselves we say losses. */
static enum kind_fill put_fill(const Ringside__V1__CounterRow *row, unsigned which,
			       struct line *line)
{
	const Ringside__V1__BpfObject *object = row->bpf_object;
	const Ringside__V1__BpfMap *map = object ? object->map : NULL;
	const bool ring = map && is_type(object, "ring");
	uint64_t percent;

	if (which || !map || object->own || is_type(object, "lru"))
		return KIND_FILL_NONE;
	if (object->unloaded)
		return KIND_FILL_LOW;
	if (!map->has_entries || !map->max_entries)
		return KIND_FILL_UNKNOWN;
	percent = map->entries * 100 / map->max_entries;
	if (percent < KIND_FILL_PERCENT)
		return KIND_FILL_LOW;
	put_map(line, object);
	line_uint(line, percent);
	line_text(line, " % full (");
	line_count(line, map->entries);
	line_text(line, " of ");
	line_count(line, map->max_entries);
	if (ring)
		line_text(line, " bytes): who reads it does not keep up");
	else
		line_text(line, percent < 100 ? " entries): soon inserting into it will fail"
					      : " entries): inserting into it fails");
	return KIND_FILL_HIGH;
}

static void put_fill_members(struct json_page *page, const Ringside__V1__CounterRow *row,
			     unsigned which)
{
	const Ringside__V1__BpfObject *object = row->bpf_object;
	const Ringside__V1__BpfHolder *holder = object->holder;
	const Ringside__V1__BpfMap *map = object->map;

	(void)which;
	if (holder) {
		json_add_known_uint(page, "pid", holder->has_pid, holder->pid);
		json_add_known_text(page, "comm", holder->comm);
	}
	json_add_uint(page, "id", object->id);
	json_add_known_text(page, "type", object->type_name);
	json_add_known_text(page, "name", object->name);
	json_add_uint(page, "entries", map->entries);
	json_add_uint(page, "max_entries", map->max_entries);
	json_add_double(page, "ratio", 6, (double)map->entries / (double)map->max_entries);
}

/* Programs and maps are numbered apart. */
static uint64_t number_of(const Ringside__V1__CounterRow *row)
{
	const Ringside__V1__BpfObject *object = row->bpf_object;

	return object ? object->id * UINT64_C(2) + (object->map != NULL) : 0;
}

const struct kind kind_bpf_object = {
	.name = "bpf_object",
	.word = "BPF object",
	.words = "BPF objects",
	.option = "bpf",
	.meant = (const char *const[]){"ebpf", "map", "maps", "full", "objects", NULL},
	.fill = put_fill,
	.fill_members = put_fill_members,
	.number = number_of,
	.rows = &bpf_object_rows,
	.metrics = bpf_object_metrics,
	.group_metrics = bpf_object_group_metrics,
	.state = put_state,
	.check = bpf_object_check,
};
