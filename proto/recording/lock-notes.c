/* SPDX-License-Identifier: Apache-2.0 */
/* A note is a lock of one byte: its place says which note it is, and what. A note that changes has
 * its new place before it leaves the old one, so that none is ever missing. */
#include "proto/recording/lock-notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#define NOTES_BEGIN (INT64_C(1) << 62) /* no file is that long */
#define NOTE_BITS 52
#define NOTE_MAX ((UINT64_C(1) << NOTE_BITS) - 1)

enum { NOTE_ERROR = LOCK_NOTES_KINDS, NOTE_SINCE, NOTE_LATEST, NOTES };

static int64_t place_of(unsigned note, uint64_t value)
{
	return NOTES_BEGIN + ((int64_t)note << NOTE_BITS) +
	       (int64_t)(value < NOTE_MAX ? value : NOTE_MAX);
}

static uint64_t value_of(const struct lock_notes *notes, unsigned note)
{
	switch (note) {
	case NOTE_ERROR:
		return (uint64_t)notes->error;
	case NOTE_SINCE:
		return notes->since_milli;
	case NOTE_LATEST:
		return notes->latest_milli;
	default:
		return notes->lost[note];
	}
}

static void set_value(struct lock_notes *notes, unsigned note, uint64_t value)
{
	if (note == NOTE_ERROR)
		notes->error = (int)value;
	else if (note == NOTE_SINCE)
		notes->since_milli = value;
	else if (note == NOTE_LATEST)
		notes->latest_milli = value;
	else
		notes->lost[note] = value;
}

static int set_lock(int fd, short type, int64_t begin, int64_t size)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = begin, .l_len = size};

	return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

/* Kinds of which nothing was lost have no note. */
static bool is_said(const struct lock_notes *notes, unsigned note)
{
	return notes && (note >= LOCK_NOTES_KINDS || notes->lost[note]);
}

int lock_notes_put(int fd, const struct lock_notes *before, const struct lock_notes *notes)
{
	int r = 0;

	for (unsigned i = 0; i < NOTES; i++) {
		bool was = is_said(before, i), is = is_said(notes, i);
		int64_t from = was ? place_of(i, value_of(before, i)) : 0;
		int64_t to = place_of(i, value_of(notes, i));
		int error;

		if (!is || (was && from == to))
			continue;
		error = set_lock(fd, F_WRLCK, to, 1);
		if (!error && was)
			error = set_lock(fd, F_UNLCK, from, 1);
		r = r ? r : error;
	}
	return r;
}

void lock_notes_clear(int fd)
{
	(void)set_lock(fd, F_UNLCK, NOTES_BEGIN, 0);
}

bool lock_notes_read(int fd, struct lock_notes *ret)
{
	*ret = (struct lock_notes){0};
	for (unsigned i = 0; i < NOTES; i++) {
		const int64_t begin = place_of(i, 0);
		/* a lock for reading meets those for writing only, which readers cannot have */
		struct flock lock = {.l_type = F_RDLCK,
				     .l_whence = SEEK_SET,
				     .l_start = begin,
				     .l_len = (int64_t)NOTE_MAX + 1};

		if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
			return false;
		/* what lies across belongs to somebody who knows nothing of this */
		if (lock.l_type != F_UNLCK && lock.l_start >= begin && lock.l_len == 1)
			set_value(ret, i, (uint64_t)(lock.l_start - begin));
	}
	return ret->since_milli && ret->latest_milli;
}
