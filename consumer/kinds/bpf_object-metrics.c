/* SPDX-License-Identifier: Apache-2.0 */
/* An object's values have the labels a person tells it by; all the rest it is described with, which
 * may change while it lives, is in the info alone, to be joined by id. */
#include "consumer/kinds/bpf_object-internal.h"

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

static const struct {
	enum object_sort sort;
	enum object_value value;
	enum prometheus_type type;
	const char *name, *unit, *help;
} families[] = {
	{OBJECT_PROGRAM, OBJECT_MEMORY, PROMETHEUS_GAUGE, "ringside_bpf_program_memory_bytes",
	 "bytes", "Memory of a BPF program."},
	{OBJECT_PROGRAM, OBJECT_VERIFIED, PROMETHEUS_GAUGE,
	 "ringside_bpf_program_verified_instructions", NULL,
	 "Instructions the verifier walked through."},
	{OBJECT_PROGRAM, OBJECT_RUNS, PROMETHEUS_COUNTER, "ringside_bpf_program_runs", NULL,
	 "Runs of a BPF program while BPF statistics were on."},
	{OBJECT_PROGRAM, OBJECT_RUN_TIME, PROMETHEUS_COUNTER,
	 "ringside_bpf_program_run_time_seconds", "seconds",
	 "Time these runs took, on all CPUs together."},
	{OBJECT_PROGRAM, OBJECT_MISSES, PROMETHEUS_COUNTER, "ringside_bpf_program_recursion_misses",
	 NULL, "Runs refused because the program ran on that CPU already."},
	{OBJECT_MAP, OBJECT_MEMORY, PROMETHEUS_GAUGE, "ringside_bpf_map_memory_bytes", "bytes",
	 "Memory of a BPF map."},
	{OBJECT_MAP, OBJECT_ENTRIES, PROMETHEUS_GAUGE, "ringside_bpf_map_entries", NULL,
	 "Entries a BPF map holds; of a ring the bytes nobody has read yet."},
	{OBJECT_MAP, OBJECT_MAX_ENTRIES, PROMETHEUS_GAUGE, "ringside_bpf_map_max_entries", NULL,
	 "Entries a BPF map has room for; of a ring its bytes."},
};

static void put_number_label(struct prometheus *e, const char *name, uint64_t v)
{
	char text[32];
	struct line line = line_make(text, sizeof(text));

	line_uint(&line, v);
	(void)line_end(&line);
	prometheus_label(e, name, text);
}

static void put_value_label(struct prometheus *e, const struct object *object,
			    enum object_value value)
{
	if (object_has(object, value))
		put_number_label(e, object_values[value], object->values[value]);
}

static void begin_sample(struct prometheus *e, const struct object *object)
{
	prometheus_sample(e);
	put_number_label(e, "id", object->id);
}

static void put_info(struct prometheus *e, const struct object *object)
{
	const char *text = object->text;

	begin_sample(e, object);
	for (unsigned i = 0; i < OBJECT_FIELDS; i++, text += strlen(text) + 1)
		prometheus_label(e, object_fields[i], text);
	put_value_label(e, object, OBJECT_PID);
	put_value_label(e, object, OBJECT_UID);
	prometheus_label(e, "own", object->own ? "true" : NULL);
	prometheus_uint(e, 1);
}

static void put_infos(struct prometheus *e, const struct bpf_objects *objects,
		      enum object_sort sort, const char *name, const char *help)
{
	const struct object *object;
	size_t i = 0;

	prometheus_family(e, PROMETHEUS_INFO, name, NULL, help);
	while ((object = table_next(&objects->table, &i)))
		if (object->sort == sort)
			put_info(e, object);
}

static void put_value(struct prometheus *e, const struct object *object, enum object_value value)
{
	const char *text = object->text;

	begin_sample(e, object);
	for (unsigned i = 0; i <= OBJECT_COMM; i++, text += strlen(text) + 1)
		prometheus_label(e, object_fields[i], text);
	if (value == OBJECT_RUN_TIME)
		prometheus_seconds(e, object->values[value]);
	else
		prometheus_uint(e, object->values[value]);
}

static void put_family(struct prometheus *e, const struct bpf_objects *objects, size_t family)
{
	enum object_sort sort = families[family].sort;
	enum object_value value = families[family].value;
	const struct object *object;
	size_t i = 0;

	prometheus_family(e, families[family].type, families[family].name, families[family].unit,
			  families[family].help);
	while ((object = table_next(&objects->table, &i)))
		if (object->sort == sort && object_has(object, value))
			put_value(e, object, value);
	if (value != OBJECT_MEMORY || !objects->left_out[sort].n)
		return;
	prometheus_sample_of(e, "overflow", "true");
	prometheus_uint(e, objects->left_out[sort].memory_bytes);
}

static void put_sums(struct prometheus *e, const struct bpf_objects *objects, const char *name,
		     const char *unit, const char *help)
{
	prometheus_family(e, PROMETHEUS_GAUGE, name, unit, help);
	for (unsigned sort = 0; sort < OBJECT_SORTS; sort++) {
		const struct bpf_objects_sum sum = bpf_objects_sum(objects, sort);

		prometheus_sample_of(e, "object", object_sorts[sort]);
		prometheus_uint(e, unit ? sum.memory_bytes : sum.n);
	}
}

void bpf_object_group_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			      uint64_t now_nano)
{
	const struct bpf_objects *objects = ledger_objects(ledger, now_nano);

	(void)kind;
	if (!objects)
		return;
	put_sums(e, objects, "ringside_bpf_objects", NULL,
		 "BPF programs and maps loaded on this machine, by whomever.");
	put_sums(e, objects, "ringside_bpf_objects_memory_bytes", "bytes", "Memory they take.");
}

void bpf_object_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			uint64_t now_nano)
{
	const struct bpf_objects *objects = ledger_objects(ledger, now_nano);

	if (!objects)
		return;
	bpf_object_group_metrics(e, ledger, kind, now_nano);
	put_infos(e, objects, OBJECT_PROGRAM, "ringside_bpf_program",
		  "A BPF program, and who holds it.");
	put_infos(e, objects, OBJECT_MAP, "ringside_bpf_map", "A BPF map, and who holds it.");
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		put_family(e, objects, i);
}
