/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the cursor is of these recordings, and what it has to know of them before the first is
 * read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/forward/forward-internal.h"
#include "proto/base/util.h"

#define GONE_MAX 1000u /* streams that are remembered although no file of them is there */

/* The cursor is of these recordings, as far as can be told. */
static bool is_ours(const struct bookmark *bookmark, const struct folder *list)
{
	bool known = false;

	for (size_t i = 0; i < list->n; i++) {
		const struct folder_id *id = &list->all[i].id;

		if (!list->all[i].known)
			continue;
		if (bookmark_find(bookmark, id->stream_id) ||
		    (*bookmark->machine ? text_equal(bookmark->machine, id->machine_id)
					: text_equal(bookmark->host, id->host_name)))
			return true;
		known = true;
	}
	return !known;
}

static int refuse_cursor(struct forward *forward, const struct folder *list)
{
	const char *host = "";
	char safe[LINE_FILE], other[LINE_FILE];

	for (size_t i = list->n; i--;)
		if (list->all[i].known)
			host = list->all[i].id.host_name;
	forward_fail(
		forward,
		"the cursor %s is of the host %.64s, the recordings are of %.64s: name another "
		"with --cursor",
		forward->options->cursor, line_file(forward->bookmark.host, safe),
		line_file(host, other));
	return -EXDEV;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, BOOKMARK_ID);
}

/* The ids of all streams of the folder, in order; NULL: there is no memory for them. */
static uint8_t *ids_of(const struct folder *list)
{
	uint8_t *ids = malloc(list->n * BOOKMARK_ID + 1);

	for (size_t i = 0; ids && i < list->n; i++)
		memcpy(ids + i * BOOKMARK_ID, list->all[i].id.stream_id, BOOKMARK_ID);
	if (ids)
		qsort(ids, list->n, BOOKMARK_ID, by_id);
	return ids;
}

/* A streamer that starts again and again makes a stream each time: of those whose files are deleted
 * the latest ones are remembered, so that the cursor does not grow for ever. */
static int forget_gone(struct forward *forward, const struct folder *list)
{
	struct bookmark *bookmark = &forward->bookmark;
	_cleanup_free_ uint8_t *ids = NULL;
	size_t excess = bookmark->n > GONE_MAX ? bookmark->n - GONE_MAX : 0, kept = 0;

	if (!excess)
		return 0;
	ids = ids_of(list);
	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < bookmark->n; i++) {
		if (excess && !bsearch(bookmark->streams[i].id, ids, list->n, BOOKMARK_ID, by_id))
			excess--;
		else
			bookmark->streams[kept++] = bookmark->streams[i];
	}
	bookmark->n = kept;
	forward->n_streams = 0;
	return forward_resume(forward);
}

static void begin_stream(struct bookmark *bookmark, size_t at, uint64_t first)
{
	struct bookmark_stream *mark = &bookmark->streams[at];

	if (mark->from && mark->from <= first)
		return;
	mark->from = first;
	mark->seq = first - 1;
}

/* The first time: from now on it is known where forwarding began, and what is deleted behind that
 * will be told, also if nothing is acknowledged before the next time. 0 or -errno. */
static int begin_cursor(struct forward *forward, const struct folder *list)
{
	struct bookmark *bookmark = &forward->bookmark;
	size_t at;
	int r = 0;

	for (size_t i = 0; !r && i < list->n; i++) {
		const struct recording *one = &list->all[i];

		if (!one->known || one->id.excerpt || !one->id.first_seq)
			continue;
		r = bookmark_add(bookmark, one->id.stream_id, &at);
		if (!r)
			begin_stream(bookmark, at, one->id.first_seq);
	}
	if (r)
		return r;
	bookmark->begun = forward->continues = true;
	r = forward_resume(forward);
	if (!r)
		(void)bookmark_save(bookmark); /* it is tried again */
	return r;
}

int forward_check_cursor(struct forward *forward, const struct folder *list)
{
	int r = 0;

	if (forward->continues && *forward->bookmark.host && !is_ours(&forward->bookmark, list))
		return refuse_cursor(forward, list);
	if (!forward->continues)
		r = begin_cursor(forward, list);
	else if (forward->rotation.whole)
		r = forget_gone(forward, list);
	if (r)
		forward_fail(forward, "%s", strerror(-r));
	return r;
}
