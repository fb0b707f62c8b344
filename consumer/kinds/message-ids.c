/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/message-ids.h"

#include <string.h>

#include "proto/base/util.h"

static const struct {
	const char *name, *id;
} ids[] = {
#define ROW(name, id) {name, id},
	MESSAGE_IDS(ROW)
#undef ROW
};

const char *message_id(const Ringside__V1__Record *record)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->body_case);

	for (size_t i = 0; field && i < ARRAY_SIZE(ids); i++)
		if (!strcmp(ids[i].name, field->name))
			return ids[i].id;
	return NULL;
}
