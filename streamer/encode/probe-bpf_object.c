/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <bpf/libbpf.h>

#include "proto/base/hex.h"
#include "proto/base/utf8.h"
#include "streamer/encode/message-parts.h"
#include "streamer/encode/probe-table.h"
#include "streamer/tables/bpf-objects.h"

static bool row_changed(const void *row, const struct row_view *view)
{
	const struct object *object = row;

	return object->changed_nano >= view->since;
}

/* A name as the kernel has it: any bytes. */
static void put_text(struct pb *pb, unsigned field, const char *text, size_t size)
{
	char clean[WIRE_OBJECT_NAME * UTF8_GROWTH];

	size = strnlen(text, size);
	if (size)
		pb_bytes(pb, field, clean, utf8_clean(clean, text, size));
}

static void put_type(struct pb *pb, const struct wire_object *head)
{
	const char *name = head->object == WIRE_OBJECT_PROGRAM
				   ? libbpf_bpf_prog_type_str((enum bpf_prog_type)head->type)
				   : libbpf_bpf_map_type_str((enum bpf_map_type)head->type);

	pb_uint(pb, FIELD_BPF_OBJECT_TYPE, head->type);
	if (name)
		pb_string(pb, FIELD_BPF_OBJECT_TYPE_NAME, name);
}

static void put_holder(struct pb *pb, const struct object *object)
{
	uint8_t *mark;

	if (!object->holder.n)
		return;
	mark = pb_open(pb, FIELD_BPF_OBJECT_HOLDER);
	pb_uint(pb, FIELD_BPF_HOLDER_PID, object->holder.pid);
	put_text(pb, FIELD_BPF_HOLDER_COMM, object->holder.comm, sizeof(object->holder.comm));
	pb_uint(pb, FIELD_BPF_HOLDER_PROCESSES, object->holder.n);
	pb_close(pb, mark);
}

static void put_program(struct pb *pb, const struct wire_program *program)
{
	uint8_t *mark = pb_open(pb, FIELD_BPF_OBJECT_PROGRAM);
	char tag[HEX_SIZE(sizeof(program->tag))];

	(void)hex_put(tag, program->tag, sizeof(program->tag));
	pb_string(pb, FIELD_BPF_PROGRAM_TAG, tag);
	pb_fixed64(pb, FIELD_BPF_PROGRAM_LOADED_BOOTTIME_NANO, program->loaded_boottime);
	pb_uint(pb, FIELD_BPF_PROGRAM_INSTRUCTIONS, program->instructions);
	if (program->head.flags & WIRE_OBJECT_HAS_VERIFIED)
		pb_uint(pb, FIELD_BPF_PROGRAM_VERIFIED_INSTRUCTIONS,
			program->verified_instructions);
	pb_uint(pb, FIELD_BPF_PROGRAM_JITED_BYTES, program->jited_bytes);
	if (program->head.flags & WIRE_OBJECT_HAS_RUNS) {
		if (program->runs) {
			pb_uint(pb, FIELD_BPF_PROGRAM_RUNS, program->runs);
			pb_uint(pb, FIELD_BPF_PROGRAM_RUN_TIME_NANO, program->run_nano);
		}
		pb_uint(pb, FIELD_BPF_PROGRAM_RECURSION_MISSES, program->misses);
	}
	pb_close(pb, mark);
}

static void put_map(struct pb *pb, const struct wire_map *map)
{
	uint8_t *mark = pb_open(pb, FIELD_BPF_OBJECT_MAP);

	pb_uint(pb, FIELD_BPF_MAP_KEY_BYTES, map->key_bytes);
	pb_uint(pb, FIELD_BPF_MAP_VALUE_BYTES, map->value_bytes);
	pb_uint(pb, FIELD_BPF_MAP_MAX_ENTRIES, map->max_entries);
	if (map->head.flags & WIRE_OBJECT_HAS_ENTRIES)
		pb_uint(pb, FIELD_BPF_MAP_ENTRIES, map->entries);
	pb_uint(pb, FIELD_BPF_MAP_FLAGS, map->map_flags);
	pb_close(pb, mark);
}

static void row_values(const void *row, const struct row_view *view, struct pb *pb)
{
	const struct object *object = row;
	const struct wire_object *head = &object->head;
	uint8_t *mark = pb_open(pb, FIELD_COUNTER_ROW_BPF_OBJECT);

	pb_uint(pb, FIELD_BPF_OBJECT_ID, head->id);
	if (object->unloaded) {
		pb_bool(pb, FIELD_BPF_OBJECT_UNLOADED, true);
		pb_bytes(pb,
			 head->object == WIRE_OBJECT_PROGRAM ? FIELD_BPF_OBJECT_PROGRAM
							     : FIELD_BPF_OBJECT_MAP,
			 "", 0);
		pb_close(pb, mark);
		return;
	}
	put_type(pb, head);
	put_text(pb, FIELD_BPF_OBJECT_NAME, head->name, sizeof(head->name));
	if (head->flags & WIRE_OBJECT_HAS_MEMORY)
		pb_uint(pb, FIELD_BPF_OBJECT_MEMORY_BYTES, head->memory_bytes);
	if (head->object == WIRE_OBJECT_PROGRAM)
		pb_uint(pb, FIELD_BPF_OBJECT_UID, object->program.uid);
	put_holder(pb, object);
	if (object->holder.own)
		pb_bool(pb, FIELD_BPF_OBJECT_OWN, true);
	if (head->object == WIRE_OBJECT_PROGRAM)
		put_program(pb, &object->program);
	else
		put_map(pb, &object->map);
	pb_close(pb, mark);
}

const struct probe probe_bpf_object = {
	.name = "bpf_object",
	.alias = "bpf",
	.on_request = true,
	.shows_stats = true,
	.record_min = sizeof(struct wire_path),
	.key_size = sizeof(struct wire_cgroup_key),
	.row_changed = row_changed,
	.row_values = row_values,
};
