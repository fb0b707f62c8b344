/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/vocabulary.h"

#include <string.h>

#include "proto/base/util.h"

const char *vocabulary_member(const ProtobufCMessageDescriptor *message, const char *field)
{
	static const struct {
		const char *message, *field, *name;
	} members[] = {
#define ROW(message, field, name) {#message, #field, name},
		VOCABULARY_MEMBERS(ROW)
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!strcmp(members[i].field, field) &&
		    !strcmp(members[i].message, message->short_name))
			return *members[i].name ? members[i].name : NULL;
	return field;
}

bool vocabulary_is_small(const ProtobufCEnumDescriptor *type)
{
	return !strcmp(type->short_name, "Tier") || !strcmp(type->short_name, "Reason");
}
