/* SPDX-License-Identifier: Apache-2.0 */
/* Each field becomes a row: the ready key, where the member is, and which function writes it
 * (message-json-value.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/output/message-json-value.h"
#include "consumer/read/vocabulary.h"
#include "proto/base/util.h"

static enum shape_presence presence_of(const ProtobufCFieldDescriptor *desc)
{
	if (desc->label == PROTOBUF_C_LABEL_REPEATED)
		return SHAPE_COUNT;
	if (desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return SHAPE_CASE;
	if (desc->type == PROTOBUF_C_TYPE_MESSAGE || desc->type == PROTOBUF_C_TYPE_STRING)
		return SHAPE_POINTER;
	return desc->label == PROTOBUF_C_LABEL_REQUIRED ? SHAPE_ALWAYS : SHAPE_HAS;
}

/* ,"limit_bytes": or ,"limitBytes": */
static int make_key(struct message_json_field *field, const char *name, enum message_json_form form)
{
	size_t n = 0;

	if (strlen(name) > SHAPE_KEY_SIZE - 4)
		return -ENAMETOOLONG;
	field->key[n++] = ',';
	field->key[n++] = '"';
	for (; *name; name++) {
		if (form == MESSAGE_JSON_PROTO && *name == '_' && name[1] >= 'a' && name[1] <= 'z')
			field->key[n++] = (char)(*++name - 'a' + 'A');
		else
			field->key[n++] = *name;
	}
	field->key[n++] = '"';
	field->key[n++] = ':';
	field->key_size = (uint8_t)n;
	return 0;
}

static int name_field(struct message_json_field *field, const ProtobufCMessageDescriptor *message,
		      enum message_json_form form)
{
	const char *name = field->desc->name;

	if (form == MESSAGE_JSON_PLAIN)
		name = vocabulary_member(message, name);
	if (!name)
		field->presence = SHAPE_HIDDEN;
	return name ? make_key(field, name, form) : 0;
}

/* What protoc makes of map<string, string>. */
static bool is_map(const ProtobufCFieldDescriptor *desc)
{
	const ProtobufCMessageDescriptor *entry = desc->descriptor;
	size_t length;

	if (desc->label != PROTOBUF_C_LABEL_REPEATED || desc->type != PROTOBUF_C_TYPE_MESSAGE)
		return false;
	length = strlen(entry->short_name);
	return length > 5 && !strcmp(entry->short_name + length - 5, "Entry") &&
	       entry->n_fields == 2 && !strcmp(entry->fields[0].name, "key") &&
	       !strcmp(entry->fields[1].name, "value") &&
	       entry->fields[0].type == PROTOBUF_C_TYPE_STRING &&
	       entry->fields[1].type == PROTOBUF_C_TYPE_STRING;
}

/* The shape of @desc, which is added if there is none yet; NULL: no room or no memory. */
static struct message_json *get_shape(struct shapes *shapes, const ProtobufCMessageDescriptor *desc)
{
	struct message_json *shape = shapes->shapes, *end = shape + shapes->n;

	while (shape < end && shape->desc != desc)
		shape++;
	if (shape < end)
		return shape;
	if (shapes->n == SHAPES_MAX)
		return NULL;
	shape->fields = calloc(desc->n_fields + 1, sizeof(*shape->fields));
	if (!shape->fields)
		return NULL;
	shape->desc = desc;
	shape->end = shape->fields + desc->n_fields;
	shape->shapes = shapes;
	shapes->n++;
	return shape;
}

/* Shapes found on the way are added behind: the caller comes to them later. */
static int compile_shape(struct shapes *shapes, struct message_json *shape)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		struct message_json_field *field = &shape->fields[i];
		int r;

		field->desc = &shape->desc->fields[i];
		field->offset = field->desc->offset;
		field->quantifier = field->desc->quantifier_offset;
		field->presence = presence_of(field->desc);
		r = shape_choose(field, shapes->form);
		if (!r)
			r = name_field(field, shape->desc, shapes->form);
		if (!r && field->desc->type == PROTOBUF_C_TYPE_MESSAGE) {
			field->sub = get_shape(shapes, field->desc->descriptor);
			r = field->sub ? 0 : -ENOMEM;
			field->map = is_map(field->desc);
		}
		if (r)
			return r;
	}
	return 0;
}

int shapes_new(struct shapes **ret, const ProtobufCMessageDescriptor *root,
	       enum message_json_form form)
{
	_cleanup_(shapes_freep) struct shapes *shapes = calloc(1, sizeof(*shapes));
	int r;

	if (!shapes)
		return -ENOMEM;
	shapes->form = form;
	r = get_shape(shapes, root) ? 0 : -ENOMEM;
	for (unsigned i = 0; !r && i < shapes->n; i++)
		r = compile_shape(shapes, &shapes->shapes[i]);
	if (r)
		return r;
	*ret = TAKE_PTR(shapes);
	return 0;
}

static void shape_done(struct message_json *shape)
{
	for (struct message_json_field *field = shape->fields; field < shape->end; field++)
		free(field->words);
	free(shape->fields);
}

struct shapes *shapes_free(struct shapes *shapes)
{
	if (shapes) {
		for (unsigned i = 0; i < shapes->n; i++)
			shape_done(&shapes->shapes[i]);
		free(shapes);
	}
	return NULL;
}
