/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/peek.h"

#include "proto/record/pb-read.h"
#include "proto/ringside-fields.h"

#define TAG(field, type) ((field) << 3 | (type))

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
		/* By the one number that stands there: compared as two, they are stored apart and
		 * loaded as one, for which the processor waits. */
		switch (field.number << 3 | field.type) {
		case TAG(FIELD_RECORD_SELF_TEST, PB_VARINT):
			peek.self_test = field.value;
			break;
		case TAG(FIELD_RECORD_CPU_SUMS, PB_BYTES):
			peek.sums = field.data;
			peek.sums_size = field.size;
			break;
		case TAG(FIELD_RECORD_BOOTTIME_NANO, PB_FIXED64):
			peek.has_boottime = true;
			peek.boottime_nano = field.value;
			break;
		case TAG(FIELD_RECORD_TIME_UNIX_NANO, PB_FIXED64):
			peek.has_time = true;
			peek.time_unix_nano = field.value;
			break;
		case TAG(FIELD_RECORD_SEQ, PB_VARINT):
			peek.seq = field.value;
			break;
		default:
			if (field.type != PB_BYTES || field.number >= RECORD_BODIES ||
			    !names[field.number])
				break;
			peek.kind = field.number;
			peek.body = field.data;
			peek.body_size = field.size;
		}
	}
	*ret = peek;
	return true;
}
