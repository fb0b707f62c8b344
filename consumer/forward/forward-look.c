/* SPDX-License-Identifier: Apache-2.0 */
/* Before records are told as deleted: whether another file of the folder has them. It may have been
 * renamed or packed anew since the folder was listed, or there were more writers than are followed
 * at a time. */
#include <errno.h>
#include <string.h>

#include "consumer/forward/forward-internal.h"
#include "consumer/forward/resume.h"

static bool is_of(const struct recording *one, const uint8_t *stream_id)
{
	return one->known && !one->id.excerpt && !memcmp(one->id.stream_id, stream_id, FOLDER_ID);
}

/* The number with which the file begins that has record @first, if one has: the last of these. */
static uint64_t find_floor(const struct folder *list, const uint8_t *stream_id, uint64_t first)
{
	uint64_t floor = 0;

	for (size_t i = 0; i < list->n; i++)
		if (is_of(&list->all[i], stream_id) && list->all[i].id.first_seq <= first)
			floor = max_u64(floor, list->all[i].id.first_seq);
	return floor;
}

/* In the order of their names and times, as they were recorded. 0 or -errno of the target. */
static int read_between(struct forward *forward, const struct folder *list,
			const uint8_t *stream_id, uint64_t floor, uint64_t end)
{
	int r = 0;

	for (size_t i = 0; !r && i < list->n; i++) {
		const struct recording *one = &list->all[i];
		struct last_records last;

		if (!is_of(one, stream_id) || one->id.first_seq < floor || one->id.first_seq >= end)
			continue;
		resume_find(&forward->bookmark, one->path, &last);
		r = growing_add(&forward->rotation.follow, one->path, &last, false);
	}
	return r;
}

int forward_look(struct forward *forward, const uint8_t *stream_id, uint64_t first, uint64_t end)
{
	_cleanup_(folder_done) struct folder list = {0};
	const struct reader *reader = forward->reader;
	const size_t stream = forward->stream;
	const bool other_host = forward->other_host;
	int r;

	if (!forward->rotation.whole || forward->looks)
		return 0;
	r = folder_list(&list, forward->options->path);
	if (r)
		return r == -ENOENT ? 0 : r;
	forward->looks = true;
	r = read_between(forward, &list, stream_id, find_floor(&list, stream_id, first), end);
	forward->looks = false;
	forward->reader = reader;
	forward->stream = stream;
	forward->other_host = other_host;
	return r;
}
