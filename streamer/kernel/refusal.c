/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "proto/base/count.h"
#include "proto/base/util.h"

#define FILES_WANTED 128 /* some 70 with every probe, and those of a trial beside them */

/* The line of /proc/self/status that begins with @name, as a number; -1: there is none. */
static int status_number(const char *name)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
	const size_t length = strlen(name);
	char line[256];
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, length) && sscanf(line + length, " %d", &n) == 1)
			break;
	return n;
}

/* Capabilities of a user namespace of one's own open neither bpf(2) nor perf_event_open(2), which
 * ask for those of the first one. That one maps all users to themselves. */
static bool in_user_namespace(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned inside, outside, n;

	return f && fscanf(f, "%u %u %u", &inside, &outside, &n) == 3 &&
	       (inside || outside || n != UINT32_MAX);
}

/* Whether a call gets past seccomp: one that means nothing, which the kernel's own code answers
 * with EINVAL. A profile may be of a finer make and still refuse others. */
static bool reaches_kernel(const char *call)
{
	if (!strcmp(call, "bpf"))
		return syscall(__NR_bpf, -1, NULL, 0) >= 0 || (errno != EPERM && errno != ENOSYS);
	return syscall(__NR_perf_event_open, NULL, 0, -1, -1, ~0ul) >= 0 ||
	       (errno != EPERM && errno != ENOSYS && errno != EACCES);
}

static void explain_profile(const char *call, int error, char *buf, size_t size)
{
	(void)snprintf(
		buf, size,
		"%s is refused (%s) by a seccomp profile, of the container or service it runs "
		"in: let that allow bpf and perf_event_open (docker run --security-opt "
		"seccomp=FILE, SystemCallFilter=)",
		call, strerrorname_np(-error));
}

static void explain_module(const char *call, int error, char *buf, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/sys/kernel/security/lsm", "re");
	char modules[96] = "/sys/kernel/security/lsm";

	if (f && fgets(modules, sizeof(modules), f))
		modules[strcspn(modules, "\n")] = '\0';
	(void)snprintf(buf, size,
		       "%s is refused (%s) by a security module, one of %s%s: let its policy allow "
		       "bpf and perf_event_open",
		       call, strerrorname_np(-error), modules,
		       status_number("Seccomp:") == 2 ? ", or a seccomp profile" : "");
}

static void explain_permission(const char *call, int error, char *buf, size_t size)
{
	if (in_user_namespace())
		(void)snprintf(buf, size,
			       "%s is refused (%s): capabilities of a user namespace (rootless or "
			       "remapped containers) do not count for it; run it outside of one",
			       call, strerrorname_np(-error));
	else if (status_number("Seccomp:") == 2 && !reaches_kernel(call))
		explain_profile(call, error, buf, size);
	else if (error == -ENOSYS)
		(void)snprintf(buf, size, "this kernel was built without %s", call);
	else
		explain_module(call, error, buf, size);
}

static void explain_files(char *buf, size_t size)
{
	struct rlimit limit = {0};

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	(void)snprintf(buf, size,
		       "too many open files: it may have %s, and the programs take up to %d: "
		       "`ulimit -n 1024`, or LimitNOFILE=1024 in its unit",
		       COUNT(limit.rlim_cur), FILES_WANTED);
}

void refusal_explain(const char *call, int error, char *buf, size_t size)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
		explain_permission(call, error, buf, size);
		break;
	case -EMFILE:
		explain_files(buf, size);
		break;
	case -ENFILE:
		(void)snprintf(buf, size,
			       "the machine has too many open files (ENFILE): raise fs.file-max");
		break;
	case -ENOMEM:
		(void)snprintf(
			buf, size,
			"no memory (ENOMEM) for the programs and their maps: the limit of its "
			"cgroup (memory.max, MemoryMax=) or of its address space (ulimit -v) is "
			"too low; --ring-size makes the rings smaller");
		break;
	default:
		(void)snprintf(buf, size, "%s fails: %s", call, strerrordesc_np(-error));
		break;
	}
}

int refusal_of_files(char *buf, size_t size)
{
	struct rlimit limit;
	int fds[FILES_WANTED], n = 0;

	/* What may be raised without asking. */
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max &&
	    limit.rlim_cur < 1024) {
		limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	while (n < FILES_WANTED) {
		fds[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
		if (fds[n] < 0)
			break;
		n++;
	}
	/* Without a standard error there is nothing to be tried with, and nobody to be told. */
	if (n < FILES_WANTED && errno == EMFILE)
		refusal_explain("bpf", -EMFILE, buf, size);
	else
		buf = NULL;
	for (int i = 0; i < n; i++)
		(void)close(fds[i]);
	return buf ? -EMFILE : 0;
}
