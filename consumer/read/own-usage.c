/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/own-usage.h"

#include <stdio.h>

#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)

static void take_cpu(struct own_usage *usage, const Ringside__V1__StreamerCost *cost,
		     uint64_t boottime_nano)
{
	uint64_t before = usage->user_nano + usage->system_nano;
	uint64_t now = cost->user_cpu_nano + cost->system_cpu_nano;

	/* where it falls, another process goes on with the stream; or what says so is damaged */
	if (usage->goes_on && now >= before && boottime_nano > usage->boottime_nano) {
		usage->cpu_nano += now - before;
		usage->span_nano += boottime_nano - usage->boottime_nano;
	}
	usage->has_cpu = usage->goes_on = true;
	usage->user_nano = cost->user_cpu_nano;
	usage->system_nano = cost->system_cpu_nano;
	usage->boottime_nano = boottime_nano;
}

static void take_refused(struct own_usage *usage, const Ringside__V1__StreamerCost *cost)
{
	usage->n_refused = 0;
	usage->refusals = 0;
	for (size_t i = 0; i < cost->n_refused_calls; i++) {
		const Ringside__V1__RefusedCall *call = cost->refused_calls[i];
		struct own_usage_call *to = &usage->refused[usage->n_refused];

		usage->refusals += call->count;
		if (usage->n_refused++ >= OWN_USAGE_CALLS_MAX)
			continue;
		to->count = call->count;
		if (call->name)
			(void)snprintf(to->name, sizeof(to->name), "%s", call->name);
		else if (call->has_number)
			(void)snprintf(to->name, sizeof(to->name), "call %u", call->number);
		else
			(void)snprintf(to->name, sizeof(to->name), "calls above 510");
	}
}

void own_usage_take(struct own_usage *usage, const Ringside__V1__StreamerCost *cost,
		    uint64_t boottime_nano)
{
	if (!cost)
		return;
	if (cost->has_user_cpu_nano && cost->has_system_cpu_nano)
		take_cpu(usage, cost, boottime_nano);
	usage->has_anonymous = cost->has_anonymous_bytes;
	usage->anonymous_bytes = cost->anonymous_bytes;
	take_refused(usage, cost);
	usage->has_maps = cost->has_map_bytes;
	usage->map_bytes = cost->map_bytes;
}

void own_usage_part(struct own_usage *usage)
{
	usage->goes_on = false;
}

uint64_t own_usage_hourly(const struct own_usage *usage)
{
	double v = usage->span_nano ? (double)usage->cpu_nano / (double)usage->span_nano : 0;

	return v < 1e6 ? (uint64_t)(v * (double)HOUR) : UINT64_MAX;
}

void own_usage_refused_text(struct line *line, const struct own_usage *usage)
{
	for (unsigned i = 0; i < usage->n_refused && i < OWN_USAGE_CALLS_MAX; i++) {
		line_text(line, i ? ", " : "");
		line_safe(line, usage->refused[i].name, sizeof(usage->refused[i].name));
		line_text(line, " × ");
		line_count(line, usage->refused[i].count);
	}
	if (usage->n_refused > OWN_USAGE_CALLS_MAX) {
		line_text(line, " and others, ");
		line_count(line, usage->refusals);
		line_text(line, " in all");
	}
	line_text(line, "; the streamer does none of it by itself");
}

/* To the hundredth. */
static void put_decimal(struct line *line, double v)
{
	uint64_t hundredths = (uint64_t)(v * 100 + 0.5);

	line_count(line, hundredths / 100);
	line_text(line, ".");
	line_digits(line, hundredths % 100, 2);
}

static void put_bytes(struct line *line, uint64_t bytes, const char *of)
{
	line_text(line, ", ");
	line_bytes(line, bytes);
	line_text(line, of);
}

void own_usage_text(struct line *line, const struct own_usage *usage)
{
	if (usage->span_nano) {
		double hourly = (double)own_usage_hourly(usage);

		put_decimal(line, hourly / (double)SECOND);
		line_text(line, " s of CPU an hour (");
		put_decimal(line, hourly / (double)HOUR * 100);
		line_text(line, " % of a CPU)");
	} else if (usage->has_cpu) {
		put_decimal(line, (double)(usage->user_nano + usage->system_nano) / (double)SECOND);
		line_text(line, " s of CPU since it started");
	} else {
		line_text(line, "CPU time not known");
	}
	if (usage->has_anonymous)
		put_bytes(line, usage->anonymous_bytes, " of memory");
	if (usage->has_maps)
		put_bytes(line, usage->map_bytes, " of BPF maps");
}
