/* SPDX-License-Identifier: Apache-2.0 */
/* Words that the kernel has: what is none of them is refused, with the nearest that is. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "consumer/filter/filter-internal.h"
#include "consumer/filter/known-syscalls.h"
#include "proto/base/kernel-names.h"
#include "proto/base/options.h"

#define ERRNO_END 4096  /* MAX_ERRNO of the kernel, and one */
#define ERRNO_NAMES 256 /* libc knows fewer */
#define WORD_SIZE 64
#define ACTION_PREFIX "SECCOMP_RET_"

/* In small or in capital letters. False: it is too long for any. */
static bool copy_word(char word[WORD_SIZE], const char *part, size_t size, int (*letter)(int))
{
	if (size >= WORD_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		word[i] = (char)letter((unsigned char)part[i]);
	word[size] = '\0';
	return true;
}

static bool is_word(const char *word)
{
	return word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_*?[]-")] == '\0';
}

static int refuse_syscall(const char *part, int size, const char *word,
			  const struct filter_error *error)
{
	char buf[KNOWN_SYSCALL_SIZE];
	const char *near = NULL;

	if (filter_has_glob(word))
		return filter_invalid(error, "'%.*s' matches the name of no system call", size,
				      part);
	near = known_syscall_nearest(word, buf);
	if (near)
		return filter_invalid(error, "'%.*s' is not a system call: did you mean %s?", size,
				      part, near);
	return filter_invalid(error, "'%.*s' is not a system call: say keyctl, clone* or 250", size,
			      part);
}

int filter_syscall_part(struct filter_term *term, const char *part, size_t size,
			const struct filter_error *error)
{
	int64_t number = filter_number(part, size, INT32_MAX);
	char word[WORD_SIZE];

	if (!size || number >= 0)
		return filter_add(term, part, size, number, error);
	if (!copy_word(word, part, size, tolower) || !is_word(word))
		return filter_invalid(error,
				      "'%.*s' is not a system call: say keyctl, clone* or 250",
				      (int)size, part);
	if (filter_has_glob(word) ? known_syscall_glob(word) : known_syscall(word))
		return filter_add(term, word, size, -1, error);
	return refuse_syscall(part, (int)size, word, error);
}

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
	static const char *const names[] = {"KILL_PROCESS", "KILL_THREAD", "KILL", "TRAP", "ERRNO",
					    "USER_NOTIF",   "TRACE",       "LOG",  NULL};
	const ProtobufCEnumDescriptor *type = &ringside__v1__seccomp_action__descriptor;
	char word[WORD_SIZE];
	const char *near;

	for (unsigned i = 0; size && i < type->n_values; i++)
		if (type->values[i].value && filter_is_action(type->values[i].name, part, size))
			return filter_add(term, part, size, -1, error);
	near = copy_word(word, part, size, toupper) ? option_nearest(word, names) : NULL;
	if (near)
		return filter_invalid(error, "'%.*s' is not an action: did you mean %s?", (int)size,
				      part, near);
	return filter_invalid(
		error,
		"'%.*s' is not an action: say KILL_PROCESS, KILL_THREAD, KILL (both), TRAP, "
		"ERRNO, USER_NOTIF, TRACE or LOG",
		(int)size, part);
}

/* Names of the same number, of which libc and the streamer know the other. */
static const char *other_errno(const char *word)
{
	static const char *const others[][2] = {
		{"EWOULDBLOCK", "EAGAIN"},
		{"EDEADLOCK", "EDEADLK"},
		{"ENOTSUP", "EOPNOTSUPP"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(word, others[i][0]))
			return others[i][1];
	return word;
}

int filter_errno_part(struct filter_term *term, const char *part, size_t size,
		      const struct filter_error *error)
{
	const char *names[ERRNO_NAMES + 1] = {NULL}, *name, *near = NULL;
	int64_t number = filter_number(part, size, ERRNO_END - 1);
	char word[WORD_SIZE] = "";
	size_t n = 0;

	if (number >= 0)
		return filter_add(term, part, size, number, error);
	if (copy_word(word, part, size, toupper)) {
		for (int i = 1; i < ERRNO_NAMES; i++) {
			names[n] = strerrorname_np(i);
			n += names[n] != NULL;
		}
		name = other_errno(word);
		for (int i = 1; i < ERRNO_NAMES; i++)
			if (strerrorname_np(i) && !strcmp(strerrorname_np(i), name))
				return filter_add(term, name, strlen(name), i, error);
		near = option_nearest(word, names);
	}
	if (near)
		return filter_invalid(error, "'%.*s' is not an errno: did you mean %s?", (int)size,
				      part, near);
	return filter_invalid(error, "'%.*s' is not an errno: say EPERM or 1", (int)size, part);
}

/* What Go, Debian and the kernel's folders call them. */
static const char *other_arch(const char *word)
{
	static const char *const others[][2] = {
		{"amd64", "x86_64"},      {"x86-64", "x86_64"}, {"arm64", "aarch64"},
		{"x86", "i386"},          {"i686", "i386"},     {"386", "i386"},
		{"armhf", "arm"},         {"armel", "arm"},     {"ppc64el", "ppc64le"},
		{"mips64el", "mipsel64"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(word, others[i][0]))
			return others[i][1];
	return word;
}

int filter_arch_part(struct filter_term *term, const char *part, size_t size,
		     const struct filter_error *error)
{
	const char *names[64] = {KERNEL_ARCH_X32}, *name, *near = NULL;
	char word[WORD_SIZE];

	for (size_t i = 0; i < kernel_archs_n && i + 2 < ARRAY_SIZE(names); i++)
		names[i + 1] = kernel_archs[i].name;
	if (size && copy_word(word, part, size, tolower)) {
		name = other_arch(word);
		for (size_t i = 0; names[i]; i++)
			if (filter_glob(name, names[i]))
				return filter_add(term, name, strlen(name), -1, error);
		near = option_nearest(word, names);
	}
	if (near)
		return filter_invalid(error, "'%.*s' is not an architecture: did you mean %s?",
				      (int)size, part, near);
	return filter_invalid(error, "'%.*s' is not an architecture: say x86_64, i386 or aarch64",
			      (int)size, part);
}

int filter_signal_part(struct filter_term *term, const char *part, size_t size,
		       const struct filter_error *error)
{
	int64_t number = filter_number(part, size, NSIG - 1);
	const char *names[NSIG + 1] = {NULL}, *near = NULL;
	char word[WORD_SIZE] = "", name[WORD_SIZE];
	size_t n = 0;

	if (number > 0)
		return filter_add(term, part, size, number, error);
	if (copy_word(word, part, size, toupper)) {
		const char *bare = word + (strncmp(word, "SIG", 3) ? 0 : 3);

		for (int i = 1; i < NSIG; i++) {
			names[n] = sigabbrev_np(i);
			if (names[n] && !strcmp(names[n], bare)) {
				(void)snprintf(name, sizeof(name), "SIG%s", names[n]);
				return filter_add(term, name, strlen(name), i, error);
			}
			n += names[n] != NULL;
		}
		near = option_nearest(bare, names);
	}
	if (near)
		return filter_invalid(error, "'%.*s' is not a signal: did you mean SIG%s?",
				      (int)size, part, near);
	return filter_invalid(error, "'%.*s' is not a signal: say SIGKILL or 9", (int)size, part);
}
