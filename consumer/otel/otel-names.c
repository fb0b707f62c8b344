/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otel/otel-names.h"

#include <string.h>

#include "consumer/read/vocabulary.h"
#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

#define ROW(of, field, name, what) {&ringside__v1__##of##__descriptor, #field, name, what},
static const struct otel_name names[] = {OTEL_NAMES(ROW)};
#undef ROW

const struct otel_name *otel_name_of(const ProtobufCMessageDescriptor *message, const char *field,
				     unsigned i)
{
	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		if (names[k].message == message && !strcmp(names[k].field, field) && !i--)
			return &names[k];
	return NULL;
}

const char *otel_own_name(const ProtobufCMessageDescriptor *message,
			  const ProtobufCFieldDescriptor *field)
{
	/* what JSON has in seconds are ns here, as the format has them */
	if (field->type == PROTOBUF_C_TYPE_FIXED64 && !vocabulary_is_hex(field->name))
		return field->name;
	return vocabulary_member(message, field->name);
}
