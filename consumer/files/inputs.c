/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/inputs.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "consumer/files/folder.h"

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_silent(int fd)
{
	struct stat st;

	if (isatty(fd) || fstat(fd, &st) < 0)
		return true;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3); /* /dev/null */
}

bool inputs_none(void)
{
	return isatty(STDIN_FILENO) && !is_folder(folder_folder());
}

static int each_recording(const char *folder, inputs_fn fn, inputs_error_fn error, void *data)
{
	char skipped[PATH_MAX];
	struct folder list;
	int r;

	r = folder_list(&list, folder);
	if (!r && folder_skipped(&list, skipped, sizeof(skipped)))
		error(skipped, 0, data);
	if (!r && !list.n)
		r = -ENODATA;
	if (r < 0) {
		error(folder, r, data);
		folder_done(&list);
		return 0;
	}
	for (size_t i = 0; !r && i < list.n; i++)
		r = fn(list.all[i].path, data);
	folder_done(&list);
	return r;
}

const char *inputs_default(void)
{
	return is_silent(STDIN_FILENO) && is_folder(folder_folder()) ? folder_folder() : "-";
}

int inputs_each(char *const *paths, int n, inputs_fn fn, inputs_error_fn error, void *data)
{
	int r = 0;

	if (!n && strcmp(inputs_default(), "-"))
		return each_recording(folder_folder(), fn, error, data);
	if (!n)
		return fn("-", data);
	for (int i = 0; !r && i < n; i++)
		r = is_folder(paths[i]) ? each_recording(paths[i], fn, error, data)
					: fn(paths[i], data);
	return r;
}
