/* SPDX-License-Identifier: Apache-2.0 */
/* Each field becomes a row: the ready key, where the member is, and which function writes it.
 * Writing a message is then one walk over its rows. */
#include "shape.h"

#include <string.h>

#include "json.h"
#include "util.h"

#define SHAPES_MAX 64
#define KEY_SIZE 64 /* ,"name": */

struct shape_field {
	const ProtobufCFieldDescriptor *desc;
	/* Writes one value; @member is where it lies. */
	void (*put)(const struct shape_field *field, struct writer *writer, const void *member);
	const struct shape *sub; /* of a message */
	size_t size;             /* of one value, in an array of them */
	size_t prefix;           /* of an enum's names, to leave out */
	bool map;                /* repeated {key, value}, written as an object */
	bool closed;             /* an enum: values without a name are left out */
	bool hidden;
	uint8_t key_size;
	char key[KEY_SIZE];
};

struct shape {
	const ProtobufCMessageDescriptor *desc;
	struct shape_field *fields;
};

struct shapes {
	enum shape_form form;
	unsigned n;
	struct shape shapes[SHAPES_MAX];
};

static void put_uint32(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_uint(writer, *(const uint32_t *)member);
}

static void put_int32(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_int(writer, *(const int32_t *)member);
}

static void put_uint64(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_uint(writer, *(const uint64_t *)member);
}

static void put_int64(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_int(writer, *(const int64_t *)member);
}

static void put_quoted_uint64(const struct shape_field *field, struct writer *writer,
			      const void *member)
{
	writer_put(writer, "\"", 1);
	json_uint(writer, *(const uint64_t *)member);
	writer_put(writer, "\"", 1);
}

static void put_quoted_int64(const struct shape_field *field, struct writer *writer,
			     const void *member)
{
	writer_put(writer, "\"", 1);
	json_int(writer, *(const int64_t *)member);
	writer_put(writer, "\"", 1);
}

static void put_address32(const struct shape_field *field, struct writer *writer,
			  const void *member)
{
	json_address(writer, *(const uint32_t *)member);
}

static void put_address64(const struct shape_field *field, struct writer *writer,
			  const void *member)
{
	json_address(writer, *(const uint64_t *)member);
}

static void put_bool(const struct shape_field *field, struct writer *writer, const void *member)
{
	if (*(const protobuf_c_boolean *)member)
		writer_put(writer, "true", 4);
	else
		writer_put(writer, "false", 5);
}

static void put_string(const struct shape_field *field, struct writer *writer, const void *member)
{
	const char *s = *(const char *const *)member;

	s = s ? s : "";
	json_string(writer, s, strlen(s));
}

static void put_hex(const struct shape_field *field, struct writer *writer, const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	json_hex(writer, bytes->data, bytes->len);
}

static void put_base64(const struct shape_field *field, struct writer *writer, const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	json_base64(writer, bytes->data, bytes->len);
}

static const char *enum_name(const struct shape_field *field, int value)
{
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(desc, value);

	return found ? found->name : NULL;
}

static void put_enum(const struct shape_field *field, struct writer *writer, const void *member)
{
	const char *name = enum_name(field, *(const int *)member), *first;
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;

	if (!name) {
		json_int(writer, *(const int *)member);
		return;
	}
	first = desc->values[0].name;
	if (field->prefix && !strncmp(name, first, field->prefix))
		name += field->prefix;
	writer_put(writer, "\"", 1);
	writer_string(writer, name);
	writer_put(writer, "\"", 1);
}

static void put_message(const struct shape_field *field, struct writer *writer, const void *member)
{
	shape_put(field->sub, writer, *(const void *const *)member);
}

/* The key and value of a map's entry, written as one member. */
static void put_entry(const struct shape_field *field, struct writer *writer, const void *entry)
{
	const struct shape_field *fields = field->sub->fields;
	const uint8_t *base = entry;

	fields[0].put(&fields[0], writer, base + fields[0].desc->offset);
	writer_put(writer, ":", 1);
	fields[1].put(&fields[1], writer, base + fields[1].desc->offset);
}

static const char *entry_key(const struct shape_field *field, const void *entry)
{
	const char *key =
		*(const char *const *)((const uint8_t *)entry + field->sub->fields[0].desc->offset);

	return key ? key : "";
}

/* Of entries with the same key the last one counts, as protobuf has it. Looked for only where
 * there are few: who makes more labels than this does not get them sorted out. */
static bool entry_is_repeated(const struct shape_field *field, void *const *entries, size_t i,
			      size_t n)
{
	const char *key = entry_key(field, entries[i]);

	if (n > 256)
		return false;
	for (size_t k = i + 1; k < n; k++) {
		if (!strcmp(key, entry_key(field, entries[k])))
			return true;
	}
	return false;
}

static void put_map(const struct shape_field *field, struct writer *writer, void *const *entries,
		    size_t n)
{
	bool first = true;

	writer_put(writer, "{", 1);
	for (size_t i = 0; i < n; i++) {
		if (entry_is_repeated(field, entries, i, n))
			continue;
		if (!first)
			writer_put(writer, ",", 1);
		first = false;
		put_entry(field, writer, entries[i]);
	}
	writer_put(writer, "}", 1);
}

static bool value_is_written(const struct shape_field *field, const void *member)
{
	if (field->hidden)
		return false;
	return !field->closed || enum_name(field, *(const int *)member);
}

static void put_array(const struct shape_field *field, struct writer *writer, const void *values,
		      size_t n)
{
	const uint8_t *p = values;
	bool first = true;

	writer_put(writer, "[", 1);
	for (size_t i = 0; i < n; i++, p += field->size) {
		if (!value_is_written(field, p))
			continue;
		if (!first)
			writer_put(writer, ",", 1);
		first = false;
		field->put(field, writer, p);
	}
	writer_put(writer, "]", 1);
}

/* Whether an optional field, or one of a oneof, is there. */
static bool is_set(const ProtobufCFieldDescriptor *desc, const uint8_t *base)
{
	const void *quantifier = base + desc->quantifier_offset;

	if (desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)quantifier == desc->id;
	if (desc->type == PROTOBUF_C_TYPE_MESSAGE || desc->type == PROTOBUF_C_TYPE_STRING)
		return *(const void *const *)(base + desc->offset) != NULL;
	return desc->label == PROTOBUF_C_LABEL_REQUIRED ||
	       *(const protobuf_c_boolean *)quantifier != 0;
}

static void put_key(const struct shape_field *field, struct writer *writer, bool comma)
{
	writer_put(writer, field->key + !comma, field->key_size - (size_t)!comma);
}

/* Returns whether something was written. */
static bool put_field(const struct shape_field *field, struct writer *writer, const uint8_t *base,
		      bool comma)
{
	const ProtobufCFieldDescriptor *desc = field->desc;
	const void *member = base + desc->offset;

	if (desc->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t n = *(const size_t *)(base + desc->quantifier_offset);

		if (!n || field->hidden)
			return false;
		put_key(field, writer, comma);
		if (field->map)
			put_map(field, writer, *(void *const *const *)member, n);
		else
			put_array(field, writer, *(const void *const *)member, n);
		return true;
	}
	if (!is_set(desc, base) || !value_is_written(field, member))
		return false;
	put_key(field, writer, comma);
	field->put(field, writer, member);
	return true;
}

void shape_put(const struct shape *shape, struct writer *writer, const void *message)
{
	bool comma = false;

	writer_put(writer, "{", 1);
	for (unsigned i = 0; i < shape->desc->n_fields; i++)
		comma |= put_field(&shape->fields[i], writer, message, comma);
	writer_put(writer, "}", 1);
}

void shape_put_members(const struct shape *shape, struct writer *writer, const void *message)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++)
		(void)put_field(&shape->fields[i], writer, message, true);
}

const struct shape_field *shape_oneof(const struct shape *shape, const void *message)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		const ProtobufCFieldDescriptor *desc = shape->fields[i].desc;

		if ((desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && is_set(desc, message))
			return &shape->fields[i];
	}
	return NULL;
}

const char *shape_field_name(const struct shape_field *field)
{
	return field->desc->name;
}

const void *shape_field_message(const struct shape_field *field, const void *message,
				const struct shape **ret_shape)
{
	*ret_shape = field->sub;
	return *(const void *const *)((const uint8_t *)message + field->desc->offset);
}

const struct shape *shapes_root(const struct shapes *shapes)
{
	return &shapes->shapes[0];
}

static bool is_address(const char *name)
{
	static const char *const addresses[] = {
		"args", "arch", "gfp_mask", "instruction_pointer", "xxh64",
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (!strcmp(name, addresses[i]))
			return true;
	}
	return false;
}

/* The values of an enum are called after it: TIER_UNSPECIFIED, TIER_FENTRY. */
static size_t enum_prefix(const ProtobufCEnumDescriptor *desc)
{
	const char *tail = desc->n_values ? strstr(desc->values[0].name, "UNSPECIFIED") : NULL;

	return tail ? (size_t)(tail - desc->values[0].name) : 0;
}

static int choose_enum(struct shape_field *field, enum shape_form form)
{
	field->put = put_enum;
	field->size = sizeof(int);
	/* To proto2 a value without a name is an unknown field, which ProtoJSON has no place for.
	 */
	if (form == SHAPE_PROTO)
		field->closed = true;
	else
		field->prefix = enum_prefix(field->desc->descriptor);
	return 0;
}

static int choose_32(struct shape_field *field, enum shape_form form)
{
	bool is_signed = field->desc->type == PROTOBUF_C_TYPE_INT32 ||
			 field->desc->type == PROTOBUF_C_TYPE_SINT32 ||
			 field->desc->type == PROTOBUF_C_TYPE_SFIXED32;

	field->put = is_signed ? put_int32 : put_uint32;
	if (form == SHAPE_PLAIN && is_address(field->desc->name))
		field->put = put_address32;
	field->size = 4;
	return 0;
}

static int choose_64(struct shape_field *field, enum shape_form form)
{
	ProtobufCType type = field->desc->type;
	bool is_signed = type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_SINT64 ||
			 type == PROTOBUF_C_TYPE_SFIXED64;
	bool quoted = form == SHAPE_PROTO || type == PROTOBUF_C_TYPE_FIXED64;

	if (form == SHAPE_PLAIN && is_address(field->desc->name))
		field->put = put_address64;
	else if (quoted)
		field->put = is_signed ? put_quoted_int64 : put_quoted_uint64;
	else
		field->put = is_signed ? put_int64 : put_uint64;
	field->size = 8;
	return 0;
}

static int choose(struct shape_field *field, enum shape_form form)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return choose_32(field, form);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return choose_64(field, form);
	case PROTOBUF_C_TYPE_ENUM:
		return choose_enum(field, form);
	case PROTOBUF_C_TYPE_BOOL:
		field->put = put_bool;
		field->size = sizeof(protobuf_c_boolean);
		return 0;
	case PROTOBUF_C_TYPE_STRING:
		field->put = put_string;
		field->size = sizeof(char *);
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		field->put = form == SHAPE_PROTO ? put_base64 : put_hex;
		field->size = sizeof(ProtobufCBinaryData);
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		field->put = put_message;
		field->size = sizeof(void *);
		return 0;
	default:
		return -EOPNOTSUPP; /* float, double: the format has none */
	}
}

/* ,"limit_bytes": or ,"limitBytes": */
static int make_key(struct shape_field *field, const char *name, enum shape_form form)
{
	size_t n = 0;

	if (strlen(name) > KEY_SIZE - 4)
		return -ENAMETOOLONG;
	field->key[n++] = ',';
	field->key[n++] = '"';
	for (; *name; name++) {
		if (form == SHAPE_PROTO && *name == '_' && name[1] >= 'a' && name[1] <= 'z')
			field->key[n++] = (char)(*++name - 'a' + 'A');
		else
			field->key[n++] = *name;
	}
	field->key[n++] = '"';
	field->key[n++] = ':';
	field->key_size = (uint8_t)n;
	return 0;
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

static struct shape *find_shape(struct shapes *shapes, const ProtobufCMessageDescriptor *desc)
{
	for (unsigned i = 0; i < shapes->n; i++) {
		if (shapes->shapes[i].desc == desc)
			return &shapes->shapes[i];
	}
	return NULL;
}

static int add_shape(struct shapes *shapes, const ProtobufCMessageDescriptor *desc)
{
	struct shape *shape = &shapes->shapes[shapes->n];

	if (find_shape(shapes, desc))
		return 0;
	if (shapes->n == SHAPES_MAX)
		return -E2BIG;
	shape->fields = calloc(desc->n_fields + 1, sizeof(*shape->fields));
	if (!shape->fields)
		return -ENOMEM;
	shape->desc = desc;
	shapes->n++;
	return 0;
}

/* Shapes found on the way are added behind: the caller comes to them later. */
static int compile(struct shapes *shapes, struct shape *shape)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		struct shape_field *field = &shape->fields[i];
		int r;

		field->desc = &shape->desc->fields[i];
		r = choose(field, shapes->form);
		if (!r)
			r = make_key(field, field->desc->name, shapes->form);
		if (!r && field->desc->type == PROTOBUF_C_TYPE_MESSAGE) {
			r = add_shape(shapes, field->desc->descriptor);
			field->sub = find_shape(shapes, field->desc->descriptor);
			field->map = is_map(field->desc);
		}
		if (r)
			return r;
	}
	return 0;
}

int shapes_new(struct shapes **ret, const ProtobufCMessageDescriptor *root, enum shape_form form)
{
	_cleanup_(shapes_freep) struct shapes *shapes = calloc(1, sizeof(*shapes));
	int r;

	if (!shapes)
		return -ENOMEM;
	shapes->form = form;
	r = add_shape(shapes, root);
	for (unsigned i = 0; !r && i < shapes->n; i++)
		r = compile(shapes, &shapes->shapes[i]);
	if (r)
		return r;
	*ret = TAKE_PTR(shapes);
	return 0;
}

static int rename_field(struct shapes *shapes, const struct shape *shape, const char *name,
			const char *key)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		struct shape_field *field = &shape->fields[i];

		if (strcmp(field->desc->name, name) != 0)
			continue;
		field->hidden = !key;
		return key ? make_key(field, key, shapes->form) : 0;
	}
	return 0;
}

int shapes_rename(struct shapes *shapes, const char *name, const char *key)
{
	const struct shape *root = shapes_root(shapes);
	int r = 0;

	for (unsigned i = 0; !r && i < root->desc->n_fields; i++) {
		const struct shape_field *field = &root->fields[i];

		if ((field->desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && field->sub)
			r = rename_field(shapes, field->sub, name, key);
	}
	return r;
}

struct shapes *shapes_free(struct shapes *shapes)
{
	if (shapes) {
		for (unsigned i = 0; i < shapes->n; i++)
			free(shapes->shapes[i].fields);
		free(shapes);
	}
	return NULL;
}
