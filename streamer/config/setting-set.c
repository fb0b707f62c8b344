/* SPDX-License-Identifier: Apache-2.0 */
/* Settings whose values are of a kind of their own. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "proto/base/units.h"
#include "proto/base/utf8.h"
#include "proto/base/util.h"
#include "proto/recording/recording-writer.h"
#include "streamer/config/setting-internal.h"
#include "streamer/encode/probe-table.h"

#define RING_MAX (1024u * 1024 * 1024)

/* In the order of enum kernel_tier. */
static const char *const attach_modes[] = {"auto", "fentry", "kprobe", "tracepoint", NULL};

/* Says what is accepted. Returns -EINVAL. */
#define refuse_value(context, ...)                                                                 \
	refuse((context)->error, (context)->error_size, -EINVAL, __VA_ARGS__)

bool read_flag(const char *value, bool *ret)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(value, words[i])) {
			*ret = i % 2;
			return true;
		}
	return false;
}

static int read_number(struct setting_context *context, const char *value, uint64_t min,
		       uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	const char *end = units_number(value, max, &v);

	if (!end || *end || v < min)
		return refuse_value(context, "%s '%s': accepts a number from %llu to %llu",
				    context->name, value, (unsigned long long)min,
				    (unsigned long long)max);
	*ret = v;
	return 0;
}

/* Of the section of one probe. */
static int set_enabled(struct setting_context *context, const char *value)
{
	uint32_t *mask = &context->values->options.kernel.probes;
	const uint32_t bit = 1u << context->probe;
	bool on = probes_by_default() & bit;

	if (*value && !read_flag(value, &on))
		return refuse_value(context, "%s '%s': accepts yes or no", context->name, value);
	*mask = on ? *mask | bit : *mask & ~bit;
	return 0;
}

int set_probes(struct setting_context *context, const char *value)
{
	uint32_t mask = 0;

	if (context->probe != SETTING_ALL_PROBES)
		return set_enabled(context, value);
	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ",");
		const struct probe *probe = probe_find(p, n);
		char known[256] = "";

		for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
			size_t used = strlen(known);

			if (probes[i] == probe)
				mask |= 1u << i;
			(void)snprintf(known + used, sizeof(known) - used, "%s%s (%s)",
				       used ? ", " : "", probes[i]->alias, probes[i]->name);
		}
		if (!probe)
			return refuse_value(context, "%s '%.*s': accepts a list of %s",
					    context->name, (int)n, p, known);
		p += n;
		if (!*p)
			break;
	}
	context->values->options.kernel.probes = mask;
	return 0;
}

void print_probe(const struct options *options, unsigned probe, FILE *out)
{
	(void)fputs(options->kernel.probes & 1u << probe ? "yes" : "no", out);
}

int set_attach(struct setting_context *context, const char *value)
{
	enum kernel_tier *attach = context->values->options.kernel.attach;
	unsigned mode = 0;

	while (*value && attach_modes[mode] && strcmp(value, attach_modes[mode]) != 0)
		mode++;
	if (!attach_modes[mode])
		return refuse_value(context, "%s '%s': accepts auto, fentry, kprobe or tracepoint",
				    context->name, value);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (context->probe == SETTING_ALL_PROBES || context->probe == i)
			attach[i] = (enum kernel_tier)mode;
	return 0;
}

void print_attach(const struct options *options, unsigned probe, FILE *out)
{
	(void)fputs(attach_modes[options->kernel.attach[probe]], out);
}

int set_rate(struct setting_context *context, const char *value)
{
	struct kernel_config *kernel = &context->values->options.kernel;
	uint64_t rate = 0, burst = kernel->burst;
	const char *end = units_number(value, UINT32_MAX, &rate);

	if (end && *end == ',')
		end = units_number(end + 1, UINT32_MAX, &burst);
	if (!end || *end || !burst)
		return refuse_value(
			context,
			"%s '%s': accepts N or N,BURST: events a second, 0 for no limit, and "
			"at least 1 at once",
			context->name, value);
	kernel->rate = (uint32_t)rate;
	kernel->burst = (uint32_t)burst;
	return 0;
}

void print_rate(const struct options *options, unsigned probe, FILE *out)
{
	(void)fprintf(out, "%u,%u", options->kernel.rate, options->kernel.burst);
}

int set_ring_size(struct setting_context *context, const char *value)
{
	uint64_t v, size = (uint64_t)sysconf(_SC_PAGESIZE);
	const char *end = units_number(value, RING_MAX, &v);

	if (end && (*end == 'K' || *end == 'k')) {
		v <<= 10;
		end++;
	} else if (end && *end == 'M') {
		v <<= 20;
		end++;
	}
	if (!end || *end || !v || v > RING_MAX)
		return refuse_value(context,
				    "%s '%s': accepts bytes, or a number with K or M, up to "
				    "1024M",
				    context->name, value);
	while (size < v)
		size *= 2;
	context->values->options.kernel.bulk_ring_bytes = (uint32_t)size;
	return 0;
}

void print_ring_size(const struct options *options, unsigned probe, FILE *out)
{
	(void)fprintf(out, "%u", options->kernel.bulk_ring_bytes);
}

int set_level(struct setting_context *context, const char *value)
{
	uint64_t level = RECORDING_LEVEL_DEFAULT;
	int r = value ? read_number(context, value, 0, RECORDING_LEVEL_MAX, &level) : 0;

	if (!r)
		context->values->options.sink.level = (int)level;
	return r;
}

void print_level(const struct options *options, unsigned probe, FILE *out)
{
	if (options->sink.level != SINK_LEVEL_BY_NAME)
		(void)fprintf(out, "%d", options->sink.level);
}

int set_count(struct setting_context *context, const char *value)
{
	return read_number(context, value, 1, LLONG_MAX, &context->values->options.pipeline.count);
}

static bool is_utf8(const char *s)
{
	char clean[SETTING_LABEL_VALUE_MAX * UTF8_GROWTH];
	size_t n = strlen(s);

	return n <= SETTING_LABEL_VALUE_MAX && utf8_clean(clean, s, n) == n && !memcmp(clean, s, n);
}

/* The label of that key, or the place behind the last. */
static size_t find_label(const struct header_config *header, const char *key, size_t size)
{
	size_t i = 0;

	while (i < header->n_labels && (header->labels[i].key_size != size ||
					memcmp(header->labels[i].key, key, size) != 0))
		i++;
	return i;
}

/* One of a file takes the place of one that another has below it; on one command line two of a key
 * are a mistake. */
int set_label(struct setting_context *context, const char *value)
{
	struct header_config *header = &context->values->options.pipeline.header;
	struct setting_origin *origins = context->values->labels;
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_.-/");
	size_t i;

	if (!n || n > SETTING_LABEL_KEY_MAX || value[n] != '=' || !is_utf8(value + n + 1))
		return refuse_value(
			context,
			"%s '%s': accepts KEY=VALUE, KEY of up to %u letters, digits and "
			"_.-/, VALUE of up to %u bytes of UTF-8",
			context->name, value, SETTING_LABEL_KEY_MAX, SETTING_LABEL_VALUE_MAX);
	i = find_label(header, value, n);
	if (i < header->n_labels && context->origin.source != SETTING_FROM_FILE &&
	    context->origin.source == origins[i].source)
		return refuse_value(context, "%s '%s': accepts each key once", context->name,
				    value);
	if (i == HEADER_LABELS_MAX)
		return refuse_value(context, "%s '%s': accepts at most %u labels", context->name,
				    value, HEADER_LABELS_MAX);
	header->labels[i] =
		(struct header_label){.key = value, .key_size = n, .value = value + n + 1};
	header->n_labels += i == header->n_labels;
	origins[i] = context->origin;
	return 0;
}

int set_host_name(struct setting_context *context, const char *value)
{
	if (!value[0] || !is_utf8(value))
		return refuse_value(context, "%s '%s': accepts 1 to %u bytes of UTF-8",
				    context->name, value, SETTING_LABEL_VALUE_MAX);
	context->values->options.pipeline.header.host_name = value;
	return 0;
}

void print_host_name(const struct options *options, unsigned probe, FILE *out)
{
	const char *name = options->pipeline.header.host_name;

	(void)fputs(name ? name : "", out);
}

int set_doctor(struct setting_context *context, const char *value)
{
	struct options *options = &context->values->options;
	const bool marks = value && !strcmp(value, "mark");

	if (value && !marks && strcmp(value, "hold") != 0)
		return refuse_value(context, "%s=%s: accepts hold, mark, or nothing", context->name,
				    value);
	options->doctor = true;
	options->doctor_marks = marks;
	options->doctor_holds = value && !marks;
	return 0;
}
