/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings on the disk, compressed or not, as libzstd and protobuf-c understand them. */
#pragma once

#include <dirent.h>
#include <stdbool.h>

#include <zstd.h>

#include "records.h"

static inline uint8_t *recordings_bytes(const char *path, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;

	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	*ret_size = (size_t)st.st_size;
	assert_int_equal(read_full(fd, bytes, *ret_size), *ret_size);
	return bytes;
}

/* The records of a compressed file; *ret_whole: its last frame is finished. */
static inline struct records recordings_read(const char *path, bool *ret_whole)
{
	_cleanup_free_ uint8_t *file = NULL;
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer in = {0};
	ZSTD_outBuffer out = {.size = 32u << 20};
	size_t left = 0;

	file = recordings_bytes(path, &in.size);
	in.src = file;
	out.dst = malloc(out.size);
	assert_non_null(out.dst);
	while (in.pos < in.size) {
		left = ZSTD_decompressStream(zstd, &out, &in);
		if (ZSTD_isError(left))
			fail_msg("%s: %s", path, ZSTD_getErrorName(left));
		assert_true(out.pos < out.size);
	}
	(void)ZSTD_freeDCtx(zstd);
	*ret_whole = !left;
	return records_decode(out.dst, out.pos);
}

static inline int recordings_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The names in a folder, in their order, with a blank behind each. */
static inline const char *recordings_names(const char *folder)
{
	static char text[4096];
	struct dirent **entries;
	int n = scandir(folder, &entries, recordings_visible, alphasort);

	assert_true(n >= 0);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s ", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return text;
}

/* The @number'th file of a folder. */
static inline struct folder_path recordings_path(const char *folder, size_t number)
{
	const char *names = recordings_names(folder);
	struct folder_path path;
	char name[64];

	while (number--) {
		names = strchr(names, ' ');
		assert_non_null(names);
		names++;
	}
	assert_int_equal(sscanf(names, "%63s", name), 1);
	assert_true(snprintf(path.s, sizeof(path.s), "%s/%s", folder, name) < (int)sizeof(path.s));
	return path;
}
