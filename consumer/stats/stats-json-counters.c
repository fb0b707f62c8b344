/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects and the streamer's own cost, as members of stats' object. */
#include "consumer/base/json.h"
#include "consumer/kinds/bpf-object-json.h"
#include "consumer/stats/stats-internal.h"

static void put_top(const struct stats_counters *counters, struct writer *writer, const char *name,
		    stats_weight_fn weight)
{
	const struct object *top[STATS_OBJECTS_SHOWN];
	size_t n = stats_counters_top(counters, weight, top);
	char text[64];

	json_member(writer, ",", name);
	writer_string(writer, "[");
	for (size_t i = 0; i < n; i++) {
		double share = object_cpu_share(top[i]);

		writer_string(writer, i ? "," : "");
		object_json(writer, top[i]);
		if (share >= 0) {
			(void)snprintf(text, sizeof(text), "%.9g", share);
			json_member(writer, ",", "cpu_share");
			writer_string(writer, text);
		}
		writer_string(writer, "}");
	}
	writer_string(writer, "]");
}

static void put_upkeep(const struct own_usage *upkeep, struct writer *writer)
{
	const char *before = "";

	json_member(writer, ",", "streamer");
	writer_string(writer, "{");
	json_member_known(writer, &before, "cpu_nano", upkeep->span_nano, upkeep->cpu_nano);
	json_member_known(writer, &before, "span_nano", upkeep->span_nano, upkeep->span_nano);
	json_member_known(writer, &before, "anonymous_bytes", upkeep->has_anonymous,
			  upkeep->anonymous_bytes);
	json_member_known(writer, &before, "map_bytes", upkeep->has_maps, upkeep->map_bytes);
	writer_string(writer, "}");
}

void stats_json_counters(const struct stats_counters *counters, struct writer *writer)
{
	if (counters->has_objects) {
		json_member(writer, ",", "bpf_objects");
		objects_json_sums(writer, "{", &counters->objects);
		put_top(counters, writer, "by_memory", stats_counters_memory);
		put_top(counters, writer, "by_run_time", object_cpu_share);
		writer_string(writer, "}");
	}
	if (own_usage_is_known(&counters->upkeep))
		put_upkeep(&counters->upkeep, writer);
}
