/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of filters: looked at once, with errors that say what is right. */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "consumer/filter/filter-internal.h"
#include "proto/base/units.h"

int filter_add(struct filter_term *term, const char *text, size_t size, int64_t number,
	       const struct filter_error *error)
{
	struct filter_value *value = &term->values[term->n];

	if (!size)
		return filter_invalid(error, "an empty value matches nothing");
	if (term->n == FILTER_VALUES_MAX)
		return filter_invalid(error, "more than %d values of one option",
				      FILTER_VALUES_MAX);
	value->text = strndup(text, size);
	if (!value->text)
		return refuse(error->text, error->size, -ENOMEM, "out of memory");
	value->number = number;
	value->negated = false;
	value->reading_of = 0;
	term->n++;
	return 0;
}

/* No escapes: systemd's unit names have backslashes of their own. What is the same matches, too,
 * whatever characters it is of. */
bool filter_glob(const char *pattern, const char *s)
{
	return s && *s && (fnmatch(pattern, s, FNM_NOESCAPE) == 0 || strcmp(pattern, s) == 0);
}

bool filter_has_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

/* One part, or what ! stands before. */
static int parse_part(struct filter_term *term, const char *part, size_t size,
		      const struct filter_error *error, filter_part_fn *parse)
{
	bool negated = size && *part == '!';
	size_t before = term->n;
	int r = parse(term, part + negated, size - negated, error);

	for (size_t i = before; i < term->n; i++)
		term->values[i].negated = negated;
	return r;
}

int filter_each_part(struct filter_term *term, const char *arg, const struct filter_error *error,
		     filter_part_fn *parse)
{
	int r = 0;

	for (const char *part = arg; !r; part += strcspn(part, ",") + 1) {
		size_t size = strcspn(part, ",");

		r = parse_part(term, part, size, error, parse);
		if (!part[size])
			break;
	}
	return r;
}

static bool is_path(const char *arg)
{
	return arg[*arg == '!'] == '/';
}

/* Up to a comma that another path follows. */
static size_t path_size(const char *path)
{
	const char *end = path;

	do
		end += strcspn(end, ",");
	while (*end && !is_path(++end));
	return (size_t)(end - path) - (*end != '\0');
}

int filter_each_path(struct filter_term *term, const char *arg, const struct filter_error *error,
		     filter_part_fn *parse)
{
	int r = 0;

	if (!is_path(arg)) {
		/* a name may have commas, too: then it may be meant as a whole */
		if (strchr(arg, ',') && !strchr(arg, '!'))
			r = filter_name_part(term, arg, strlen(arg), error);
		return r ? r : filter_each_part(term, arg, error, parse);
	}
	for (const char *path = arg; !r; path++) {
		size_t size = path_size(path);

		r = parse_part(term, path, size, error, parse);
		path += size;
		if (!*path)
			break;
	}
	return r;
}

int64_t filter_number(const char *s, size_t size, int64_t max)
{
	uint64_t v;

	return units_number(s, (uint64_t)max, &v) == s + size ? (int64_t)v : -1;
}

int filter_name_part(struct filter_term *term, const char *part, size_t size,
		     const struct filter_error *error)
{
	return filter_add(term, part, size, -1, error);
}

/* "docker:4f0": of an id that is random, which a few digits do not tell. */
static int check_digits(const char *part, size_t size, const char *const *prefixes,
			const struct filter_error *error)
{
	for (; *prefixes; prefixes++) {
		size_t n = strlen(*prefixes);

		if (size <= n || strncmp(part, *prefixes, n) != 0 || part[n] == '*')
			continue;
		if (size - n < FILTER_ID_MIN && strspn(part + n, "0123456789abcdef") >= size - n)
			return filter_invalid(error, "'%.*s': say at least %d digits of the id",
					      (int)size, part, FILTER_ID_MIN);
	}
	return 0;
}

#define FILTER_GAP_SIZE 1024
#define GAP "…"
#define GAP_DIGITS 4

/* "sho…b-7f9/app", as a terminal has it that is too narrow for it, and with digits in the gap
 * ("sho…1f3c…7f9/app") where two names would look the same: any name with these ends. */
static size_t fill_gap(const char *part, size_t size, char buf[FILTER_GAP_SIZE])
{
	const size_t gap = strlen(GAP), hash = gap + GAP_DIGITS;
	const char *at = memmem(part, size, GAP, gap), *rest = at ? at + gap : NULL;
	size_t head, tail;

	if (!at || size >= FILTER_GAP_SIZE)
		return 0;
	head = (size_t)(at - part);
	tail = size - head - gap;
	if (tail >= hash && strspn(rest, "0123456789abcdef") == GAP_DIGITS &&
	    !memcmp(rest + GAP_DIGITS, GAP, gap)) {
		rest += hash;
		tail -= hash;
	}
	memcpy(buf, part, head);
	buf[head] = '*';
	memcpy(buf + head + 1, rest, tail);
	return head + 1 + tail;
}

static int add_shown(struct filter_term *term, const char *part, size_t size,
		     const struct filter_error *error)
{
	char buf[FILTER_GAP_SIZE];
	const size_t filled = fill_gap(part, size, buf);

	return filled ? filter_name_part(term, buf, filled, error)
		      : filter_name_part(term, part, size, error);
}

int filter_container_part(struct filter_term *term, const char *part, size_t size,
			  const struct filter_error *error)
{
	static const char *const prefixes[] = {"docker:", "containerd:", "crio:", "podman:", NULL};
	int r = check_digits(part, size, prefixes, error);

	return r ? r : add_shown(term, part, size, error);
}

int filter_pod_part(struct filter_term *term, const char *part, size_t size,
		    const struct filter_error *error)
{
	static const char *const prefixes[] = {"podman-pod:", "ecs-task:", NULL};
	int r = check_digits(part, size, prefixes, error);

	return r ? r : add_shown(term, part, size, error);
}

int filter_id_part(struct filter_term *term, const char *part, size_t size,
		   const struct filter_error *error)
{
	static const char *const prefixes[] = {"", NULL};
	int r = check_digits(part, size, prefixes, error);

	return r ? r : filter_name_part(term, part, size, error);
}

int filter_severity_part(struct filter_term *term, const char *part, size_t size,
			 const struct filter_error *error)
{
	static const char *const names[] = {"INFO", "WARN", "ERROR", "FATAL"};
	static const char *const syslog[] = {"info", "warning", "err", "crit"};

	/* "err" and "warning", as syslog has them, are the same to those who ask for them */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((size == strlen(names[i]) && !strncasecmp(part, names[i], size)) ||
		    (size == strlen(syslog[i]) && !strncasecmp(part, syslog[i], size)))
			return filter_add(term, names[i], strlen(names[i]), -1, error);
	return filter_invalid(error, "'%.*s' is not a severity: say INFO, WARN, ERROR or FATAL",
			      (int)size, part);
}

int filter_number_part(struct filter_term *term, const char *part, size_t size,
		       const struct filter_error *error)
{
	int64_t v = filter_number(part, size, UINT32_MAX);

	if (v < 0)
		return filter_invalid(error, "'%.*s' is not a number from 0 to %u", (int)size, part,
				      UINT32_MAX);
	return filter_add(term, part, size, v, error);
}

/* As useradd takes them: others are not told in a command. */
static bool is_user_name(const char *part, size_t size)
{
	return size && (isalpha((unsigned char)*part) || *part == '_') &&
	       strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") >=
		       size;
}

/* root is the same everywhere; what others are called, only the machine knows that recorded it. */
int filter_uid_part(struct filter_term *term, const char *part, size_t size,
		    const struct filter_error *error)
{
	if (size == 4 && !strncmp(part, "root", 4))
		return filter_add(term, part, size, 0, error);
	if (is_user_name(part, size))
		return filter_invalid(error,
				      "'%.*s' is a name: say its number, which `id -u %.*s` tells "
				      "on the machine that was recorded",
				      (int)size, part, (int)size, part);
	return filter_number_part(term, part, size, error);
}
