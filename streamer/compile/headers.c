/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/headers.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/util.h"

/* What is generated, and what is not. */
#define GENERATED "include/generated/autoconf.h"
#define WRITTEN "include/linux/kconfig.h"
#define RELEASE "include/generated/utsrelease.h"

static bool is_there(const char *folder, const char *file)
{
	char path[HEADERS_PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	return !access(path, R_OK);
}

_printf_(2, 3) static bool set_path(char *path, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(path, HEADERS_PATH_MAX, format, args);
	va_end(args);
	return n > 0 && (size_t)n < HEADERS_PATH_MAX;
}

static bool find_build(char *build, const char *root, const char *release)
{
	static const struct {
		const char *before, *after;
	} places[] = {
		{"/lib/modules/", "/build"},
		{"/usr/lib/modules/", "/build"},
		{"/usr/src/linux-headers-", ""},
		{"/usr/src/kernels/", ""}, /* Fedora and its kin */
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (set_path(build, "%s%s%s%s", root, places[i].before, release, places[i].after) &&
		    is_there(build, GENERATED))
			return true;
	return false;
}

/* Debian's Makefile beside the generated headers: "include
 * /usr/src/linux-headers-V-common/Makefile" */
static bool find_included(char *source, const char *root, const char *build)
{
	_cleanup_fclose_ FILE *f = NULL;
	char line[HEADERS_PATH_MAX], path[HEADERS_PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/Makefile", build);
	f = fopen(path, "re");
	for (int i = 0; f && i < 16 && fgets(line, sizeof(line), f); i++) {
		char *end = strrchr(line, '/');

		if (strncmp(line, "include /", 9) != 0 || !end)
			continue;
		*end = '\0';
		return set_path(source, "%s%s", root, line + strlen("include ")) &&
		       is_there(source, WRITTEN);
	}
	return false;
}

static bool find_source(struct headers *headers, const char *root, const char *release)
{
	char *source = headers->source;

	if (set_path(source, "%s", headers->build) && is_there(source, WRITTEN))
		return true;
	if (set_path(source, "%s/lib/modules/%s/source", root, release) &&
	    is_there(source, WRITTEN))
		return true;
	return find_included(source, root, headers->build);
}

/* #define UTS_RELEASE "6.1.0-56-cloud-amd64" */
static bool is_of(const char *build, const char *release, char *other, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	char line[256], path[HEADERS_PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/" RELEASE, build);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, "UTS_RELEASE \"");

		if (!at)
			continue;
		at += strlen("UTS_RELEASE \"");
		(void)snprintf(other, size, "%.*s", (int)strcspn(at, "\""), at);
		return !strcmp(other, release);
	}
	return true; /* it does not say */
}

int headers_find(struct headers *ret, const char *root, const char *release, char *error,
		 size_t size)
{
	char other[96];

	if (strchr(release, '/') || !find_build(ret->build, root, release))
		return refuse(error, size, -ENOENT,
			      "the kernel's headers are missing: install linux-headers-%s",
			      release);
	if (!is_of(ret->build, release, other, sizeof(other)))
		return refuse(error, size, -ESTALE,
			      "%s has the headers of another kernel, %s: install linux-headers-%s",
			      ret->build, other, release);
	if (!find_source(ret, root, release))
		return refuse(error, size, -EBADMSG,
			      "the kernel's headers in %s are incomplete: install "
			      "linux-headers-%s again",
			      ret->build, release);
	return 0;
}
