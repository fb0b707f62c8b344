/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects and the streamer's own cost, as members of stats' object. */
#include "consumer/kinds/bpf_object-json.h"
#include "consumer/stats/stats-internal.h"

static void put_top(const struct stats_counters *counters, struct json_page *page, const char *name,
		    stats_weight_fn weight)
{
	const struct object *top[STATS_OBJECTS_SHOWN];
	size_t n = stats_counters_top(counters, weight, top);

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

static void put_upkeep(const struct own_usage *upkeep, struct json_page *page)
{
	json_begin_object(page, "streamer");
	json_add_known_uint(page, "cpu_nano", upkeep->span_nano, upkeep->cpu_nano);
	json_add_known_uint(page, "span_nano", upkeep->span_nano, upkeep->span_nano);
	json_add_known_uint(page, "anonymous_bytes", upkeep->has_anonymous,
			    upkeep->anonymous_bytes);
	json_add_known_uint(page, "map_bytes", upkeep->has_maps, upkeep->map_bytes);
	json_end_object(page);
}

void stats_json_counters(const struct stats_counters *counters, struct json_page *page)
{
	if (counters->has_objects) {
		json_begin_object(page, "bpf_objects");
		objects_json_sums(page, &counters->objects);
		put_top(counters, page, "by_memory", stats_counters_memory);
		put_top(counters, page, "by_run_time", object_cpu_share);
		json_end_object(page);
	}
	if (own_usage_is_known(&counters->upkeep))
		put_upkeep(&counters->upkeep, page);
}
