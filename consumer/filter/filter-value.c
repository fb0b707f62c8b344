/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of filters: looked at once, with errors that say what is right. */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "consumer/filter/filter-internal.h"
#include "proto/base/units.h"

#define ERRNO_END 4096 /* MAX_ERRNO of the kernel, and one */

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

int filter_parse_text(struct filter_term *term, const char *arg, const struct filter_error *error)
{
	return filter_add(term, arg, strlen(arg), -1, error);
}

int filter_each_part(struct filter_term *term, const char *arg, const struct filter_error *error,
		     filter_part_fn *parse)
{
	int r = 0;

	for (const char *part = arg; !r; part += strcspn(part, ",") + 1) {
		size_t size = strcspn(part, ",");

		r = parse(term, part, size, error);
		if (!part[size])
			break;
	}
	return r;
}

/* -1: not a number, or one above @max. */
static int64_t number_of(const char *s, size_t size, int64_t max)
{
	uint64_t v;

	return units_number(s, (uint64_t)max, &v) == s + size ? (int64_t)v : -1;
}

int filter_name_part(struct filter_term *term, const char *part, size_t size,
		     const struct filter_error *error)
{
	return filter_add(term, part, size, -1, error);
}

/* A path may have commas in it: then it is meant as a whole. In other words it may be both. */
int filter_parse_container(struct filter_term *term, const char *arg,
			   const struct filter_error *error)
{
	int r = 0;

	if (*arg == '/' || (strchr(arg, '/') && strchr(arg, ',')))
		r = filter_parse_text(term, arg, error);
	return r || *arg == '/' ? r : filter_each_part(term, arg, error, filter_name_part);
}

int filter_number_part(struct filter_term *term, const char *part, size_t size,
		       const struct filter_error *error)
{
	int64_t v = number_of(part, size, UINT32_MAX);

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

int filter_syscall_part(struct filter_term *term, const char *part, size_t size,
			const struct filter_error *error)
{
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)part[i]) && !strchr("_*?[]-", part[i]))
			return filter_invalid(
				error, "'%.*s' is not a system call: say keyctl, clone* or 250",
				(int)size, part);
	return filter_add(term, part, size, number_of(part, size, INT32_MAX), error);
}

#define ACTION_PREFIX "SECCOMP_RET_"

bool filter_is_action(const char *name, const char *word, size_t size)
{
	if (strncasecmp(word, ACTION_PREFIX, strlen(ACTION_PREFIX)) == 0 &&
	    size > strlen(ACTION_PREFIX)) {
		word += strlen(ACTION_PREFIX);
		size -= strlen(ACTION_PREFIX);
	}
	if (strncmp(name, ACTION_PREFIX, strlen(ACTION_PREFIX)) == 0)
		name += strlen(ACTION_PREFIX);
	/* KILL is both KILL_PROCESS and KILL_THREAD */
	return strncasecmp(name, word, size) == 0 &&
	       (!name[size] || (size == 4 && strncasecmp(word, "KILL", 4) == 0 && name[4] == '_'));
}

int filter_action_part(struct filter_term *term, const char *part, size_t size,
		       const struct filter_error *error)
{
	const ProtobufCEnumDescriptor *type = &ringside__v1__seccomp_action__descriptor;

	for (unsigned i = 0; size && i < type->n_values; i++)
		if (type->values[i].value && filter_is_action(type->values[i].name, part, size))
			return filter_add(term, part, size, -1, error);
	return filter_invalid(
		error,
		"'%.*s' is not an action: say KILL_PROCESS, KILL_THREAD, KILL (both), TRAP, "
		"ERRNO, USER_NOTIF, TRACE or LOG",
		(int)size, part);
}

int filter_errno_part(struct filter_term *term, const char *part, size_t size,
		      const struct filter_error *error)
{
	int64_t number = number_of(part, size, ERRNO_END - 1);

	for (int i = 1; number < 0 && i < ERRNO_END; i++) {
		const char *name = strerrorname_np(i);

		if (name && strlen(name) == size && strncasecmp(name, part, size) == 0)
			number = i;
	}
	if (number < 0)
		return filter_invalid(error, "'%.*s' is not an errno: say EPERM or 1", (int)size,
				      part);
	return filter_add(term, part, size, number, error);
}
