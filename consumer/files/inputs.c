/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/inputs.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "consumer/files/folder.h"

bool inputs_is_folder(const char *path)
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
	return is_silent(STDIN_FILENO) && !inputs_is_folder(folder_folder());
}

const char *inputs_default(void)
{
	return is_silent(STDIN_FILENO) && inputs_is_folder(folder_folder()) ? folder_folder() : "-";
}
