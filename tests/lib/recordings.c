/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/recordings.h"

struct records recordings_read(const char *path, bool *ret_whole)
{
	_cleanup_free_ uint8_t *file = NULL;
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer in = {0};
	ZSTD_outBuffer out = {.size = 32u << 20};
	size_t left = 0;

	file = records_bytes(path, &in.size);
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

static int recordings_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

const char *recordings_names(const char *folder)
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

struct folder_path recordings_path(const char *folder, size_t number)
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
