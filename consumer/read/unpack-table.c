/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "consumer/read/unpack-internal.h"
#include "proto/record/pb-read.h"

/* The type's row, which is added if there is none yet; NULL: no room or no memory. */
static struct unpack_type *get_type(struct unpack_table *table,
				    const ProtobufCMessageDescriptor *desc)
{
	struct unpack_type *type = table->types, *end = type + table->n;

	while (type < end && type->desc != desc)
		type++;
	if (type < end)
		return type;
	if (table->n == UNPACK_TYPES)
		return NULL;
	type->fields = calloc(desc->n_fields + 1, sizeof(*type->fields));
	if (!type->fields)
		return NULL;
	type->desc = desc;
	table->n++;
	return type;
}

/* Worth to be looked up: there is something to copy in it, and nothing below it. */
static bool may_come_again(const ProtobufCMessageDescriptor *desc)
{
	bool strings = false;

	for (unsigned i = 0; i < desc->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &desc->fields[i];

		if (field->type == PROTOBUF_C_TYPE_MESSAGE ||
		    field->label == PROTOBUF_C_LABEL_REPEATED)
			return false;
		strings |= field->type == PROTOBUF_C_TYPE_STRING;
	}
	return strings;
}

/* Sets op and size. Returns the wire type. */
static unsigned choose_op(const ProtobufCFieldDescriptor *desc, uint8_t *op, uint32_t *size)
{
	static const struct {
		uint8_t op, size, wire;
	} types[] = {
		[PROTOBUF_C_TYPE_INT32] = {UNPACK_UINT32, 4, PB_VARINT},
		[PROTOBUF_C_TYPE_UINT32] = {UNPACK_UINT32, 4, PB_VARINT},
		[PROTOBUF_C_TYPE_ENUM] = {UNPACK_UINT32, sizeof(int), PB_VARINT},
		[PROTOBUF_C_TYPE_SINT32] = {UNPACK_SINT32, 4, PB_VARINT},
		[PROTOBUF_C_TYPE_INT64] = {UNPACK_UINT64, 8, PB_VARINT},
		[PROTOBUF_C_TYPE_UINT64] = {UNPACK_UINT64, 8, PB_VARINT},
		[PROTOBUF_C_TYPE_SINT64] = {UNPACK_SINT64, 8, PB_VARINT},
		[PROTOBUF_C_TYPE_BOOL] = {UNPACK_BOOL, sizeof(protobuf_c_boolean), PB_VARINT},
		[PROTOBUF_C_TYPE_FIXED32] = {UNPACK_FIXED32, 4, PB_FIXED32},
		[PROTOBUF_C_TYPE_SFIXED32] = {UNPACK_FIXED32, 4, PB_FIXED32},
		[PROTOBUF_C_TYPE_FLOAT] = {UNPACK_FIXED32, 4, PB_FIXED32},
		[PROTOBUF_C_TYPE_FIXED64] = {UNPACK_FIXED64, 8, PB_FIXED64},
		[PROTOBUF_C_TYPE_SFIXED64] = {UNPACK_FIXED64, 8, PB_FIXED64},
		[PROTOBUF_C_TYPE_DOUBLE] = {UNPACK_FIXED64, 8, PB_FIXED64},
		[PROTOBUF_C_TYPE_STRING] = {UNPACK_STRING, 0, PB_BYTES},
		[PROTOBUF_C_TYPE_BYTES] = {UNPACK_BYTES, 0, PB_BYTES},
		[PROTOBUF_C_TYPE_MESSAGE] = {UNPACK_MESSAGE, 0, PB_BYTES},
	};

	*op = types[desc->type].op;
	*size = types[desc->type].size;
	return types[desc->type].wire;
}

static int compile_field(struct unpack_table *table, struct unpack_type *type, unsigned i)
{
	const ProtobufCFieldDescriptor *desc = &type->desc->fields[i];
	struct unpack_field *field = &type->fields[i + 1];
	bool oneof = desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
	uint64_t key = (uint64_t)desc->id << 3 | choose_op(desc, &field->op, &field->size);

	field->offset = desc->offset;
	field->quantifier = desc->quantifier_offset;
	field->id = desc->id;
	if (desc->label == PROTOBUF_C_LABEL_REPEATED) {
		field->value_op = field->op;
		field->op = field->size ? UNPACK_REPEATED : UNPACK_REFUSE;
	}
	if (oneof)
		field->mark = UNPACK_CASE;
	else if (field->op != UNPACK_STRING && field->op != UNPACK_MESSAGE)
		field->mark = UNPACK_HAS;
	if (desc->type == PROTOBUF_C_TYPE_MESSAGE) {
		field->sub = get_type(table, desc->descriptor);
		if (!field->sub)
			return -ENOMEM;
		field->memo = !oneof && may_come_again(desc->descriptor);
	}
	if (key < UNPACK_KEYS && i < UINT8_MAX)
		type->by_key[key] = (uint8_t)(i + 1);
	return 0;
}

/* protobuf-c checks that what is required is there. */
static bool has_required(const ProtobufCMessageDescriptor *desc)
{
	for (unsigned i = 0; i < desc->n_fields; i++) {
		if (desc->fields[i].label == PROTOBUF_C_LABEL_REQUIRED)
			return true;
	}
	return false;
}

int unpack_table_init(struct unpack_table *table, const ProtobufCMessageDescriptor *root)
{
	int r = get_type(table, root) ? 0 : -ENOMEM;

	/* types found on the way are added behind */
	for (unsigned i = 0; i < table->n; i++) {
		struct unpack_type *type = &table->types[i];
		bool refused = has_required(type->desc);

		for (unsigned k = 0; !r && !refused && k < type->desc->n_fields; k++)
			r = compile_field(table, type, k);
	}
	return r;
}

void unpack_table_done(struct unpack_table *table)
{
	for (unsigned i = 0; i < table->n; i++)
		free(table->types[i].fields);
}
