/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/damage/origin.h"

#include <string.h>
#include <xxhash.h>

#include "consumer/damage/resync.h"
#include "proto/record/pb-read.h"

#define CLOCKS_NANO UINT64_C(1000000000) /* two hosts' clocks are apart by more, we hope */
#define LOOK_SIZE (1u * 1024 * 1024)     /* at a time */
#define HEADER_MAX (64u * 1024)          /* a longer one is not looked for */
#define LENGTH_MAX 3u                    /* bytes of its length */

#define FIELD_HOST_NAME 6
#define FIELD_MACHINE_ID 7
#define FIELD_SEQ 15 /* of a Record */

static uint64_t hash_text(const void *text, size_t size)
{
	return size ? XXH64(text, size, 0) | 1 : 0;
}

static bool is_another(const struct origin *origin, uint64_t name, uint64_t machine)
{
	return name != origin->name || (machine && origin->machine && machine != origin->machine);
}

void origin_begin(struct origin *origin, const Ringside__V1__Header *header)
{
	const char *host = header->host_name, *id = header->machine_id;
	const uint64_t name = hash_text(host, host ? strlen(host) : 0);
	const uint64_t machine = hash_text(id, id ? strlen(id) : 0);

	origin->several |= header->excerpt_hosts > 1 || origin->stretch ||
			   (origin->begun && is_another(origin, name, machine));
	origin->name = name;
	origin->machine = machine;
	origin->begun = true;
	origin->damaged = origin->gap = false;
	origin->stretch = 0;
}

void origin_lose(struct origin *origin)
{
	origin->damaged = origin->gap = true;
	origin->judged = false;
}

/* Where the record begins whose Header's first field is at @p; NULL: none does. */
static const uint8_t *find_record(const uint8_t *start, const uint8_t *p, const uint8_t *end,
				  struct pb_field *ret_header)
{
	for (size_t n = 1; n <= LENGTH_MAX && (size_t)(p - start) > n; n++)
		if (*(p - n - 1) == (RINGSIDE__V1__RECORD__BODY_HEADER << 3 | PB_BYTES) &&
		    pb_get_field(p - n - 1, end, ret_header) && ret_header->data == p)
			return p - n - 1;
	return NULL;
}

/* Up to its seq, which is its last field. NULL: it has none. */
static const uint8_t *find_record_end(const uint8_t *p, const uint8_t *end)
{
	struct pb_field field = {0};

	while (p && field.number != FIELD_SEQ)
		p = pb_get_field(p, end, &field);
	return p;
}

/* Whether at @p a Header begins, with its first field, that is of another host. As in resync.h,
 * what has no zero byte is a part of a name. */
static bool is_other_header(const struct origin *origin, const uint8_t *start, const uint8_t *p,
			    const uint8_t *end)
{
	uint64_t name = 0, machine = 0;
	struct pb_field header, field;
	const uint8_t *record = find_record(start, p, end, &header);
	const uint8_t *behind = record ? find_record_end(record, end) : NULL;

	if (!behind || resync_is_text(record, (size_t)(behind - record)))
		return false;
	end = header.data + header.size;
	while (p && p < end) {
		p = pb_get_field(p, end, &field);
		if (!p || field.type != PB_BYTES)
			continue;
		if (field.number == FIELD_HOST_NAME)
			name = hash_text(field.data, field.size);
		if (field.number == FIELD_MACHINE_ID)
			machine = hash_text(field.data, field.size);
	}
	return is_another(origin, name, machine);
}

bool origin_look(struct origin *origin, struct file_window *window, uint64_t offset)
{
	static const char magic[] = "\x0a\x08RINGSIDE";
	const size_t length = sizeof(magic) - 1, before = LENGTH_MAX + 1;
	const uint8_t *p, *hit;
	size_t size, at;

	while (origin->begun && !origin->several && !origin->looked) {
		if (file_window_at(window, offset, LOOK_SIZE, &p, &size) < 0)
			break; /* as whoever reads on will be told */
		hit = size < length ? NULL : memmem(p, size, magic, length);
		at = hit ? (size_t)(hit - p) : 0;
		if (!hit && size < LOOK_SIZE) {
			origin->looked = true;
		} else if (!hit) {
			offset += size - length + 1 - before;
		} else if (at > before && size - at < HEADER_MAX && size >= LOOK_SIZE) {
			offset += at - before; /* more of it is to be seen */
		} else {
			origin->several = is_other_header(origin, p, hit, p + size);
			offset += at + length;
		}
	}
	return origin->several || origin->ended;
}

/* The clocks of another host, or of another boot. */
static bool is_far(struct origin *origin, const struct peek *peek)
{
	uint64_t ahead = peek->time_unix_nano - peek->boottime_nano;

	if (origin->judged || !origin->timed || !peek->has_time || !peek->has_boottime)
		return false;
	origin->judged = true;
	return ahead - origin->ahead > CLOCKS_NANO && origin->ahead - ahead > CLOCKS_NANO;
}

unsigned origin_judge(struct origin *origin, const struct peek *peek)
{
	const bool far = is_far(origin, peek);
	const bool first = !origin->begun && !origin->stretch;
	const bool back = peek->seq && peek->seq <= origin->seq;

	if (first || back || far || (origin->gap && (origin->several || origin->ended)))
		origin->stretch = ++origin->stretches;
	origin->gap = false;
	origin->records += origin->stretch != 0;
	origin_note(origin, peek);
	return origin->stretch;
}
