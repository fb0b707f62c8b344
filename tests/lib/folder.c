/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/folder.h"

int folder_setup(void **state)
{
	char template[] = "/tmp/ringside-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	*state = strdup(template);
	return 0;
}

static int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int folder_teardown(void **state)
{
	(void)nftw(*state, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

void folder_file(const char *folder, const char *path, const char *text)
{
	char full[1024];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", folder, path);
	for (char *p = full + strlen(folder) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_ok(fclose(f));
}

struct folder_path in_folder(void *const *state, const char *name)
{
	struct folder_path path;

	(void)snprintf(path.s, sizeof(path.s), "%s/%s", (const char *)*state, name);
	return path;
}
