/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/field-list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/out-buffer.h"
#include "consumer/json-fields.h"
#include "consumer/read/vocabulary.h"
#include "proto/base/options.h"
#include "proto/base/util.h"

#define PATH_SIZE 256

static const char *const known[] = {JSON_FIELDS NULL};

static bool is_known(const char *name)
{
	for (size_t i = 0; known[i]; i++)
		if (!strcmp(name, known[i]))
			return true;
	/* whose keys are anybody's */
	return !strncmp(name, "labels.", 7) && name[7];
}

/* One that is called so in what it is in. */
static const char *find_inner(const char *name)
{
	const size_t size = strlen(name);

	for (size_t i = 0; known[i]; i++) {
		const size_t n = strlen(known[i]);

		if (n > size && known[i][n - size - 1] == '.' && !strcmp(known[i] + n - size, name))
			return known[i];
	}
	return NULL;
}

/* Of a word of the filters, or of ringside.proto, what it is here; else what is spelt nearly so. */
static const char *find_meant(const char *name)
{
	const char *instead = vocabulary_instead(name);
	const char *meant = instead ? instead : name;

	if (instead && is_known(instead))
		return instead;
	if (find_inner(meant))
		return find_inner(meant);
	return option_nearest(name, known);
}

static int refuse_name(const char *name, char *error, size_t size)
{
	const char *near = find_meant(name);

	if (near)
		return refuse(error, size, -EINVAL, "'%.64s' is not a field: did you mean %s?",
			      name, near);
	return refuse(error, size, -EINVAL,
		      "'%.64s' is not a field: say time, where, message or one of ringside-json(5)",
		      name);
}

int field_list_parse(struct field_list *list, const char *arg, char *error, size_t size)
{
	char *rest;

	field_list_done(list);
	rest = list->text = strdup(arg);
	if (!rest)
		return -ENOMEM;
	while (rest) {
		const char *name = strsep(&rest, ",");

		if (!is_known(name))
			return refuse_name(name, error, size);
		if (list->n == FIELD_LIST_MAX)
			return refuse(error, size, -EINVAL, "there are more than %u fields",
				      FIELD_LIST_MAX);
		list->names[list->n++] = name;
	}
	return 0;
}

void field_list_done(struct field_list *list)
{
	free(list->text);
	*list = (struct field_list){0};
}

/* Behind the string that begins at @p. */
static const uint8_t *skip_string(const uint8_t *p)
{
	for (p++; *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

/* Behind the value that begins at @p. */
static const uint8_t *skip_value(const uint8_t *p)
{
	unsigned depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
	} while (depth || !strchr(",}]", *p));
	return p;
}

/* Which of the names @path is, of @size bytes; -1: none. @ret_begins: it is the beginning of one.
 */
static int find_name(const struct field_list *list, const char *path, size_t size, bool *ret_begins)
{
	*ret_begins = false;
	for (size_t i = 0; i < list->n; i++) {
		if (strncmp(list->names[i], path, size) != 0)
			continue;
		if (!list->names[i][size])
			return (int)i;
		*ret_begins |= list->names[i][size] == '.';
	}
	return -1;
}

/* What is done with what is found: it is written, or noted. */
struct walk {
	const struct field_list *list;
	struct writer *writer; /* NULL: values */
	struct field_value *values;
	char path[PATH_SIZE];
};

/* The same member may have been named several times. */
static void note_value(const struct walk *walk, size_t name, const uint8_t *value, size_t size)
{
	for (size_t i = name; i < walk->list->n; i++)
		if (!strcmp(walk->list->names[i], walk->list->names[name]))
			walk->values[i] = (struct field_value){value, size};
}

static void walk_object(struct walk *walk, const uint8_t *p, size_t size);

/* A member's key and value; @path_size bytes of the path are its name. */
static bool take_member(struct walk *walk, const uint8_t *key, const uint8_t *value,
			const uint8_t *end, size_t path_size, bool comma)
{
	bool begins;
	const int name = find_name(walk->list, walk->path, path_size, &begins);

	if (!walk->writer) {
		if (name >= 0)
			note_value(walk, (size_t)name, value, (size_t)(end - value));
		if (begins && *value == '{')
			walk_object(walk, value, path_size);
		return false;
	}
	if (name < 0 && !(begins && *value == '{'))
		return false;
	if (comma)
		writer_put(walk->writer, ",", 1);
	if (name >= 0) {
		writer_put(walk->writer, key, (size_t)(end - key));
		return true;
	}
	writer_put(walk->writer, key, (size_t)(value - key));
	walk_object(walk, value, path_size);
	return true;
}

/* @size bytes of the path are the object's name. Names of ours have no escapes; a label's key that
 * has, or is too long, is not found. */
static void walk_object(struct walk *walk, const uint8_t *p, size_t size)
{
	bool comma = false;

	if (walk->writer)
		writer_put(walk->writer, "{", 1);
	if (size)
		walk->path[size++] = '.';
	while (*p++ != '}' && *p != '}') {
		const uint8_t *key = p, *value = skip_string(p) + 1;
		const size_t length = (size_t)(value - key) - 3;

		p = skip_value(value);
		if (length > PATH_SIZE / 2 || size > PATH_SIZE / 2 - 1)
			continue;
		memcpy(walk->path + size, key + 1, length);
		comma |= take_member(walk, key, value, p, size + length, comma);
	}
	if (walk->writer)
		writer_put(walk->writer, "}", 1);
}

void field_list_put(const struct field_list *list, struct writer *writer, const uint8_t *json)
{
	struct walk walk = {.list = list, .writer = writer};

	walk_object(&walk, json, 0);
}

void field_list_values(const struct field_list *list, struct field_value values[FIELD_LIST_MAX],
		       const uint8_t *json)
{
	struct walk walk = {.list = list, .values = values};

	memset(values, 0, list->n * sizeof(*values));
	walk_object(&walk, json, 0);
}
