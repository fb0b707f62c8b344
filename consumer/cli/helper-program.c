/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/helper-program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Bool beside_us(const char *name, char path[PATH_MAX])
{
	char us[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", us, sizeof(us) - 1);

	if (n <= 0)
		return 0;
	us[n] = '\0';
	if (snprintf(path, PATH_MAX, "%.*s%s", (int)(strrchr(us, '/') + 1 - us), us, name) >=
	    PATH_MAX)
		return 0;
	return access(path, X_OK) == 0;
}

_Bool helper_program_find(const char *name, char path[PATH_MAX])
{
	if (beside_us(name, path))
		return 1;
	(void)snprintf(path, PATH_MAX, "%s/%s", RINGSIDE_LIBEXEC, name);
	return access(path, X_OK) == 0;
}

int helper_program_exec(const char *name, char **argv)
{
	char path[PATH_MAX];

	if (!helper_program_find(name, path))
		return -ENOENT;
	argv[0] = path;
	(void)execv(path, argv);
	return -errno;
}
