/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/wire-record.h"

void record_init(struct wire_record *record, unsigned probe)
{
	memset(record, 0, sizeof(*record));
	record->head = (struct wire_head){
		.probe = probe,
		.flags = probes[probe]->field ? 0 : WIRE_PATH,
		.boottime_nano = 5000000000,
		.seen = 1000,
		.limited = 200,
		.dropped = 3,
		.cpu = 7,
		.size = (uint32_t)probes[probe]->record_min,
	};
}

void record_path(struct wire_record *record, struct wire_names *names, const char *path)
{
	size_t end = strlen(path), start = record->head.size;
	uint8_t *p = record->bytes + start;

	*names = (struct wire_names){.offset = (uint16_t)start};
	if (!strcmp(path, "/")) {
		names->count = WIRE_NAMES_ROOT;
		return;
	}
	while (end) {
		size_t begin = end;

		while (path[begin - 1] != '/')
			begin--;
		memcpy(p, path + begin, end - begin);
		p += end - begin;
		*p++ = 0;
		names->count++;
		end = begin - 1;
	}
	names->size = (uint16_t)(p - record->bytes - start);
	record->head.size += names->size;
}

Ringside__V1__Record *record_decode(const uint8_t *frame, size_t size)
{
	uint64_t length = 0;
	unsigned n = 0;
	Ringside__V1__Record *message;

	do
		length |= (uint64_t)(frame[n] & 0x7f) << 7 * n;
	while (frame[n++] & 0x80);
	assert_int_equal(length + n, size);
	message = ringside__v1__record__unpack(NULL, length, frame + n);
	assert_non_null(message);
	return message;
}

static void record_print(FILE *out, const ProtobufCMessage *message, const char *prefix);

static void record_print_value(FILE *out, const ProtobufCFieldDescriptor *field, const void *value,
			       const char *prefix)
{
	char longer[256];

	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		(void)snprintf(longer, sizeof(longer), "%s%s.", prefix, field->name);
		record_print(out, *(ProtobufCMessage *const *)value, longer);
		return;
	}
	(void)fprintf(out, "%s%s: ", prefix, field->name);
	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT32:
		(void)fprintf(out, "%" PRIu32 "\n", *(const uint32_t *)value);
		break;
	case PROTOBUF_C_TYPE_SINT32:
		(void)fprintf(out, "%" PRId32 "\n", *(const int32_t *)value);
		break;
	case PROTOBUF_C_TYPE_SINT64:
		(void)fprintf(out, "%" PRId64 "\n", *(const int64_t *)value);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		(void)fprintf(out, "%" PRIu64 "\n", *(const uint64_t *)value);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		(void)fputs(*(const protobuf_c_boolean *)value ? "true\n" : "false\n", out);
		break;
	case PROTOBUF_C_TYPE_STRING:
		(void)fprintf(out, "%s\n", *(char *const *)value);
		break;
	case PROTOBUF_C_TYPE_ENUM: {
		const ProtobufCEnumValue *name =
			protobuf_c_enum_descriptor_get_value(field->descriptor,
							     *(const int *)value);

		(void)fprintf(out, "%s\n", name ? name->name : "?");
		break;
	}
	default:
		fail_msg("field %s has a type no event has", field->name);
	}
}

static size_t record_size_of(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_UINT64 ? sizeof(uint64_t) : sizeof(void *);
}

static void record_print(FILE *out, const ProtobufCMessage *message, const char *prefix)
{
	assert_int_equal(message->n_unknown_fields, 0);
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *base = (const char *)message;
		const void *value = base + field->offset,
			   *quantifier = base + field->quantifier_offset;
		const bool is_pointer = field->type == PROTOBUF_C_TYPE_MESSAGE ||
					field->type == PROTOBUF_C_TYPE_STRING;

		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			for (size_t k = 0; k < *(const size_t *)quantifier; k++)
				record_print_value(out, field,
						   *(const char *const *)value +
							   k * record_size_of(field),
						   prefix);
		} else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
			if (*(const uint32_t *)quantifier == field->id)
				record_print_value(out, field, value, prefix);
		} else if (is_pointer ? *(const void *const *)value != NULL
				      : *(const protobuf_c_boolean *)quantifier) {
			record_print_value(out, field, value, prefix);
		}
	}
}

char *record_text(const ProtobufCMessage *message)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	record_print(out, message, "");
	assert_ok(fclose(out));
	return text;
}

void assert_text(const char *got, const char *want)
{
	const char *line = got;

	for (size_t i = 0; got[i] || want[i]; i++) {
		if (got[i] != want[i])
			fail_msg("got \"%.*s\", not \"%.*s\"", (int)strcspn(line, "\n"), line,
				 (int)strcspn(want + (line - got), "\n"), want + (line - got));
		if (got[i] == '\n')
			line = got + i + 1;
	}
}

void assert_encodes(struct encoder *encoder, const struct wire_record *record, const char *want)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = RECORD_STAMP;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ uint8_t *packed = NULL;
	Ringside__V1__Record *message;
	size_t size = 0, n;

	assert_ok(encoder_event(encoder, &record->head, record->head.size, &stamp, frame, &size));
	message = record_decode(frame, size);
	text = record_text(&message->base);
	assert_text(text, want);

	n = ringside__v1__record__get_packed_size(message);
	packed = malloc(n);
	assert_non_null(packed);
	assert_int_equal(ringside__v1__record__pack(message, packed), n);
	assert_true(n < size);
	assert_memory_equal(frame + size - n, packed, n);
	ringside__v1__record__free_unpacked(message, NULL);
}

int new_encoder(void **state)
{
	static const struct kubelet nowhere = {};

	return encoder_new((struct encoder **)state, &nowhere);
}

int free_encoder(void **state)
{
	*state = encoder_free(*state);
	return 0;
}
