/* SPDX-License-Identifier: Apache-2.0 */
/* libseccomp has one table for all architectures. Those of its calls that one of them lacks it
 * gives numbers below 0 there, so asking for one architecture's finds them all. */
#include "consumer/filter/known-syscalls.h"

#include <fnmatch.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/kernel-names.h"
#include "proto/base/options.h"
#include "proto/base/util.h"

#define NUMBERS_END 600       /* of x86_64 */
#define NUMBERS_LACK (-11000) /* its own for what x86_64 lacks end above */
#define NAMES_MAX 1024

struct names {
	size_t n;
	char *all[NAMES_MAX + 1]; /* NULL at the end */
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->all[i]);
}

/* Takes @name. */
static void add_name(struct names *names, char *name)
{
	if (name && names->n < NAMES_MAX)
		names->all[names->n++] = name;
	else
		free(name);
}

static void list_names(struct names *names)
{
	names->n = 0;
	for (int number = NUMBERS_LACK; number < NUMBERS_END; number++)
		add_name(names, seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number));
	for (size_t i = 0; i < kernel_new_calls_n; i++)
		add_name(names, strdup(kernel_new_calls[i]));
	for (size_t i = 0; i < kernel_x86_64_calls_n; i++)
		add_name(names, strdup(kernel_x86_64_calls[i].name));
	names->all[names->n] = NULL;
}

bool known_syscall(const char *name)
{
	if (seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name) != __NR_SCMP_ERROR)
		return true;
	for (size_t i = 0; i < kernel_new_calls_n; i++)
		if (!strcmp(kernel_new_calls[i], name))
			return true;
	for (size_t i = 0; i < kernel_x86_64_calls_n; i++)
		if (!strcmp(kernel_x86_64_calls[i].name, name))
			return true;
	return false;
}

bool known_syscall_glob(const char *pattern)
{
	_cleanup_(names_done) struct names names;

	list_names(&names);
	for (size_t i = 0; i < names.n; i++)
		if (fnmatch(pattern, names.all[i], FNM_NOESCAPE) == 0)
			return true;
	return false;
}

const char *known_syscall_nearest(const char *word, char buf[KNOWN_SYSCALL_SIZE])
{
	_cleanup_(names_done) struct names names;
	const char *near;

	list_names(&names);
	near = option_nearest(word, (const char *const *)names.all);
	if (!near)
		return NULL;
	(void)snprintf(buf, KNOWN_SYSCALL_SIZE, "%s", near);
	return buf;
}
