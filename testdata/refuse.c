/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: refuse CALL[,CALL...] ERROR PROGRAM [ARG...]
 *
 * Runs PROGRAM under a seccomp filter that answers these system calls with ERROR, as the profiles
 * of containers do. It keeps its capabilities. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/call.h"
#include "testdata/filter.h"

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{"bpf", SYS_bpf},
	{"perf_event_open", SYS_perf_event_open},
};

static const struct {
	const char *name;
	unsigned value;
} errors[] = {
	{"EPERM", EPERM},
	{"EACCES", EACCES},
	{"ENOSYS", ENOSYS},
};

/* Returns 0 or -errno. */
static int refuse_call(const char *name, unsigned error)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(calls[i].name, name))
			return filter_deny(CALL_ARCH, calls[i].nr, SECCOMP_RET_ERRNO | error, 0);
	return -EINVAL;
}

static int refuse_all(char *list, const char *error)
{
	char *save = NULL;
	int r = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (strcmp(errors[i].name, error) != 0)
			continue;
		r = 0;
		for (char *word = strtok_r(list, ",", &save); word && !r;
		     word = strtok_r(NULL, ",", &save))
			r = refuse_call(word, errors[i].value);
	}
	return r;
}

int main(int argc, char **argv)
{
	int r = argc < 4 ? -EINVAL : refuse_all(argv[1], argv[2]);

	if (!r) {
		(void)execvp(argv[3], argv + 3);
		r = -errno;
	}
	(void)fprintf(stderr, "refuse: %s\n", strerror(-r));
	return 126;
}
