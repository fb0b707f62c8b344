/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/time-zone.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Behind a name as POSIX has it: three letters or more, or anything between < and >. */
static const char *skip_name(const char *s)
{
	const char *end = s;

	if (*s == '<') {
		end = strchr(s, '>');
		return end ? end + 1 : NULL;
	}
	while (isalpha((unsigned char)*end))
		end++;
	return end - s >= 3 ? end : NULL;
}

/* "CET-1CEST", "<+03>-3" */
static bool is_posix(const char *s)
{
	s = skip_name(s);
	if (!s)
		return false;
	s += *s == '+' || *s == '-';
	return isdigit((unsigned char)*s);
}

bool time_zone_exists(void)
{
	const char *zone = getenv("TZ"), *folder = getenv("TZDIR");
	char path[PATH_MAX];

	if (!zone)
		return true;
	zone += *zone == ':';
	/* these need no file */
	if (!*zone || !strcmp(zone, "UTC") || !strcmp(zone, "GMT") || is_posix(zone))
		return true;
	(void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : TIME_ZONES, zone);
	return access(*zone == '/' ? zone : path, R_OK) == 0;
}
