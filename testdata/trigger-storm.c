/* SPDX-License-Identifier: Apache-2.0 */
/* Denied system calls as fast as they go, from many tasks at once, and how many there were: for
 * sums that have to close, and for the cost of a denial. */
#include <errno.h>
#include <getopt.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "filter.h"
#include "json.h"
#include "memcg.h"
#include "util.h"

#define TASKS_MAX 512
#define ERRNO_MAX 4095
#define READY_POLLS 5000 /* of 2 ms */

/* Calls a task of ours does not need; --distinct goes through them. */
static const struct {
	const char *name;
	long nr;
} calls[] = {
	{"getppid", SYS_getppid},
	{"keyctl", SYS_keyctl},
	{"add_key", SYS_add_key},
	{"mount", SYS_mount},
	{"umount2", SYS_umount2},
	{"ptrace", SYS_ptrace},
	{"bpf", SYS_bpf},
	{"unshare", SYS_unshare},
	{"setns", SYS_setns},
	{"acct", SYS_acct},
	{"swapon", SYS_swapon},
	{"personality", SYS_personality},
	{"userfaultfd", SYS_userfaultfd},
	{"perf_event_open", SYS_perf_event_open},
	{"init_module", SYS_init_module},
	{"clone3", SYS_clone3},
};

#define DISTINCT_MAX (ARRAY_SIZE(calls) * ERRNO_MAX)

struct options {
	unsigned long tasks;
	unsigned long count;
	unsigned long error;
	unsigned long distinct; /* 1: one pair, --syscall and --errno */
	unsigned long sleepers;
	unsigned long per_cgroup; /* 0: all in one */
	bool supervised;
	long nr;
	const char *cgroup;
};

struct task {
	pid_t pid;
	volatile bool ready;
	unsigned long denied;
	unsigned long nanoseconds;
	char failure[128];
};

struct storm {
	struct options options;
	struct memcg memcg;
	int start[2]; /* its closing is the signal to begin */
	struct task *tasks;
	struct task *sleepers;
};

static const char usage[] =
	"usage: trigger-storm [--tasks N] [--count N] [--errno E] [--syscall NAME|NR]\n"
	"                     [--distinct N] [--supervised] [--sleepers N]\n"
	"                     [--cgroup NAME [--per-cgroup N]]\n"
	"  --tasks N       processes at work (default: 1)\n"
	"  --count N       denied calls of each (default: 10000)\n"
	"  --errno E       what they get (default: 1)\n"
	"  --syscall X     what they call (default: getppid)\n"
	"  --distinct N    N different pairs of call and errno in turn, up to 65520\n"
	"  --supervised    not by the filter: by a supervisor that it asks\n"
	"  --sleepers N    processes blocked in SECCOMP_RET_USER_NOTIF meanwhile\n"
	"  --cgroup NAME   all in a new memory cgroup NAME, removed at the end\n"
	"  --per-cgroup N  each task goes on in a new cgroup below it after every N calls\n";

/* CLOCK_PROCESS_CPUTIME_ID for the cost of a call: tasks may have to share a CPU. */
static unsigned long now(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (unsigned long)t.tv_sec * 1000000000ul + (unsigned long)t.tv_nsec;
}

static int task_fail(struct task *task, const char *what, int error)
{
	(void)snprintf(task->failure, sizeof(task->failure), "%s: %s", what, strerror(error));
	return 1;
}

/* The errno of each call is its first argument. */
static int install_distinct(void)
{
	struct sock_filter code[ARRAY_SIZE(calls) + 6] = {FILTER_LOAD(nr)};
	unsigned short n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++, n++)
		code[n] = (struct sock_filter)FILTER_IF(calls[i].nr, ARRAY_SIZE(calls) - i, 0);
	code[n++] = (struct sock_filter)FILTER_RETURN(SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)FILTER_LOAD(args[0]);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SECCOMP_RET_DATA);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	return filter_install(code, n, 0);
}

/* Leaves the cgroup @old ("" for none) for a new one, the @number-th, or for the common one. */
static int move_on(const struct memcg *memcg, char old[MEMCG_PATH], unsigned long number, bool back)
{
	struct memcg next = *memcg;
	int r;

	if (!back) {
		if (snprintf(next.folder, sizeof(next.folder), "%s/%d-%lu", memcg->folder,
			     (int)getpid(), number) >= (int)sizeof(next.folder))
			return -ENAMETOOLONG;
		if (mkdir(next.folder, 0755))
			return -errno;
	}
	r = memcg_enter(&next);
	if (!r && *old && rmdir(old))
		r = -errno;
	(void)strcpy(old, next.folder);
	return r;
}

static int deny(const struct storm *storm, struct task *task)
{
	unsigned long begin = now(CLOCK_PROCESS_CPUTIME_ID);
	const struct options *o = &storm->options;
	char folder[MEMCG_PATH] = "";
	int r = 0;

	for (unsigned long i = 0; i < o->count; i++) {
		unsigned long pair = i % o->distinct;
		long error =
			o->distinct > 1 ? (long)(pair / ARRAY_SIZE(calls) + 1) : (long)o->error;
		struct call call = {
			.nr = o->distinct > 1 ? calls[pair % ARRAY_SIZE(calls)].nr : o->nr,
			.args = {(uint64_t)error, i},
		};

		if (o->per_cgroup && i % o->per_cgroup == 0)
			r = move_on(&storm->memcg, folder, i / o->per_cgroup, false);
		if (r)
			return task_fail(task, "entering a new cgroup", -r);
		if (call_native(&call) != -error)
			return task_fail(task, "a call was not denied as it should", 0);
		task->denied++;
	}
	task->nanoseconds = now(CLOCK_PROCESS_CPUTIME_ID) - begin;
	if (*folder)
		r = move_on(&storm->memcg, folder, 0, true);
	return r ? task_fail(task, "leaving the last cgroup", -r) : 0;
}

/* Answers each call of the task it is a child of. */
static int supervise(int listener, const struct options *o)
{
	for (unsigned long i = 0; i < o->count; i++) {
		struct seccomp_notif notif = {0};
		struct seccomp_notif_resp resp = {.error = -(int)o->error};

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
			return 1;
		resp.id = notif.id;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp))
			return 1;
	}
	return 0;
}

static int install_supervised(const struct options *o, pid_t *ret)
{
	int listener = filter_deny(CALL_ARCH, o->nr, SECCOMP_RET_USER_NOTIF,
				   SECCOMP_FILTER_FLAG_NEW_LISTENER);

	if (listener < 0)
		return listener;
	*ret = fork();
	if (*ret < 0)
		return -errno;
	if (!*ret) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		_exit(supervise(listener, o));
	}
	return close(listener);
}

static int install(const struct options *o, pid_t *ret_supervisor)
{
	if (o->supervised)
		return install_supervised(o, ret_supervisor);
	if (o->distinct > 1)
		return install_distinct();
	return filter_deny(CALL_ARCH, o->nr, SECCOMP_RET_ERRNO | (uint32_t)o->error, 0);
}

static int run_task(struct storm *storm, struct task *task)
{
	const struct options *o = &storm->options;
	pid_t supervisor = 0;
	char c;
	int r;

	(void)prctl(PR_SET_NAME, "storm", 0, 0, 0);
	(void)close(storm->start[1]);
	r = install(o, &supervisor);
	if (r)
		return task_fail(task, "installing the filter", -r);
	task->ready = true;
	if (read(storm->start[0], &c, 1))
		return task_fail(task, "waiting for the start", errno);
	r = deny(storm, task);
	if (supervisor > 0 && waitpid(supervisor, NULL, 0) != supervisor)
		return task_fail(task, "waiting for the supervisor", errno);
	return r;
}

/* Listens to itself, so nobody ever answers. */
static int run_sleeper(struct storm *storm, struct task *task)
{
	struct call call = {.nr = SYS_getppid};
	int fd;

	(void)prctl(PR_SET_NAME, "storm-sleeper", 0, 0, 0);
	(void)close(storm->start[1]);
	fd = filter_deny(CALL_ARCH, SYS_getppid, SECCOMP_RET_USER_NOTIF,
			 SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (fd < 0)
		return task_fail(task, "installing the filter", -fd);
	task->ready = true;
	(void)call_native(&call);
	return task_fail(task, "a sleeper woke up", 0);
}

static int launch(struct storm *storm, struct task *task,
		  int (*run)(struct storm *storm, struct task *task))
{
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid) {
		task->pid = pid; /* shared: the child would write 0 here */
		return 0;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	r = storm->memcg.made ? memcg_enter(&storm->memcg) : 0;
	_exit(r ? task_fail(task, "entering the cgroup", -r) : run(storm, task));
}

static bool is_asleep(pid_t pid)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], state = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	return f && fscanf(f, "%*d %*s %c", &state) == 1 && state == 'S';
}

static int await(const struct task *tasks, unsigned long n)
{
	const struct timespec pause_time = {.tv_nsec = 2 * 1000 * 1000};
	unsigned long ready = 0;

	for (int i = 0; i < READY_POLLS; i++) {
		while (ready < n && tasks[ready].ready && is_asleep(tasks[ready].pid))
			ready++;
		if (ready == n)
			return 0;
		if (*tasks[ready].failure)
			return -ECANCELED; /* reap() says which */
		(void)nanosleep(&pause_time, NULL);
	}
	return -ETIMEDOUT;
}

static int launch_all(struct storm *storm)
{
	int r = 0;

	for (unsigned long i = 0; !r && i < storm->options.sleepers; i++)
		r = launch(storm, &storm->sleepers[i], run_sleeper);
	for (unsigned long i = 0; !r && i < storm->options.tasks; i++)
		r = launch(storm, &storm->tasks[i], run_task);
	if (!r)
		r = await(storm->sleepers, storm->options.sleepers);
	if (!r)
		r = await(storm->tasks, storm->options.tasks);
	return r;
}

/* Waits for @tasks and says which failed; those that would not end by themselves are killed. */
static int reap(struct task *tasks, unsigned long n, bool kill_them)
{
	int failed = 0, status;

	for (unsigned long i = 0; i < n; i++) {
		if (tasks[i].pid <= 0)
			continue;
		if (kill_them)
			(void)kill(tasks[i].pid, SIGKILL);
		if (waitpid(tasks[i].pid, &status, 0) != tasks[i].pid ||
		    (kill_them ? *tasks[i].failure != 0 : status != 0)) {
			(void)fprintf(stderr, "trigger-storm: task %lu: status %#x %s\n", i, status,
				      tasks[i].failure);
			failed = 1;
		}
	}
	return failed;
}

static const char *name_of(long nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	return NULL;
}

static void print_result(const struct storm *storm, const char *cgroup, unsigned long wall)
{
	const struct options *o = &storm->options;
	unsigned long denied = 0, nanoseconds = 0;

	for (unsigned long i = 0; i < o->tasks; i++) {
		denied += storm->tasks[i].denied;
		nanoseconds += storm->tasks[i].nanoseconds;
	}
	(void)printf("{\"kind\":\"storm\",\"triggered\":%lu,\"ns_per_call\":%.1f,\"seconds\":%.6f,"
		     "\"tasks\":%lu,\"count\":%lu,\"distinct\":%lu,\"sleepers\":%lu",
		     denied, denied ? (double)nanoseconds / (double)denied : 0.0,
		     (double)wall / 1e9, o->tasks, o->count, o->distinct, o->sleepers);
	if (o->distinct == 1)
		(void)printf(",\"nr\":%ld,\"syscall\":\"%s\",\"error_number\":%lu", o->nr,
			     name_of(o->nr) ? name_of(o->nr) : "", o->error);
	(void)printf(",\"cgroup\":");
	if (*cgroup)
		json_string(stdout, cgroup);
	else
		(void)printf("null");
	for (unsigned long i = 0; i < o->tasks; i++)
		(void)printf("%s%d", i ? "," : ",\"pids\":[", storm->tasks[i].pid);
	(void)printf("]}\n");
}

static int run(struct storm *storm)
{
	char cgroup[MEMCG_PATH] = "";
	unsigned long begin;
	int r = storm->options.cgroup ? memcg_make(&storm->memcg, storm->options.cgroup) : 0;
	int failed;

	if (r)
		(void)fprintf(stderr, "trigger-storm: making the cgroup %s: %s\n",
			      storm->options.cgroup, strerror(-r));
	if (r || pipe(storm->start))
		return 1;
	(void)snprintf(cgroup, sizeof(cgroup), "%s", storm->memcg.path);
	r = launch_all(storm);
	if (r)
		(void)fprintf(stderr, "trigger-storm: starting: %s\n", strerror(-r));
	begin = now(CLOCK_MONOTONIC);
	(void)close(storm->start[1]);
	failed = reap(storm->tasks, storm->options.tasks, r != 0) || r;
	begin = now(CLOCK_MONOTONIC) - begin;
	failed |= reap(storm->sleepers, storm->options.sleepers, true);
	r = memcg_remove(&storm->memcg);
	if (r)
		(void)fprintf(stderr, "trigger-storm: removing the cgroup: %s\n", strerror(-r));
	if (failed || r)
		return 1;
	print_result(storm, cgroup, begin);
	return 0;
}

static int parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < min || value > max) {
		(void)fprintf(stderr, "trigger-storm: %s is not a number from %lu to %lu\n", text,
			      min, max);
		return -EINVAL;
	}
	*ret = value;
	return 0;
}

static int parse_call(const char *text, long *ret)
{
	unsigned long nr;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strcmp(calls[i].name, text))
			continue;
		*ret = calls[i].nr;
		return 0;
	}
	if (parse_number(text, 0, INT32_MAX, &nr)) {
		(void)fputs("trigger-storm: names known: getppid, keyctl, mount, ...\n", stderr);
		return -EINVAL;
	}
	if (nr == SYS_read || nr == SYS_exit || nr == SYS_exit_group) {
		(void)fputs("trigger-storm: a task needs this call itself\n", stderr);
		return -EINVAL;
	}
	*ret = (long)nr;
	return 0;
}

static int parse_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case 't':
		return parse_number(text, 1, TASKS_MAX, &o->tasks);
	case 'n':
		return parse_number(text, 1, 1000000000, &o->count);
	case 'e':
		return parse_number(text, 1, ERRNO_MAX, &o->error);
	case 'd':
		return parse_number(text, 1, DISTINCT_MAX, &o->distinct);
	case 's':
		return parse_number(text, 0, TASKS_MAX, &o->sleepers);
	case 'p':
		return parse_number(text, 1, 1000000000, &o->per_cgroup);
	case 'u':
		o->supervised = true;
		return 0;
	case 'x':
		return parse_call(text, &o->nr);
	case 'c':
		o->cgroup = text;
		return 0;
	default:
		return -EINVAL;
	}
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"tasks", required_argument, NULL, 't'},
		{"count", required_argument, NULL, 'n'},
		{"errno", required_argument, NULL, 'e'},
		{"distinct", required_argument, NULL, 'd'},
		{"sleepers", required_argument, NULL, 's'},
		{"supervised", no_argument, NULL, 'u'},
		{"syscall", required_argument, NULL, 'x'},
		{"cgroup", required_argument, NULL, 'c'},
		{"per-cgroup", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct storm storm = {.options = {.tasks = 1,
					  .count = 10000,
					  .error = EPERM,
					  .distinct = 1,
					  .nr = SYS_getppid}};
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h')
			return fputs(usage, stdout) < 0;
		if (parse_option(&storm.options, option, optarg))
			return 2;
	}
	if (optind != argc || (storm.options.per_cgroup && !storm.options.cgroup)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	storm.tasks = mmap(NULL, 2 * TASKS_MAX * sizeof(struct task), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (storm.tasks == MAP_FAILED) {
		(void)fprintf(stderr, "trigger-storm: %s\n", strerror(errno));
		return 1;
	}
	storm.sleepers = storm.tasks + TASKS_MAX;
	return run(&storm);
}
