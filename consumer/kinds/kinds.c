/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/kind.h"

#include "consumer/base/text-line.h"

const struct kind *const kinds[KINDS_COUNT] = {
#define ROW(name) &kind_##name,
	KINDS(ROW)
#undef ROW
};

const struct kind *kind_find(const char *name)
{
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (text_equal(name, kinds[i]->name))
			return kinds[i];
	return NULL;
}

const struct kind *kind_of(const Ringside__V1__Record *record)
{
	const struct kind *kind;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED) {
		kind = kind_find(record->limited->kind);
		return kind && kind->limited ? kind : NULL;
	}
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (kinds[i]->body && kinds[i]->body == (unsigned)record->body_case)
			return kinds[i];
	return NULL;
}
