/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/copies.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/files/file-look.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

#define LOOKS 64 /* of files that begin alike so many are compared */

/* Of two that have the same, the one that was there first is called the original. */
static int by_age(const struct file_look *x, const struct file_look *y)
{
	size_t m = strlen(x->recording.path), n = strlen(y->recording.path);

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? -1 : 1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? -1 : 1;
	if (m != n)
		return m < n ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* What is being written first: it has most, or will. An excerpt last: it vouches for nothing. */
static int by_worth(const void *a, const void *b)
{
	const struct file_look *x = a, *y = b;

	if (x->recording.id.excerpt != y->recording.id.excerpt)
		return y->recording.id.excerpt ? -1 : 1;
	if (x->growing != y->growing)
		return x->growing ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->damages != y->damages)
		return x->damages < y->damages ? -1 : 1;
	if (x->closed != y->closed)
		return x->closed ? -1 : 1;
	return by_age(x, y);
}

static void note_copy(struct file_look *look, const struct file_look *better)
{
	struct recording *one = &look->recording;

	one->copy_of = better->recording.path;
	one->copied = look->n;
	one->copied_of = better->n;
	one->doubtful = file_look_resolves(better, look);
	one->same_file = look->inode == better->inode && look->device == better->device;
}

/* What is as it was written comes before what is not, though that may be of more records: what
 * comes first is taken. */
static void put_resolving_first(struct file_look *looks, size_t n)
{
	for (size_t i = 0; i < n && i < LOOKS; i++) {
		for (size_t j = i + 1; j < n && j < LOOKS && looks[i].n_doubts; j++) {
			const struct file_look better = looks[j];

			if (better.recording.id.excerpt ||
			    !file_look_resolves(&better, &looks[i]) ||
			    file_look_resolves(&looks[i], &better))
				continue;
			memmove(&looks[i + 1], &looks[i], (j - i) * sizeof(*looks));
			looks[i] = better;
		}
	}
}

/* Of files that begin alike. */
static void find_copies(struct file_look *looks, size_t n, bool brief)
{
	bool known = brief && looks[0].growing;

	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i && j < LOOKS && !looks[i].recording.copy_of; j++) {
			if (looks[j].recording.copy_of)
				continue;
			if (known || file_look_is_within(&looks[i], &looks[j]))
				note_copy(&looks[i], &looks[j]);
		}
	}
}

static bool is_looked_at(const struct file_look *looks, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (looks[j].inode == looks[i].inode && looks[j].device == looks[i].device)
			return true;
	return false;
}

static void compare_files(struct file_look *looks, size_t n, bool brief)
{
	bool growing = false;

	for (size_t i = 0; i < n; i++) {
		file_look_at_file(&looks[i]);
		growing |= looks[i].growing;
	}
	for (size_t i = 0; i < n && i < LOOKS && !(brief && growing); i++)
		if (!looks[i].growing && !is_looked_at(looks, i))
			file_look_into(&looks[i]);
	/* what grows last: it has what any copy of it has */
	for (size_t i = 0; i < n && i < LOOKS && !brief; i++)
		if (looks[i].growing && !is_looked_at(looks, i))
			file_look_into(&looks[i]);
	qsort(looks, n, sizeof(*looks), by_worth);
	put_resolving_first(looks, n);
	find_copies(looks, n, brief);
	for (size_t i = 0; i < n; i++)
		file_look_forget(&looks[i]);
}

static bool begins_alike(const struct recording *a, const struct recording *b)
{
	return folder_tell_alike(a, b) && a->id.first_seq == b->id.first_seq;
}

static int by_beginning(const void *a, const void *b)
{
	const struct file_look *x = a, *y = b;
	const struct recording *p = &x->recording, *q = &y->recording;
	int r = p->known == q->known ? 0 : p->known ? -1 : 1;

	if (!r && p->known)
		r = memcmp(p->id.stream_id, q->id.stream_id, FOLDER_ID);
	if (!r && p->known)
		r = (p->id.first_seq > q->id.first_seq) - (p->id.first_seq < q->id.first_seq);
	return r ? r : (x->index > y->index) - (x->index < y->index);
}

static int by_place(const void *a, const void *b)
{
	const struct file_look *x = a, *y = b;
	bool p = x->recording.copy_of, q = y->recording.copy_of;

	return p != q ? (p ? 1 : -1) : (x->index > y->index) - (x->index < y->index);
}

static int by_index(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Those that begin alike take the places they had, the best one the first. 0 or -ENOMEM. */
static int part_group(struct file_look *looks, size_t n, bool brief)
{
	size_t *places;

	if (n == 1)
		return 0;
	places = calloc(n, sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		places[i] = looks[i].index;
	compare_files(looks, n, brief);
	qsort(places, n, sizeof(*places), by_index);
	for (size_t i = 0; i < n; i++)
		looks[i].index = places[i];
	free(places);
	return 0;
}

/* Which was begun last, of those before @below, when @orphan was not yet. NULL: none. */
static struct file_look *find_begun(struct file_look *looks, size_t n,
				    const struct file_look *orphan, const struct file_look *below)
{
	struct file_look *latest = NULL;

	for (size_t i = 0; i < n; i++) {
		struct file_look *one = &looks[i];
		const uint64_t begun = one->recording.id.time_unix_nano;

		if (one == orphan || !one->recording.known || one->recording.copy_of ||
		    begun > orphan->times[0].nano ||
		    (below && (begun > below->recording.id.time_unix_nano ||
			       (begun == below->recording.id.time_unix_nano && one >= below))))
			continue;
		if (!latest || begun >= latest->recording.id.time_unix_nano)
			latest = one;
	}
	return latest;
}

/* Whose records they are, their times tell. */
static void find_family(struct file_look *looks, size_t n, struct file_look *orphan)
{
	struct file_look *one = NULL;

	file_look_at_file(orphan);
	orphan->n = 0;
	file_look_into(orphan);
	for (unsigned i = 0; i < LOOKS && orphan->n_times && !orphan->recording.copy_of; i++) {
		one = find_begun(looks, n, orphan, one);
		if (!one)
			break;
		file_look_at_file(one);
		one->n = 0;
		file_look_into(one);
		if (file_look_shares_times(orphan, one) && file_look_is_within(orphan, one))
			note_copy(orphan, one);
		file_look_forget(one);
	}
	file_look_forget(orphan);
}

/* Without memory all are what they are: records are told apart as they come, too. */
size_t copies_part(struct recording *all, size_t n, bool brief)
{
	_cleanup_free_ struct file_look *looks = n > 1 ? calloc(n, sizeof(*looks)) : NULL;
	size_t from = 0, kept = 0;

	if (!looks)
		return n;
	for (size_t i = 0; i < n; i++)
		looks[i] = (struct file_look){.recording = all[i], .index = i};
	qsort(looks, n, sizeof(*looks), by_beginning);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && begins_alike(&looks[i].recording, &looks[from].recording))
			continue;
		(void)part_group(looks + from, i - from, brief);
		from = i;
	}
	for (size_t i = 0; i < n && !brief; i++)
		if (file_look_is_orphan(&looks[i].recording) && !looks[i].recording.copy_of)
			find_family(looks, n, &looks[i]);
	qsort(looks, n, sizeof(*looks), by_place);
	for (size_t i = 0; i < n; i++) {
		all[i] = looks[i].recording;
		kept += !all[i].copy_of;
	}
	return kept;
}

void copies_what(const struct recording *copy, char buf[COPIES_TEXT])
{
	const char *but = copy->doubtful ? ", but not as they were written there" : "";
	char of[LINE_FILE];

	line_file(copy->copy_of, of);
	if (copy->same_file && !strcmp(copy->path, copy->copy_of))
		(void)snprintf(buf, COPIES_TEXT, "named twice");
	else if (copy->same_file)
		(void)snprintf(buf, COPIES_TEXT, "the same file as %s", of);
	else if (!copy->copied_of)
		(void)snprintf(buf, COPIES_TEXT, "a copy of %s", of);
	else if (copy->copied == copy->copied_of)
		(void)snprintf(buf, COPIES_TEXT, "the same records as %s%s", of, but);
	else
		(void)snprintf(buf, COPIES_TEXT, "%s of the %s of %s, and no others%s",
			       COUNT(copy->copied), COUNTED(copy->copied_of, "record"), of, but);
}

void copies_text(const struct recording *copy, const char *what, char buf[COPIES_TEXT])
{
	char name[LINE_FILE], text[COPIES_TEXT];

	copies_what(copy, text);
	(void)snprintf(buf, COPIES_TEXT, "%s: %.1200s%s", line_file(copy->path, name), text, what);
}
