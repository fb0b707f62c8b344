/* SPDX-License-Identifier: Apache-2.0 */
/* Ends processes in every way there is, and says who was ended how: one JSON object a line for each
 * event that has to come, or (events 0) must not. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <mntent.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "target.h"
#include "testdata/json.h"
#include "testdata/kill-ways.h"
#include "testdata/memcg.h"

#define SENDER_COMM "kill-sender"
#define FEW 5
#define KILLED "ringside-killed"

static const char usage[] =
	"usage: trigger-kill [--many COUNT] [--linger SECONDS] [--one CAUSE] --cgroup NAME\n";

struct truth {
	const char *scene;
	const struct memcg *memcg;
	pid_t target, sender; /* 0: any, or none */
	const char *cause;    /* NULL: no event may come */
	int signal;
	int status;         /* of wait(2) */
	unsigned processes; /* 0: it is one by itself */
	bool init;
};

static void say(const struct truth *truth)
{
	printf("{\"scene\":");
	json_string(stdout, truth->scene);
	printf(",\"events\":%d,\"target\":%d,\"cgroup\":", !!truth->cause, (int)truth->target);
	json_string(stdout, truth->memcg->path);
	if (truth->cause) {
		printf(",\"sender\":%d,\"cause\":\"%s\",\"signal\":%d,\"core\":",
		       (int)truth->sender, truth->cause, truth->signal);
		json_bool(stdout, WCOREDUMP(truth->status));
		printf(",\"processes\":%u,\"init\":", truth->processes);
		json_bool(stdout, truth->init);
	}
	printf("}\n");
	(void)fflush(stdout);
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* One that ends by itself; @cause NULL: no event may come. */
static void scene_alone(const struct memcg *memcg, const char *scene, target_fn fn, int signal,
			const char *cause)
{
	pid_t pid = target_start(memcg, fn, NULL);
	struct truth truth = {
		.scene = scene, .memcg = memcg, .target = pid, .cause = cause, .signal = signal};

	truth.status = reap(pid);
	if (cause && !strcmp(cause, "SENT"))
		truth.sender = pid;
	say(&truth);
}

static void scene_sent(const struct memcg *memcg, const char *scene, target_fn fn, enum way way)
{
	pid_t pid = target_start(memcg, fn, NULL);
	struct truth truth = {.scene = scene,
			      .memcg = memcg,
			      .target = pid,
			      .sender = getpid(),
			      .cause = "SENT",
			      .signal = SIGKILL};

	if (fn == target_has_threads)
		(void)usleep(100000);
	kill_by(pid, way);
	truth.status = reap(pid);
	if (way == TWICE)
		(void)wait(NULL);
	say(&truth);
}

static bool is_dumping(pid_t pid)
{
	char path[64], line[128];
	bool dumps = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		dumps = dumps || !strcmp(line, "CoreDumping:\t1\n");
	if (f)
		(void)fclose(f);
	return dumps;
}

/* The signal it was about to end by is not what ends it. */
static void scene_dump(const struct memcg *memcg)
{
	pid_t pid = target_start(memcg, target_dumps_slowly, NULL);
	siginfo_t info = {0};

	while (!is_dumping(pid) && !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       !info.si_pid)
		(void)usleep(1000);
	(void)kill(pid, SIGKILL);
	say(&(struct truth){.scene = "dump",
			    .memcg = memcg,
			    .target = pid,
			    .sender = getpid(),
			    .cause = "SENT",
			    .signal = SIGKILL,
			    .status = reap(pid)});
}

/* Ends by a signal that is not told. */
static void scene_other(const struct memcg *memcg, const char *scene, int signal)
{
	pid_t pid = target_start(memcg, target_waits, NULL);

	(void)kill(pid, signal);
	(void)reap(pid);
	say(&(struct truth){.scene = scene, .memcg = memcg, .target = pid});
}

static void scene_zombie(const struct memcg *memcg)
{
	pid_t pid = target_start(memcg, target_exits_with_threads, NULL);
	siginfo_t info;

	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	(void)kill(pid, SIGKILL);
	(void)reap(pid);
	say(&(struct truth){.scene = "zombie", .memcg = memcg, .target = pid});
}

static void scene_group(const struct memcg *memcg)
{
	pid_t pids[3];

	for (int i = 0; i < 3; i++) {
		pids[i] = target_start(memcg, target_waits, NULL);
		(void)setpgid(pids[i], pids[0]);
	}
	(void)kill(-pids[0], SIGKILL);
	for (int i = 0; i < 3; i++)
		say(&(struct truth){.scene = "process-group",
				    .memcg = memcg,
				    .target = pids[i],
				    .sender = getpid(),
				    .cause = "SENT",
				    .signal = SIGKILL,
				    .status = reap(pids[i])});
}

struct family {
	const struct memcg *memcg;
	int out;
	bool traces;
	int signal; /* the child's of its parent's death */
};

static void dies_with_parent(const void *data)
{
	const struct family *family = data;

	(void)prctl(PR_SET_PDEATHSIG, family->signal);
	target_waits(NULL);
}

/* Its child is to end with it. */
static void is_parent(const void *data)
{
	const struct family *family = data;
	pid_t pid =
		target_start(family->memcg, family->traces ? target_waits : dies_with_parent, data);

	(void)!write(family->out, &pid, sizeof(pid));
	if (family->traces)
		(void)ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL);
	(void)usleep(100000);
}

/* We are the reaper of whom its parent leaves. */
static void scene_parent(const struct memcg *memcg, const char *scene, int signal,
			 const char *cause)
{
	int ends[2];
	struct family family = {.memcg = memcg, .signal = signal};
	pid_t parent, pid = 0;

	if (pipe(ends))
		return;
	family.out = ends[1];
	family.traces = cause && !strcmp(cause, "TRACER");
	parent = target_start(memcg, is_parent, &family);
	(void)!read(ends[0], &pid, sizeof(pid));
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)reap(parent);
	say(&(struct truth){.scene = scene,
			    .memcg = memcg,
			    .target = pid,
			    .sender = parent,
			    .cause = cause,
			    .signal = signal,
			    .status = reap(pid)});
}

struct namespace
{
	const struct memcg *memcg;
	int ready;
	bool ends; /* by itself */
};

static void is_init(const void *data)
{
	const struct namespace *in = data;

	for (int i = 0; i < FEW; i++)
		(void)target_start(in->memcg, target_waits, NULL);
	(void)kill(1, SIGKILL); /* from inside: the kernel drops it */
	(void)!write(in->ready, "", 1);
	if (in->ends)
		_exit(0);
	target_waits(NULL);
}

static void scene_namespace(const struct memcg *memcg, bool ends)
{
	const char *scene = ends ? "namespace-exit" : "namespace-kill";
	struct namespace in = {.memcg = memcg, .ends = ends};
	int pipe_ends[2], status;
	char c;
	pid_t pid;

	if (pipe(pipe_ends) || unshare(CLONE_NEWPID))
		return;
	in.ready = pipe_ends[1];
	pid = target_start(memcg, is_init, &in);
	(void)setns((int)syscall(SYS_pidfd_open, getpid(), 0), CLONE_NEWPID);
	(void)!read(pipe_ends[0], &c, 1);
	if (!ends)
		(void)kill(pid, SIGKILL);
	status = reap(pid);
	say(&(struct truth){.scene = scene,
			    .memcg = memcg,
			    .target = pid,
			    .sender = getpid(),
			    .cause = ends ? NULL : "SENT",
			    .signal = SIGKILL,
			    .status = status,
			    .init = true});
	say(&(struct truth){.scene = scene,
			    .memcg = memcg,
			    .sender = pid,
			    .cause = "PID_NAMESPACE",
			    .signal = SIGKILL,
			    .processes = FEW});
}

/* A cgroup of the v2 hierarchy, which may be another than that of the memory controller.
 * Before 5.14 it cannot be killed. */
static int make_killable(char *ret, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	char file[512];

	*ret = '\0';
	while (f && (mount = getmntent(f)))
		if (!strcmp(mount->mnt_type, "cgroup2"))
			(void)snprintf(ret, size, "%s/" KILLED, mount->mnt_dir);
	if (f)
		(void)endmntent(f);
	if (!*ret || mkdir(ret, 0755))
		return -ENODEV;
	(void)snprintf(file, sizeof(file), "%s/cgroup.kill", ret);
	if (!access(file, W_OK))
		return 0;
	(void)rmdir(ret);
	return -ENODEV;
}

static int put(const char *folder, const char *name, const char *text)
{
	char path[512];
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : write_all(fd, text, strlen(text));
}

/* Traced, so that it stops on its way out. */
static void linger(pid_t pid)
{
	(void)ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
}

/* Of a cgroup, where there is no room to note it. */
static void say_each(const struct memcg *memcg, const char *scene, const pid_t *pids)
{
	for (unsigned i = 0; i < FEW; i++)
		say(&(struct truth){.scene = scene,
				    .memcg = memcg,
				    .target = pids[i],
				    .cause = "UNSEEN",
				    .signal = SIGKILL});
}

/* All of a cgroup at once; with @seconds one of them takes so long to exit. */
static void scene_cgroup(const struct memcg *memcg, const char *scene, unsigned n, unsigned seconds)
{
	struct memcg killed = *memcg;
	char folder[256], number[16];
	pid_t pid = 0, few[FEW] = {0};

	if (memcg->version == 2) /* it is in the same hierarchy */
		(void)snprintf(killed.path, sizeof(killed.path), "/" KILLED);
	if (make_killable(folder, sizeof(folder))) {
		fprintf(stderr, "%s: there is no cgroup.kill\n", scene);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		pid = target_start(memcg, target_waits, NULL);
		few[i % FEW] = pid;
		(void)snprintf(number, sizeof(number), "%d", (int)pid);
		(void)put(folder, "cgroup.procs", number);
	}
	if (seconds)
		linger(pid);
	(void)put(folder, "cgroup.kill", "1");
	if (strstr(scene, "unseen"))
		say_each(&killed, scene, few);
	else
		say(&(struct truth){.scene = scene,
				    .memcg = &killed,
				    .sender = getpid(),
				    .cause = "CGROUP",
				    .signal = SIGKILL,
				    .processes = n});
	(void)sleep(seconds);
	if (seconds)
		(void)ptrace(PTRACE_CONT, pid, 0, 0);
	while (wait(NULL) > 0)
		;
	(void)rmdir(folder);
}

/* Each by a sender of its own, so that they can be told apart. */
static void by_another(const struct memcg *memcg, const char *scene, unsigned n, unsigned seconds)
{
	pid_t pid = fork();

	if (!pid) {
		scene_cgroup(memcg, scene, n, seconds);
		_exit(0);
	}
	(void)reap(pid);
}

static void run_scenes(const struct memcg *memcg)
{
	scene_sent(memcg, "kill", target_waits, BY_KILL);
	scene_sent(memcg, "tgkill", target_has_threads, BY_TGKILL);
	scene_sent(memcg, "pidfd", target_waits, BY_PIDFD);
	scene_sent(memcg, "threads", target_has_threads, BY_KILL);
	scene_sent(memcg, "twice", target_has_threads, TWICE);
	scene_sent(memcg, "sigqueue", target_waits, BY_QUEUE);
	scene_sent(memcg, "as-timer", target_waits, AS_TIMER);
	scene_sent(memcg, "as-message", target_waits, AS_MESSAGE);
	scene_sent(memcg, "as-io", target_waits, AS_IO);
	scene_alone(memcg, "itself", target_kills_itself, SIGKILL, "SENT");
	scene_alone(memcg, "itself-as-kernel", target_feigns_kill, SIGKILL, "SENT");
	scene_alone(memcg, "itself-as-fault", target_feigns_fault, SIGSEGV, "UNSPECIFIED");
	scene_alone(memcg, "timer", target_sets_timer, SIGKILL, "UNSPECIFIED");
	scene_alone(memcg, "message", target_asks_for_message, SIGKILL, "UNSPECIFIED");
	scene_alone(memcg, "input", target_asks_for_input, SIGKILL, "UNSPECIFIED");
	scene_group(memcg);
	scene_alone(memcg, "fault", target_faults, SIGSEGV, "KERNEL");
	scene_alone(memcg, "fault-in-thread", target_faults_in_thread, SIGSEGV, "KERNEL");
	scene_alone(memcg, "beyond", target_reads_beyond, SIGBUS, "KERNEL");
	scene_alone(memcg, "cpu-limit", target_burns, SIGKILL, "KERNEL");
	scene_alone(memcg, "file-limit", target_writes_too_much, SIGXFSZ, "KERNEL");
	scene_parent(memcg, "parent", SIGKILL, "PARENT");
	scene_parent(memcg, "parent-other", SIGSEGV, NULL);
	scene_parent(memcg, "tracer", SIGKILL, "TRACER");
	scene_namespace(memcg, false);
	scene_namespace(memcg, true);
	scene_other(memcg, "term", SIGTERM);
	scene_other(memcg, "segv-sent", SIGSEGV);
	scene_dump(memcg);
	scene_zombie(memcg);
	scene_alone(memcg, "handled", target_handles_fault, 0, NULL);
	scene_alone(memcg, "exec-in-thread", target_execs_in_thread, 0, NULL);
	scene_alone(memcg, "exits", target_exits_with_threads, 0, NULL);
	scene_alone(memcg, "aborts", target_aborts, 0, NULL);
}

/* Where there may be no room to note it. */
static void run_one(const struct memcg *memcg, const char *cause)
{
	const bool unseen = !strcmp(cause, "UNSEEN");
	pid_t pid;

	if (!strcmp(cause, "CGROUP") || !strcmp(cause, "CGROUP-UNSEEN")) {
		by_another(memcg, cause[6] ? "cgroup-unseen" : "cgroup", FEW, 0);
		return;
	}
	pid = target_start(memcg, target_waits, NULL);
	(void)kill(pid, SIGKILL);
	say(&(struct truth){.scene = "one",
			    .memcg = memcg,
			    .target = pid,
			    .sender = unseen ? 0 : getpid(),
			    .cause = cause,
			    .signal = SIGKILL,
			    .status = reap(pid)});
}

static unsigned many = 200, lingers;
static const char *one;

static void run_all(const struct memcg *memcg)
{
	run_scenes(memcg);
	by_another(memcg, "cgroup", FEW, 0);
	by_another(memcg, "cgroup-many", many, 0);
	if (lingers)
		by_another(memcg, "cgroup-lingers", FEW, lingers);
}

static const char *options(int argc, char **argv)
{
	static const struct option rows[] = {{"many", required_argument, NULL, 'm'},
					     {"linger", required_argument, NULL, 'l'},
					     {"cgroup", required_argument, NULL, 'c'},
					     {"one", required_argument, NULL, 'o'},
					     {"exit", no_argument, NULL, 'e'},
					     {0}};
	const char *cgroup = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", rows, NULL)) != -1) {
		if (c == 'e')
			_exit(0);
		else if (c == 'm')
			many = (unsigned)atoi(optarg);
		else if (c == 'l')
			lingers = (unsigned)atoi(optarg);
		else if (c == 'o')
			one = optarg;
		else if (c == 'c')
			cgroup = optarg;
		else
			return NULL;
	}
	return cgroup;
}

int main(int argc, char **argv)
{
	const char *cgroup = options(argc, argv);
	struct memcg memcg;
	int r;

	if (!cgroup) {
		(void)fputs(usage, stderr);
		return 2;
	}
	(void)prctl(PR_SET_NAME, SENDER_COMM);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)signal(SIGTERM, SIG_DFL);
	r = memcg_make(&memcg, cgroup);
	if (r) {
		fprintf(stderr, "trigger-kill: %s: %s\n", cgroup, strerror(-r));
		return 1;
	}
	if (one)
		run_one(&memcg, one);
	else
		run_all(&memcg);
	return memcg_remove(&memcg) ? 1 : 0;
}
