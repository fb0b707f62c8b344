/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/config/config-reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/encode/probe-table.h"

static void add_name(char *list, size_t size, const struct setting *setting, unsigned probe)
{
	const size_t n = strlen(list);

	(void)snprintf(list + n, size - n, "%s%s%s%s", n ? ", " : "", setting_key(setting),
		       probe == SETTING_ALL_PROBES ? "" : " of ",
		       probe == SETTING_ALL_PROBES ? "" : probes[probe]->alias);
}

/* As it is printed; NULL: no memory. */
static char *value_of(const struct config *config, const struct setting *setting, unsigned probe)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	setting_print(setting, &config->values.options, probe, out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static bool is_same(const struct config *a, const struct config *b, const struct setting *setting,
		    unsigned probe)
{
	_cleanup_free_ char *of_a = value_of(a, setting, probe),
			    *of_b = value_of(b, setting, probe);

	return of_a && of_b && !strcmp(of_a, of_b);
}

/* In the same order, too: they are written in it. */
static bool are_same_labels(const struct header_config *a, const struct header_config *b)
{
	if (a->n_labels != b->n_labels)
		return false;
	for (size_t i = 0; i < a->n_labels; i++)
		if (a->labels[i].key_size != b->labels[i].key_size ||
		    memcmp(a->labels[i].key, b->labels[i].key, a->labels[i].key_size) != 0 ||
		    strcmp(a->labels[i].value, b->labels[i].value) != 0)
			return false;
	return true;
}

static void compare(struct config *config, const struct config *fresh,
		    const struct setting *setting, unsigned probe, struct config_changes *ret)
{
	if (is_same(config, fresh, setting, probe))
		return;
	if (setting->live)
		add_name(ret->applied, sizeof(ret->applied), setting, probe);
	else
		add_name(ret->later, sizeof(ret->later), setting, probe);
}

/* The same ones, too: what they are borrowed of goes. */
static void take_labels(struct setting_values *values, const struct setting_values *fresh)
{
	struct header_config *header = &values->options.pipeline.header;

	memcpy(header->labels, fresh->options.pipeline.header.labels, sizeof(header->labels));
	header->n_labels = fresh->options.pipeline.header.n_labels;
	memcpy(values->labels, fresh->labels, sizeof(values->labels));
}

static void take_value(struct setting_values *values, const struct setting_values *fresh,
		       const struct setting *setting)
{
	memcpy((char *)&values->options + setting->offset,
	       (const char *)&fresh->options + setting->offset, setting->size);
	values->origins[setting - settings][0] = fresh->origins[setting - settings][0];
}

static void apply(struct config *config, const struct config *fresh, struct config_changes *ret)
{
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *setting = &settings[i];

		if (!setting->section)
			continue;
		if (!strcmp(setting->section, SETTING_LABELS)) {
			if (!are_same_labels(&config->values.options.pipeline.header,
					     &fresh->values.options.pipeline.header))
				add_name(ret->applied, sizeof(ret->applied), setting,
					 SETTING_ALL_PROBES);
			take_labels(&config->values, &fresh->values);
		} else if (!strcmp(setting->section, SETTING_PER_PROBE)) {
			for (unsigned k = 0; k < WIRE_PROBE_COUNT; k++)
				compare(config, fresh, setting, k, ret);
		} else {
			compare(config, fresh, setting, SETTING_ALL_PROBES, ret);
			if (setting->live)
				take_value(&config->values, &fresh->values, setting);
		}
	}
}

static int read_again(struct config *fresh, const struct config_sources *sources,
		      struct config_changes *ret)
{
	const int r = config_read(fresh, sources);
	const char *first = NULL;

	for (unsigned i = 0; i < fresh->n_notes && !first; i++)
		first = fresh->notes[i].is_error ? fresh->notes[i].text : NULL;
	if (r < 0)
		(void)snprintf(ret->wrong, sizeof(ret->wrong), "%s%s",
			       first ? first : strerrordesc_np(-r),
			       fresh->n_errors > 1 ? " (and more: --check-config)" : "");
	return r;
}

int config_reload(struct config *config, const struct config_sources *sources, struct sink *sink,
		  struct config_changes *ret)
{
	struct config *fresh = config_new();
	int r;

	*ret = (struct config_changes){0};
	r = fresh ? read_again(fresh, sources, ret) : -ENOMEM;
	if (!r && sink)
		r = sink_change_retention(sink, &fresh->values.options.sink, ret->wrong,
					  sizeof(ret->wrong));
	if (r < 0) {
		(void)config_free(fresh);
		return r;
	}
	apply(config, fresh, ret);
	(void)config_free(config->fresh);
	config->fresh = fresh;
	return 0;
}
