/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/recording/file-names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/hex.h"
#include "proto/base/util.h"

#define DIGITS "0123456789"
#define HEX_DIGITS "0123456789abcdef"

/* 20261122T030405Z-1f0c77a2-000012.pb */
#define STREAM_AT 17u
#define INDEX_AT 26u

/* Where the number goes: before what says what the file is. */
static size_t stem_size(const char *path)
{
	static const char *const suffixes[] = {".pb.zst", ".pb", ".zst"};
	size_t n = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (n > suffix && !strcmp(path + n - suffix, suffixes[i]))
			return n - suffix;
	}
	return n;
}

const char *file_names_slash(const char *folder)
{
	size_t length = strlen(folder);

	return length && folder[length - 1] == '/' ? "" : "/";
}

static int in_folder(const struct file_names *names, const struct file_names_file *file, char *buf,
		     size_t size)
{
	char time[32], id[HEX_SIZE(4)];
	struct tm tm;
	int n;

	if (!gmtime_r(&file->time, &tm) || !strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &tm))
		return -EINVAL;
	(void)hex_put(id, file->stream_id, 4);
	n = snprintf(buf, size, "%s%s%s-%s-%06u.pb%s", names->path, file_names_slash(names->path),
		     time, id, file->index, names->compressed ? ".zst" : "");
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* strftime answers 0 for an empty result and for one that does not fit. */
static int expand_pattern(const char *pattern, time_t time, char *buf, size_t size)
{
	struct tm tm;

	if (!localtime_r(&time, &tm))
		return -EINVAL;
	return strftime(buf, size, pattern, &tm) ? 0 : -EINVAL;
}

int file_names_make(const struct file_names *names, const struct file_names_file *file, char *buf,
		    size_t size)
{
	char expanded[4096];
	const char *path = names->path;
	size_t at;
	int n, r;

	if (names->folder)
		return in_folder(names, file, buf, size);
	if (names->timed) {
		r = expand_pattern(path, file->time, expanded, sizeof(expanded));
		if (r < 0)
			return r;
		path = expanded;
	}
	at = stem_size(path);
	if (file->number == FILE_NAMES_NO_NUMBER)
		n = snprintf(buf, size, "%s", path);
	else
		n = snprintf(buf, size, "%.*s.%0*u%s", (int)at, path, (int)names->width,
			     file->number, path + at);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* Steps over exactly @n of @accepted; NULL stays NULL. */
static const char *skip_accepted(const char *s, const char *accepted, size_t n)
{
	return s && strspn(s, accepted) >= n ? s + n : NULL;
}

bool file_names_is_ours(const char *name)
{
	const char *s = skip_accepted(name, DIGITS, 8);

	s = skip_accepted(skip_accepted(s, "T", 1), DIGITS, 6);
	s = skip_accepted(skip_accepted(s, "Z", 1), "-", 1);
	s = skip_accepted(skip_accepted(s, HEX_DIGITS, 8), "-", 1);
	s = skip_accepted(s, DIGITS, FILE_NAMES_WIDTH);
	if (!s)
		return false;
	s += strspn(s, DIGITS);
	return !strcmp(s, ".pb") || !strcmp(s, ".pb.zst");
}

void file_names_read(const char *name, uint8_t stream[FILE_NAMES_STREAM], uint32_t *ret_index)
{
	unsigned long id = strtoul(name + STREAM_AT, NULL, 16);

	for (unsigned i = 0; i < FILE_NAMES_STREAM; i++)
		stream[i] = (uint8_t)(id >> (24 - 8 * i));
	*ret_index = (uint32_t)strtoul(name + INDEX_AT, NULL, 10);
}
