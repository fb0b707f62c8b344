/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/peek.h"

#include "proto/record/pb-read.h"
#include "proto/ringside-fields.h"

static const char *const names[RECORD_BODIES] = {RECORD_BODY_NAMES};

bool peek_record(const uint8_t *data, size_t size, struct peek *ret)
{
	const uint8_t *p = data, *end = data + size;
	struct peek peek = {0};
	struct pb_field field;

	while (p < end) {
		p = pb_get_field(p, end, &field);
		if (!p)
			return false;
		if (field.type == PB_BYTES && field.number < RECORD_BODIES && names[field.number]) {
			peek.kind = field.number;
			peek.body = field.data;
			peek.body_size = field.size;
		} else if (field.number == FIELD_RECORD_CPU_SUMS && field.type == PB_BYTES) {
			peek.sums = field.data;
			peek.sums_size = field.size;
		} else if (field.number == FIELD_RECORD_BOOTTIME_NANO && field.type == PB_FIXED64) {
			peek.has_boottime = true;
			peek.boottime_nano = field.value;
		} else if (field.number == FIELD_RECORD_TIME_UNIX_NANO &&
			   field.type == PB_FIXED64) {
			peek.has_time = true;
			peek.time_unix_nano = field.value;
		} else if (field.number == FIELD_RECORD_SEQ && field.type == PB_VARINT) {
			peek.seq = field.value;
		}
	}
	*ret = peek;
	return true;
}
