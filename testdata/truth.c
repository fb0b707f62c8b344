/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/json.h"

#define X32_BIT 0x40000000

static const struct action {
	uint32_t ret;
	const char *name;   /* as in ringside.proto */
	const char *sysctl; /* as in /proc/sys/kernel/seccomp/actions_logged */
	bool always;        /* logged without SECCOMP_FILTER_FLAG_LOG */
} actions[] = {
	{SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS", "kill_process", true},
	{SECCOMP_RET_KILL_THREAD, "KILL_THREAD", "kill_thread", true},
	{SECCOMP_RET_TRAP, "TRAP", "trap", false},
	{SECCOMP_RET_ERRNO, "ERRNO", "errno", false},
	{SECCOMP_RET_USER_NOTIF, "USER_NOTIF", "user_notif", false},
	{SECCOMP_RET_TRACE, "TRACE", "trace", false},
	{SECCOMP_RET_LOG, "LOG", "log", true},
};

/* The calls the cases make. */
static const struct {
	long nr;
	bool compat;
	const char *name;
} names[] = {
	{SYS_getppid, false, "getppid"},
	{SYS_getpgid, false, "getpgid"},
	{SYS_ioctl, false, "ioctl"},
	{SYS_getuid, false, "getuid"},
	{SYS_gettimeofday, false, "gettimeofday"},
#ifdef SYS_time
	{SYS_time, false, "time"},
#endif
	{SYS_getcpu, false, "getcpu"},
	{SYS_getppid | X32_BIT, false, "getppid"},
	{64, true, "getppid"},
};

/* /proc/self/status counts the filters since Linux 5.9. */
static int filters_now(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Seccomp_filters: %d", &n) == 1)
			break;
	return n;
}

struct truth *truth_map(int fd)
{
	void *p = mmap(NULL, sizeof(struct truth), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct truth *truth_new(const char *name, int *ret_fd)
{
	_cleanup_close_ int fd = memfd_create("truth", 0); /* not CLOEXEC: kept across exec */
	struct truth *truth;

	if (fd < 0 || ftruncate(fd, sizeof(*truth)))
		return NULL;
	truth = truth_map(fd);
	if (!truth)
		return NULL;
	(void)snprintf(truth->name, sizeof(truth->name), "%s", name);
	truth->filters = filters_now();
	truth->uid = getuid();
	truth->gid = getgid();
	*ret_fd = TAKE_FD(fd);
	return truth;
}

void truth_start(struct truth *truth)
{
	_cleanup_close_ int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)read_full(fd, truth->cgroups, sizeof(truth->cgroups) - 1);
	truth->ppid = getppid();
	truth_join(truth);
}

void truth_join(struct truth *truth)
{
	(void)prctl(PR_SET_NAME, truth->name, 0, 0, 0);
	for (uint32_t i = 0; i < truth->n_pids; i++)
		if (truth->pids[i] == getpid())
			return;
	if (truth->n_pids < TRUTH_PIDS)
		truth->pids[truth->n_pids++] = getpid();
}

void truth_filter_added(struct truth *truth)
{
	if (truth->filters >= 0)
		truth->filters++;
}

struct expect *truth_expect(struct truth *truth, const struct call *call, struct verdict verdict)
{
	struct expect *e = &truth->expect[truth->n_expect];

	if (truth->n_expect == TRUTH_EXPECT) {
		(void)truth_fail(truth, "more than %d events in one case", TRUTH_EXPECT);
		return &truth->expect[0];
	}
	e->pid = getpid();
	e->tid = gettid();
	(void)prctl(PR_GET_NAME, e->comm, 0, 0, 0);
	e->call = *call;
	e->verdict = verdict;
	e->filters = truth->filters;
	e->uid = truth->uid;
	e->gid = truth->gid;
	truth->n_expect++;
	return e;
}

static int check(struct truth *truth, const struct call *call, long got, long want)
{
	truth_observe(truth, "call %ld = %ld", call->nr, got);
	if (got != want)
		return truth_fail(truth, "call %ld returned %ld instead of %ld", call->nr, got,
				  want);
	return 0;
}

int truth_denied(struct truth *truth, const struct call *call, struct verdict verdict)
{
	struct expect *e = truth_expect(truth, call, verdict);

	return check(truth, call, call_native(&e->call), -verdict.error);
}

int truth_allowed(struct truth *truth, const struct call *call, long want)
{
	struct call copy = *call;

	return check(truth, call, call_native(&copy), want);
}

void truth_observe(struct truth *truth, const char *fmt, ...)
{
	size_t used = strlen(truth->observed);
	va_list ap;

	if (used)
		used += (size_t)snprintf(truth->observed + used, sizeof(truth->observed) - used,
					 "; ");
	if (used >= sizeof(truth->observed))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(truth->observed + used, sizeof(truth->observed) - used, fmt, ap);
	va_end(ap);
}

static int fail(struct truth *truth, const char *fmt, va_list ap)
{
	if (!*truth->failure) /* the first one is the cause */
		(void)vsnprintf(truth->failure, sizeof(truth->failure), fmt, ap);
	return -1;
}

int truth_fail(struct truth *truth, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail(truth, fmt, ap);
	va_end(ap);
	return -1;
}

int truth_unsupported(struct truth *truth, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail(truth, fmt, ap);
	va_end(ap);
	truth->unsupported = true;
	return -1;
}

static const struct action *action_of(uint32_t ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].ret == (ret & SECCOMP_RET_ACTION_FULL))
			return &actions[i];
	return &actions[0];
}

/* As the kernel's seccomp_log() decides; -1 where the sysctl cannot be read. */
static int is_logged(const struct action *action, bool flag)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/seccomp/actions_logged", "re");
	char word[32];

	if (!f)
		return -1;
	while (fscanf(f, "%31s", word) == 1)
		if (!strcmp(word, action->sysctl))
			return action->always || flag;
	return 0;
}

static void print_call(const struct expect *e)
{
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].nr == e->call.nr && names[i].compat == e->verdict.compat)
			name = names[i].name;
	if (!e->verdict.unnamed) {
		(void)printf(",\"syscall\":");
		if (name)
			json_string(stdout, name);
		else
			(void)printf("null");
	}
	(void)printf(",\"nr\":%ld,\"nr_lost\":%s,\"arch\":%u,\"arch_name\":\"%s\"", e->call.nr,
		     e->verdict.nr_lost ? "true" : "false",
		     e->verdict.compat ? CALL_COMPAT_ARCH : CALL_ARCH,
		     e->verdict.compat                               ? CALL_COMPAT_ARCH_NAME
		     : e->call.nr > 0 && (e->call.nr & X32_BIT) != 0 ? "x32"
								     : CALL_ARCH_NAME);
	for (int i = 0; i < 6; i++)
		(void)printf("%s%" PRIu64, i ? "," : ",\"args\":[", e->call.args[i]);
	(void)printf("],\"instruction_pointer\":%" PRIu64, e->call.ip);
}

static void print_expect(const struct expect *e)
{
	const struct action *action = action_of(e->verdict.ret);

	(void)printf("{\"pid\":%d,\"tid\":%d,\"uid\":%u,\"gid\":%u,\"comm\":", e->pid, e->tid,
		     e->uid, e->gid);
	json_string(stdout, e->comm);
	print_call(e);
	(void)printf(",\"action\":\"%s\",\"error_number\":", action->name);
	if (e->verdict.error == TRUTH_NO_ERROR)
		(void)printf("null");
	else
		(void)printf("%d", e->verdict.error);
	(void)printf(",\"ret_data\":");
	if (e->verdict.strict)
		(void)printf("null");
	else
		(void)printf("%u", e->verdict.ret & SECCOMP_RET_DATA);
	(void)printf(",\"logged\":");
	json_bool(stdout, is_logged(action, e->verdict.log));
	(void)printf(",\"strict\":%s,\"filters\":", e->verdict.strict ? "true" : "false");
	if (e->filters < 0)
		(void)printf("null}");
	else
		(void)printf("%d}", e->filters);
}

/* Lines of /proc/self/cgroup: number:controllers:path */
static void print_paths(const char *lines)
{
	const char *separator = "";
	char path[1024];

	while (sscanf(lines, "%*d:%*[^/]%1023[^\n]", path) == 1) {
		(void)fputs(separator, stdout);
		json_string(stdout, path);
		separator = ",";
		lines += strcspn(lines, "\n") + 1;
	}
}

void truth_print(const struct truth *truth)
{
	(void)printf("{\"kind\":\"seccomp_denial\",\"case\":\"%s\",", truth->name);
	if (truth->unsupported) {
		(void)printf("\"unsupported\":true,\"observed\":");
		json_string(stdout, truth->failure);
		(void)printf("}\n");
		return;
	}
	(void)printf("\"comm\":\"%s\",\"pids\":[", truth->name);
	for (uint32_t i = 0; i < truth->n_pids; i++)
		(void)printf("%s%d", i ? "," : "", truth->pids[i]);
	(void)printf("],\"cgroups\":[");
	print_paths(truth->cgroups);
	(void)printf("],\"cgroup\":");
	if (*truth->cgroup)
		json_string(stdout, truth->cgroup);
	else
		(void)printf("null");
	(void)printf(",\"expect\":[");
	for (uint32_t i = 0; i < truth->n_expect; i++) {
		if (i)
			(void)fputc(',', stdout);
		print_expect(&truth->expect[i]);
	}
	(void)printf("],\"observed\":");
	json_string(stdout, truth->observed);
	(void)printf("}\n");
	(void)fflush(stdout);
}
