/* SPDX-License-Identifier: Apache-2.0 */
/* Random configurations, made from the table: read, printed, and read again to the same. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/util.h"
#include "streamer/config/config.h"
#include "streamer/encode/probe-table.h"
#include "tests/lib/test.h"

#define CONFIGURATIONS 1000
#define TEXT_MAX 4000u
#define LABELS 8u

static uint64_t random_state = 17;

/* splitmix64. */
static uint64_t draw(uint64_t below)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % below;
}

/* In quotes, what no line could hold otherwise; in the form in which it is printed. */
static void put_quoted(FILE *out, size_t most)
{
	static const char *const parts[] = {"a",    " ",    "\t", "\\n", "\\r", "\\x01",   "\\x7f",
					    "\\\"", "\\\\", ";",  "#",   "=",   "\xc3\xa4"};
	const size_t n = draw(8) ? draw(10) : draw(most / 8);

	(void)fputs("\" ", out);
	for (size_t i = 0; i < n; i++)
		(void)fputs(parts[draw(ARRAY_SIZE(parts))], out);
	(void)fputs("\"", out);
}

/* Of what a file can hold, with all that means something in INI. Not blank at its ends. */
static void put_text(FILE *out, size_t most)
{
	static const char *const parts[] = {"a",  "B",  "/",  "%",        "=",   ":",
					    ";",  "#",  "[",  "]",        "'",   "\"",
					    "\\", "\t", "  ", "\xc3\xa4", " ; ", "-"};
	const size_t n = draw(8) ? draw(20) : draw(most / 4);

	if (!draw(4)) {
		put_quoted(out, most);
		return;
	}
	(void)fputs("x", out);
	for (size_t i = 0; i < n; i++)
		(void)fputs(parts[draw(ARRAY_SIZE(parts))], out);
	(void)fputs("y", out);
}

/* Those that have a function of their own. False: there is no such one here. */
static bool put_own(FILE *out, const char *key)
{
	static const char *const modes[] = {"auto", "fentry", "kprobe", "tracepoint"};

	if (!strcmp(key, "enabled"))
		(void)fputs(draw(2) ? "yes" : "no", out);
	else if (!strcmp(key, "attach"))
		(void)fputs(modes[draw(ARRAY_SIZE(modes))], out);
	else if (!strcmp(key, "rate"))
		(void)fprintf(out, "%" PRIu64 ",%" PRIu64, draw(1ull << 32),
			      1 + draw((1ull << 32) - 1));
	else if (!strcmp(key, "ring-size"))
		(void)fprintf(out, "%" PRIu64, UINT64_C(65536) << draw(14));
	else if (!strcmp(key, "compress"))
		(void)fprintf(out, "%" PRIu64, draw(9));
	else if (!strcmp(key, "host-name"))
		put_text(out, 100);
	else
		return false;
	return true;
}

/* In the form in which it is printed. */
static void put_value(FILE *out, const struct setting *setting)
{
	const uint64_t range = (uint64_t)setting->max - setting->min + 1;
	size_t n_words = 0;

	if (setting->set) {
		if (!put_own(out, setting_key(setting)))
			fail_msg("%s: what may it be?", setting->row.name);
		return;
	}
	switch (setting->kind) {
	case SETTING_FLAG:
		(void)fputs(draw(2) ? "yes" : "no", out);
		break;
	case SETTING_NUMBER:
	case SETTING_SECONDS:
		(void)fprintf(out, "%" PRIu64, setting->min + draw(range));
		break;
	case SETTING_TEXT:
		put_text(out, setting->max < TEXT_MAX ? setting->max : TEXT_MAX);
		break;
	case SETTING_CHOICE:
		while (setting->words[n_words])
			n_words++;
		(void)fputs(setting->words[draw(n_words)], out);
		break;
	case SETTING_SIZE:
		(void)fprintf(out, "%" PRIu64, setting->min + draw(1ull << 59));
		break;
	case SETTING_SPAN:
		(void)fprintf(out, "%" PRIu64, 1 + draw(1000000000));
		break;
	case SETTING_AMOUNT:
		if (draw(2))
			(void)fprintf(out, "%" PRIu64 "%%", 1 + draw(100));
		else
			(void)fprintf(out, "%" PRIu64, 1 + draw(1ull << 60));
		break;
	case SETTING_OUTCOME:
		fail();
	}
}

static void put_labels(FILE *out)
{
	for (unsigned i = 0; i < LABELS; i++) {
		(void)fprintf(out, "k%u.%" PRIu64 " = ", i, draw(10));
		if (draw(4))
			put_text(out, 100);
		(void)fputc('\n', out);
	}
}

static void put_section(FILE *out, const char *section, bool of_probe)
{
	(void)fprintf(out, "[%s]\n", section);
	for (size_t i = 0; i < settings_count; i++) {
		const char *of = settings[i].section;

		if (!of ||
		    (strcmp(of, section) != 0 && !(of_probe && !strcmp(of, SETTING_PER_PROBE))))
			continue;
		if (!strcmp(of, SETTING_LABELS)) {
			put_labels(out);
		} else if (draw(2)) {
			(void)fprintf(out, "%s = ", setting_key(&settings[i]));
			put_value(out, &settings[i]);
			(void)fputc('\n', out);
		}
	}
}

/* Whether no row above has its section. */
static bool is_new(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (settings[i].section && !strcmp(settings[i].section, settings[row].section))
			return false;
	return true;
}

static char *make_configuration(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section && strcmp(settings[i].section, SETTING_PER_PROBE) != 0 &&
		    is_new(i) && !probe_find(settings[i].section, strlen(settings[i].section)) &&
		    draw(4))
			put_section(out, settings[i].section, false);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (draw(2))
			put_section(out, probes[i]->alias, true);
	assert_ok(fclose(out));
	return text;
}

static struct config *read_text(const char *text)
{
	struct config *config = config_new();

	assert_non_null(config);
	assert_ok(config_read_text(config, "random.conf", text, strlen(text)));
	for (unsigned i = 0; i < config->n_notes; i++)
		if (config->notes[i].is_error)
			fail_msg("%s in:\n%s", config->notes[i].text, text);
	return config;
}

/* Without the comments that say where values come from. */
static char *print_values(struct config *config)
{
	_cleanup_free_ char *all = NULL;
	char *text = NULL, *rest, *line;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	assert_non_null(out);
	config_print(config, out);
	assert_ok(fclose(out));
	out = open_memstream(&text, &size);
	assert_non_null(out);
	rest = all;
	while ((line = strsep(&rest, "\n")))
		if (*line != '#')
			(void)fprintf(out, "%s\n", line);
	assert_ok(fclose(out));
	return text;
}

/* Each line that was given is there, in its section. */
static void check_printed(const char *given, const char *printed)
{
	_cleanup_free_ char *lines = strdup(given);
	char *rest = lines, *line, wanted[TEXT_MAX + 256];
	const char *section = printed, *found, *end;

	while ((line = strsep(&rest, "\n"))) {
		size_t n = strlen(line);

		while (n && line[n - 1] == ' ')
			line[--n] = '\0';
		(void)snprintf(wanted, sizeof(wanted), "%s\n", line);
		if (line[0] == '[')
			section = strstr(printed, wanted);
		assert_non_null(section);
		end = strstr(section, "\n\n");
		found = strstr(section, wanted);
		if (n && (!found || found > end || (found > printed && found[-1] != '\n')))
			fail_msg("%s is gone:\n%s", line, printed);
	}
}

static void random_configurations_are_printed_and_read_again_to_the_same(void **state)
{
	for (unsigned i = 0; i < CONFIGURATIONS; i++) {
		_cleanup_free_ char *given = make_configuration();
		struct config *first = read_text(given);
		_cleanup_free_ char *printed = print_values(first);
		struct config *second = read_text(printed);
		_cleanup_free_ char *again = print_values(second);

		check_printed(given, printed);
		assert_string_equal(printed, again);
		assert_int_equal(second->n_notes, 0);
		(void)config_free(first);
		(void)config_free(second);
	}
}

static void every_setting_has_its_place(void **state)
{
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *s = &settings[i];

		assert_true(s->set || s->accepts || s->kind == SETTING_FLAG ||
			    s->kind == SETTING_OUTCOME);
		assert_ptr_equal(setting_named(s->row.name), s);
		if (s->section)
			assert_ptr_equal(setting_find(s->section, setting_key(s)), s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_configurations_are_printed_and_read_again_to_the_same),
		cmocka_unit_test(every_setting_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
