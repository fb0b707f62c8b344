/* SPDX-License-Identifier: Apache-2.0 */
/* What a unit is called in the words of systemctl (unit_name_mangle): "nginx" is nginx.service,
 * /mnt/data is mnt-data.mount. */
#include <limits.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter-internal.h"
#include "proto/base/util.h"

static bool has_unit_type(const char *name)
{
	static const char *const types[] = {"service",   "socket", "device", "mount",
					    "automount", "swap",   "target", "path",
					    "timer",     "slice",  "scope"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (!strcmp(dot + 1, types[i]))
			return true;
	return false;
}

/* "/mnt/a b/" is "mnt-a\x20b", "/" is "-". */
static void put_path(struct line *line, const char *path)
{
	const char *start = line->p;

	while (*(path += strspn(path, "/"))) {
		size_t size = strcspn(path, "/");

		line_text(line, line->p > start ? "-" : "");
		line_unit(line, path, size, line->p == start);
		path += size;
	}
	line_text(line, line->p == start ? "-" : "");
}

static void put_name(struct line *line, const char *name)
{
	for (; *name; name++) {
		if (strchr(LINE_UNIT_CHARS "-\\@*?[]!^/", *name))
			line_put(line, name, 1);
		else
			line_escape(line, *name);
	}
}

static bool is_device(const char *path)
{
	return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/sys/", 5) == 0;
}

static int parse_unit_part(struct filter_term *term, const char *part, size_t size,
			   const struct filter_error *error)
{
	char arg[NAME_MAX + 1], unit[4 * NAME_MAX + 32];
	struct line line = line_make(unit, sizeof(unit));

	if (size >= sizeof(arg))
		return filter_invalid(error, "'%.*s…' is longer than a unit's name can be", 40,
				      part);
	memcpy(arg, part, size);
	arg[size] = 0;
	if (*arg == '/' && !filter_has_glob(arg)) {
		put_path(&line, arg);
		line_text(&line, is_device(arg) ? ".device" : ".mount");
	} else {
		put_name(&line, arg);
		if (size && !filter_has_glob(arg) && !strchr(arg, '/') && !has_unit_type(arg))
			line_text(&line, ".service");
	}
	size = line_end(&line);
	return filter_add(term, unit, size, -1, error);
}

/* Our own lines have "user@1000.service/redis.service", and paths where words are not enough. */
int filter_parse_unit(struct filter_term *term, const char *arg, const struct filter_error *error)
{
	const char *name = arg + (*arg == '!');
	size_t before = term->n, read;
	int r;

	if (!strchr(arg, '/'))
		return filter_each_part(term, arg, error, parse_unit_part);
	/* a name that somebody chose must not turn into another one's */
	if (*name != '/' && strchr(arg, ','))
		return filter_invalid(error,
				      "'%s' may be one or several: give the option once for each, "
				      "or --cgroup for a path with a comma",
				      arg);
	r = *name == '/' ? filter_each_path(term, arg, error, parse_unit_part) : 0;
	read = term->n;
	if (!r)
		r = filter_each_path(term, arg, error, filter_name_part);
	for (size_t i = read; read > before && i < term->n; i++)
		term->values[i].reading_of = before + i - read + 1;
	return r;
}
