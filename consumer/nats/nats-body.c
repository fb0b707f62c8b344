/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-body.h"

#include "proto/record/peek.h"

bool nats_body_field(const void *record, size_t size, unsigned number, unsigned type,
		     struct pb_field *ret)
{
	struct peek peek;
	const uint8_t *p, *end;

	if (!peek_record(record, size, &peek) || !peek.body)
		return false;
	p = peek.body;
	end = p + peek.body_size;
	while (p && p < end) {
		p = pb_get_field(p, end, ret);
		if (p && ret->number == number && ret->type == type)
			return true;
	}
	return false;
}
