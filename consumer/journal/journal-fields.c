/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a kind of records, as fields of the journal: RINGSIDE_ and where `ringside cat -o
 * json` has it, in capitals, with "_" for each step: container.id is RINGSIDE_CONTAINER_ID. Values
 * are those of JSON, too, but for texts, which are the very bytes. The journal keeps neither the
 * order of a field that comes several times, nor which of its values were alike: so a list is one
 * field, with blanks between. */
#include <ctype.h>
#include <inttypes.h>

#include "consumer/base/json.h"
#include "consumer/journal/journal-entry.h"
#include "consumer/kinds/message-ids.h"
#include "consumer/read/body.h"
#include "consumer/read/vocabulary.h"
#include "proto/base/hex.h"
#include "proto/record/peek.h"

#define DEPTH 3 /* of messages in an event */
#define LEAVES_MAX 1024

/* A value that an event can have. */
struct leaf {
	char name[JOURNAL_NAME_MAX + 1];
	unsigned depth; /* messages to walk through */
	const ProtobufCFieldDescriptor *path[DEPTH + 1];
};

struct journal_fields {
	struct leaf leaves[LEAVES_MAX];
	size_t n;
	size_t from[RECORD_BODIES], to[RECORD_BODIES]; /* of each body */
};

/* All integers, and what may be an address or bits. */
static bool read_integer(const ProtobufCFieldDescriptor *field, const void *p, int64_t *ret)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		*ret = *(const int32_t *)p;
		return true;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		*ret = *(const uint32_t *)p;
		return true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		*ret = *(const int64_t *)p;
		return true;
	default:
		return false;
	}
}

static bool is_signed(const ProtobufCFieldDescriptor *field)
{
	return field->type != PROTOBUF_C_TYPE_UINT32 && field->type != PROTOBUF_C_TYPE_FIXED32 &&
	       field->type != PROTOBUF_C_TYPE_UINT64 && field->type != PROTOBUF_C_TYPE_FIXED64;
}

static uint8_t *put_integer(uint8_t *to, const ProtobufCFieldDescriptor *field, int64_t value)
{
	if (!strcmp(field->name, "time_unix_nano"))
		return json_time(to, (uint64_t)value);
	if (vocabulary_is_hex(field->name))
		return to + snprintf((char *)to, JSON_NUMBER, "0x%" PRIx64, (uint64_t)value);
	if (field->type == PROTOBUF_C_TYPE_FIXED64) /* as in JSON: a boot time */
		return json_seconds_digits(to, (uint64_t)value);
	return is_signed(field) ? json_signed_digits(to, value) : json_digits(to, (uint64_t)value);
}

/* The common prefix of the values is that of the first one, ..._UNSPECIFIED. */
static uint8_t *put_enum(uint8_t *to, const ProtobufCFieldDescriptor *field, int value)
{
	const ProtobufCEnumDescriptor *type = field->descriptor;
	const char *tail = strstr(type->values[0].name, "UNSPECIFIED");
	size_t prefix = tail ? (size_t)(tail - type->values[0].name) : 0;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
	const char *name = found ? found->name : "";

	if (!found)
		return json_signed_digits(to, value);
	if (!strncmp(name, type->values[0].name, prefix))
		name += prefix;
	for (; *name; name++)
		*to++ = vocabulary_is_small(type) ? (uint8_t)tolower((unsigned char)*name)
						  : (uint8_t)*name;
	return to;
}

/* What is neither text nor bytes, to @to. Returns its end. */
#define SHORT_MAX 128
static uint8_t *put_short(uint8_t *to, const ProtobufCFieldDescriptor *field, const void *p)
{
	int64_t value;

	if (read_integer(field, p, &value))
		return put_integer(to, field, value);
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return put_enum(to, field, *(const int *)p);
	return (uint8_t *)stpcpy((char *)to, *(const protobuf_c_boolean *)p ? "true" : "false");
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return 8;
	default:
		return 4;
	}
}

#define LIST_MAX 64 /* of one event; the six arguments of a call */

static void put_list(struct journal_entry *entry, const struct leaf *leaf, const uint8_t *all,
		     size_t n)
{
	const ProtobufCFieldDescriptor *field = leaf->path[leaf->depth];
	uint8_t text[LIST_MAX * SHORT_MAX], *p = text;

	for (size_t i = 0; i < n && i < LIST_MAX; i++) {
		if (i)
			*p++ = ' ';
		p = put_short(p, field, all + i * size_of(field));
	}
	if (n)
		journal_entry_put(entry, leaf->name, text, (size_t)(p - text));
}

static void put_hex(struct journal_entry *entry, const char *name, const ProtobufCBinaryData *bytes)
{
	char text[HEX_SIZE(64)];
	size_t n = min_u64(bytes->len, 64);

	journal_entry_put(entry, name, text, (size_t)(hex_put(text, bytes->data, n) - text));
}

/* @message has the leaf's field. */
static void put_value(struct journal_entry *entry, const struct leaf *leaf,
		      const ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *field = leaf->path[leaf->depth];
	const uint8_t *member = (const uint8_t *)message + field->offset;
	const void *quantifier = (const uint8_t *)message + field->quantifier_offset;
	uint8_t text[SHORT_MAX];

	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		put_list(entry, leaf, *(uint8_t *const *)member, *(const size_t *)quantifier);
	} else if (field->type == PROTOBUF_C_TYPE_STRING) {
		if (*(const char *const *)member)
			journal_entry_text(entry, leaf->name, *(const char *const *)member);
	} else if (!*(const protobuf_c_boolean *)quantifier) {
		return;
	} else if (field->type == PROTOBUF_C_TYPE_BYTES) {
		put_hex(entry, leaf->name, (const ProtobufCBinaryData *)(const void *)member);
	} else {
		journal_entry_put(entry, leaf->name, text,
				  (size_t)(put_short(text, field, member) - text));
	}
}

static void put_leaf(struct journal_entry *entry, const struct leaf *leaf,
		     const ProtobufCMessage *message)
{
	for (unsigned i = 0; message && i < leaf->depth; i++)
		message = *(ProtobufCMessage *const *)(const void *)((const uint8_t *)message +
								     leaf->path[i]->offset);
	if (message)
		put_value(entry, leaf, message);
}

void journal_fields_put(struct journal_entry *entry, const struct journal_fields *fields,
			const Ringside__V1__Record *record)
{
	const unsigned body = (unsigned)record->body_case;

	for (size_t i = fields->from[body]; i < fields->to[body]; i++)
		put_leaf(entry, &fields->leaves[i], body_of(record));
}

static int add_leaves(struct journal_fields *fields, const struct leaf *above,
		      const ProtobufCMessageDescriptor *type);

/* RINGSIDE_CONTAINER and "id" are RINGSIDE_CONTAINER_ID. */
static int name_leaf(struct leaf *leaf, const char *member)
{
	size_t n = strlen(leaf->name);

	if (n + 1 + strlen(member) > JOURNAL_NAME_MAX)
		return -ENAMETOOLONG;
	if (leaf->depth)
		leaf->name[n++] = '_';
	for (; *member; member++)
		leaf->name[n++] = (char)toupper((unsigned char)*member);
	leaf->name[n] = '\0';
	return 0;
}

static int add_leaf(struct journal_fields *fields, const struct leaf *above,
		    const ProtobufCFieldDescriptor *field, const char *member)
{
	struct leaf leaf = *above;
	int r = name_leaf(&leaf, member);

	if (r)
		return r;
	leaf.path[leaf.depth] = field;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		/* no event has several of one, or a deeper one */
		if (field->label == PROTOBUF_C_LABEL_REPEATED || leaf.depth == DEPTH)
			return -EOPNOTSUPP;
		leaf.depth++;
		return add_leaves(fields, &leaf, field->descriptor);
	}
	if (fields->n == LEAVES_MAX)
		return -ENOMEM;
	fields->leaves[fields->n++] = leaf;
	return 0;
}

static int add_leaves(struct journal_fields *fields, const struct leaf *above,
		      const ProtobufCMessageDescriptor *type)
{
	int r = 0;

	for (unsigned i = 0; !r && i < type->n_fields; i++) {
		const char *member = vocabulary_member(type, type->fields[i].name);

		if (member)
			r = add_leaf(fields, above, &type->fields[i], member);
	}
	return r;
}

static int add_body(struct journal_fields *fields, const ProtobufCFieldDescriptor *field)
{
	const Ringside__V1__Record record = {.body_case =
						     (Ringside__V1__Record__BodyCase)field->id};
	const struct leaf above = {.name = JOURNAL_PREFIX};
	int r = 0;

	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || field->id >= RECORD_BODIES)
		return 0;
	fields->from[field->id] = fields->n;
	if (message_id(&record))
		r = add_leaves(fields, &above, field->descriptor);
	fields->to[field->id] = fields->n;
	return r;
}

int journal_fields_new(struct journal_fields **ret)
{
	_cleanup_(journal_fields_freep) struct journal_fields *fields = calloc(1, sizeof(*fields));
	const ProtobufCMessageDescriptor *type = &ringside__v1__record__descriptor;
	int r = fields ? 0 : -ENOMEM;

	for (unsigned i = 0; !r && i < type->n_fields; i++)
		r = add_body(fields, &type->fields[i]);
	if (!r)
		*ret = TAKE_PTR(fields);
	return r;
}

struct journal_fields *journal_fields_free(struct journal_fields *fields)
{
	free(fields);
	return NULL;
}

const char *journal_fields_name(const struct journal_fields *fields, size_t i)
{
	return i < fields->n ? fields->leaves[i].name : NULL;
}
