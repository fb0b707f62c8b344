/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/config/setting.h"

#include <inttypes.h>
#include <string.h>

#include "proto/base/units.h"
#include "proto/base/util.h"
#include "streamer/config/ini.h"
#include "streamer/config/setting-internal.h"
#include "streamer/encode/probe-table.h"

#define CRITICAL_RING_BYTES (512u * 1024)

void setting_defaults(struct setting_values *ret)
{
	*ret = (struct setting_values){
		.options = {
			.kernel = {.probes = probes_by_default(),
				   .critical_ring_bytes = CRITICAL_RING_BYTES,
				   .bulk_ring_bytes = 8u << 20,
				   .rate = 1,
				   .burst = 20,
				   .container_rate = 1000},
			.sink = {.path = "-", .level = SINK_LEVEL_BY_NAME},
			.pipeline.header.counters_interval = 10,
		}};
}

/* Whether it is one that is accepted. */
static bool read_value(const struct setting *setting, void *to, const char *value)
{
	const char *end;
	uint64_t n = 0;

	switch (setting->kind) {
	case SETTING_FLAG:
		*(bool *)to = true;
		return !value || read_flag(value, to);
	case SETTING_NUMBER:
		end = units_number(value, setting->max, &n);
		*(uint32_t *)to = (uint32_t)n;
		return end && !*end && n >= setting->min;
	case SETTING_SECONDS:
		if (!units_span(value, &n) || n < setting->min || n > setting->max)
			return false;
		*(uint32_t *)to = (uint32_t)n;
		return true;
	case SETTING_TEXT:
		*(const char **)to = value;
		return value[0] && strlen(value) <= setting->max;
	case SETTING_CHOICE:
		for (; setting->words[n] && strcmp(value, setting->words[n]) != 0; n++)
			;
		*(unsigned *)to = (unsigned)n;
		return setting->words[n];
	case SETTING_SIZE:
		return units_size(value, to) && *(uint64_t *)to >= setting->min;
	case SETTING_AMOUNT:
		return units_amount(value, to);
	case SETTING_SPAN:
		return units_span(value, to);
	case SETTING_OUTCOME:
		break;
	}
	return false;
}

/* Back to what is built in. */
static void reset(const struct setting *setting, struct options *options)
{
	struct setting_values built_in;

	setting_defaults(&built_in);
	memcpy((char *)options + setting->offset, (char *)&built_in.options + setting->offset,
	       setting->size);
}

struct setting_origin *setting_origin(struct setting_values *values, const struct setting *setting,
				      unsigned probe)
{
	return &values->origins[setting - settings][probe % WIRE_PROBE_COUNT];
}

static void note_origin(const struct setting *setting, const struct setting_context *context)
{
	const bool all = setting->section && !strcmp(setting->section, SETTING_PER_PROBE) &&
			 context->probe == SETTING_ALL_PROBES;

	for (unsigned i = 0; all && i < WIRE_PROBE_COUNT; i++)
		*setting_origin(context->values, setting, i) = context->origin;
	*setting_origin(context->values, setting, context->probe) = context->origin;
}

/* What a file cannot say, --print-config could not either. */
static bool can_print(const char *value)
{
	_cleanup_free_ char *text = ini_value(value);

	return text;
}

static int set_value(const struct setting *setting, struct setting_context *context,
		     const char *value)
{
	struct options *options = &context->values->options;

	if (setting->kind == SETTING_OUTCOME) {
		context->values->outcome = (int)setting->min;
		return 0;
	}
	if (setting->size && context->origin.source != SETTING_FROM_OPTION && !*value) {
		reset(setting, options);
		return 0;
	}
	if (value && context->origin.source != SETTING_FROM_FILE && !can_print(value))
		return refuse(context->error, context->error_size, -EINVAL,
			      "%s: the value is longer than a line of a configuration can be",
			      context->name);
	if (setting->set)
		return setting->set(context, value);
	if (read_value(setting, (char *)options + setting->offset, value))
		return 0;
	return refuse(context->error, context->error_size, -EINVAL, "%s '%s': accepts %s",
		      context->name, value,
		      setting->kind == SETTING_FLAG ? "yes or no" : setting->accepts);
}

int setting_set(const struct setting *setting, struct setting_context *context, const char *value)
{
	int r = set_value(setting, context, value);

	if (!r)
		note_origin(setting, context);
	return r;
}

void setting_print(const struct setting *setting, const struct options *options, unsigned probe,
		   FILE *out)
{
	const void *at = (const char *)options + setting->offset;
	const struct amount *amount = at;

	if (setting->print) {
		setting->print(options, probe, out);
		return;
	}
	switch (setting->kind) {
	case SETTING_FLAG:
		(void)fputs(*(const bool *)at ? "yes" : "no", out);
		return;
	case SETTING_NUMBER:
	case SETTING_SECONDS: /* below what is accepted: there is none */
		if (*(const uint32_t *)at >= setting->min)
			(void)fprintf(out, "%u", *(const uint32_t *)at);
		return;
	case SETTING_TEXT:
		if (*(const char *const *)at)
			(void)fputs(*(const char *const *)at, out);
		return;
	case SETTING_CHOICE:
		(void)fputs(setting->words[*(const unsigned *)at], out);
		return;
	case SETTING_SIZE:
	case SETTING_SPAN:
		if (*(const uint64_t *)at)
			(void)fprintf(out, "%" PRIu64, *(const uint64_t *)at);
		return;
	case SETTING_AMOUNT:
		if (amount->percent)
			(void)fprintf(out, "%u%%", amount->percent);
		else if (amount->bytes)
			(void)fprintf(out, "%" PRIu64, amount->bytes);
		return;
	case SETTING_OUTCOME:
		return;
	}
}

const char *setting_key(const struct setting *setting)
{
	return setting->key ? setting->key : setting->row.name;
}

const struct setting *setting_find(const char *section, const char *key)
{
	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section && !strcmp(settings[i].section, section) &&
		    !strcmp(setting_key(&settings[i]), key))
			return &settings[i];
	return NULL;
}

const struct setting *setting_named(const char *name)
{
	size_t i = 0;

	while (strcmp(settings[i].row.name, name) != 0)
		i++;
	return &settings[i];
}
