/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/vocabulary.h"

#include <string.h>

#include "proto/base/util.h"

static const struct {
	const char *message, *field, *name;
} members[] = {
#define ROW(message, field, name) {#message, #field, name},
	VOCABULARY_MEMBERS(ROW)
#undef ROW
};

const char *vocabulary_instead(const char *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!strcmp(members[i].field, field) && *members[i].name)
			return members[i].name;
	return NULL;
}

const char *vocabulary_member(const ProtobufCMessageDescriptor *message, const char *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!strcmp(members[i].field, field) &&
		    !strcmp(members[i].message, message->short_name))
			return *members[i].name ? members[i].name : NULL;
	return field;
}

const char *vocabulary_private_word(unsigned i)
{
	static const char *const words[VOCABULARY_PRIVATE_WORDS] = {"args", "exe", "comm",
								    "addresses"};

	return words[i];
}

unsigned vocabulary_private(const char *field)
{
	static const struct {
		const char *field, *word;
	} private[] = {
#define ROW(name, word) {#name, word},
		VOCABULARY_PRIVATE(ROW)
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(private); i++)
		for (unsigned word = 0; word < VOCABULARY_PRIVATE_WORDS; word++)
			if (!strcmp(private[i].field, field) &&
			    !strcmp(private[i].word, vocabulary_private_word(word)))
				return 1u << word;
	return 0;
}

static bool is_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

#define ROW(name) #name,
bool vocabulary_is_hex(const char *field)
{
	static const char *const names[] = {VOCABULARY_HEX(ROW)};

	return is_of(names, ARRAY_SIZE(names), field);
}

bool vocabulary_is_small(const ProtobufCEnumDescriptor *type)
{
	static const char *const names[] = {VOCABULARY_SMALL(ROW)};

	return is_of(names, ARRAY_SIZE(names), type->short_name);
}
#undef ROW
