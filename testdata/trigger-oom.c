/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the kernel's OOM killer act, in a small memory cgroup of its own, and prints the truth
 * about each kill as a line of JSON. Fails when a process lives that should have died, or the
 * other way round. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/json.h"
#include "testdata/scene.h"

#define MIB (1024ull * 1024)
#define LIMIT_MIN 8
#define LIMIT_MAX 48
#define LIMIT_DEFAULT 32
#define CASE_SECONDS 30
#define EXIT_SKIP 77

struct options {
	const char *cgroup;
	uint64_t limit;
	unsigned storm;
	unsigned group;
	bool machine;
	bool guest;
};

static const char usage[] =
	"usage: trigger-oom [--cgroup NAME] [--limit MIB] CASE...|all\n"
	"       trigger-oom [--limit MIB] --storm TASKS\n"
	"       trigger-oom --group TASKS\n"
	"       trigger-oom --machine --yes-this-is-a-guest\n"
	"       trigger-oom list\n"
	"  --cgroup NAME   the memory cgroup to make, and to remove after each case\n"
	"                  (default: ringside-CASE)\n"
	"  --limit MIB     its limit, 8 to 48 (default: 32)\n"
	"  --storm TASKS   up to 500 small processes that are killed one after another\n"
	"  --group TASKS   processes that are killed at once, by memory.oom.group\n"
	"  --machine       run the cases that kill on the whole machine, for guests only\n"
	"Needs root. Exits with 77 where there is no memory cgroup to be had.\n";

static int fail(struct scene *scene, const char *fmt, va_list ap)
{
	if (!*scene->failure)
		(void)vsnprintf(scene->failure, sizeof(scene->failure), fmt, ap);
	return -1;
}

int scene_fail(struct scene *scene, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail(scene, fmt, ap);
	va_end(ap);
	return -1;
}

int scene_unsupported(struct scene *scene, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail(scene, fmt, ap);
	va_end(ap);
	scene->unsupported = true;
	return -1;
}

static void note_end(struct scene *scene, pid_t pid, int status)
{
	for (uint32_t i = 0; i < scene->n_actors; i++) {
		struct actor *actor = &scene->actors[i];
		bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

		if (actor->pid != pid)
			continue;
		actor->ended = true;
		if (actor->victim ? !killed : status != 0)
			(void)scene_fail(scene, "%s ended with status %#x", actor->comm, status);
	}
}

static bool is_over(const struct scene *scene)
{
	for (uint32_t i = 0; i < scene->n_actors; i++)
		if (scene->actors[i].pid > 0 && !scene->actors[i].ended)
			return false;
	return true;
}

static void kill_actors(struct scene *scene)
{
	for (uint32_t i = 0; i < scene->n_actors; i++)
		if (scene->actors[i].pid > 0 && !scene->actors[i].ended)
			(void)kill(scene->actors[i].pid, SIGKILL);
}

/* SIGCHLD is blocked: it wakes sigtimedwait(), so that the cgroup can go at once. */
static void wait_for_actors(struct scene *scene, unsigned seconds)
{
	const struct timespec second = {.tv_sec = 1};
	sigset_t set;
	int status;
	pid_t pid;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	while (!is_over(scene)) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0) {
			note_end(scene, pid, status);
		} else if (pid < 0) {
			(void)scene_fail(scene, "an actor is missing: %s", strerror(errno));
			return;
		} else if (sigtimedwait(&set, NULL, &second) < 0 && errno == EAGAIN && !seconds--) {
			(void)scene_fail(scene, "nobody was killed");
			kill_actors(scene);
			seconds = CASE_SECONDS;
		}
	}
}

static int open_stage(struct scene *scene, const struct scene_case *c,
		      const struct options *options)
{
	char name[MEMCG_PATH];
	int r;

	if (c->machine)
		return 0;
	(void)snprintf(name, sizeof(name), "ringside-%s", c->name);
	r = memcg_make(&scene->owner, options->cgroup ? options->cgroup : name);
	if (r == -ENODEV || r == -EROFS || r == -EACCES || r == -EPERM)
		return scene_unsupported(scene, "no memory cgroup to be had: %s", strerror(-r));
	if (r)
		return scene_fail(scene, "making the cgroup %s: %s",
				  options->cgroup ? options->cgroup : name, strerror(-r));
	scene->limit = options->limit;
	r = memcg_set_limit(&scene->owner, scene->limit);
	if (!r && c->child)
		r = memcg_make_child(&scene->memcg, &scene->owner, c->child);
	else
		scene->memcg = scene->owner;
	return r ? scene_fail(scene, "setting the limit: %s", strerror(-r)) : 0;
}

static void close_stage(struct scene *scene, const struct scene_case *c)
{
	int r = c->child ? memcg_remove(&scene->memcg) : 0;

	if (!r)
		r = memcg_remove(&scene->beside);
	if (!r)
		r = memcg_remove(&scene->owner);
	if (r)
		(void)scene_fail(scene, "removing %s: %s", scene->owner.folder, strerror(-r));
}

static void print_path(const char *key, const char *path)
{
	(void)printf(",\"%s\":", key);
	if (*path)
		json_string(stdout, path);
	else
		(void)printf("null");
}

static void print_victim(const struct actor *actor)
{
	(void)printf("{\"pid\":%d,\"vpid\":%d,\"comm\":", actor->pid, actor->vpid);
	json_string(stdout, actor->comm);
	print_path("leader_comm", actor->leader_comm);
	(void)printf(",\"oom_score_adj\":%d,\"touched_bytes\":%" PRIu64
		     ",\"memory\":\"%s\",\"container_init\":%s,\"pid_namespace_init\":%s}",
		     actor->oom_score_adj, actor->touched, actor->shmem ? "shmem" : "anon",
		     actor->container_init ? "true" : "false", actor->init ? "true" : "false");
}

static void print_actors(const struct scene *scene)
{
	const char *separator = "";

	(void)printf(",\"pids\":[");
	for (uint32_t i = 0; i < scene->n_actors; i++)
		(void)printf("%s%d", i ? "," : "", scene->actors[i].pid);
	(void)printf("],\"expect\":[");
	for (uint32_t i = 0; i < scene->n_actors; i++) {
		if (!scene->actors[i].victim)
			continue;
		(void)fputs(separator, stdout);
		print_victim(&scene->actors[i]);
		separator = ",";
	}
	if (scene->trigger < 0)
		(void)printf("],\"trigger_pid\":null,\"trigger_comm\":null");
	else
		(void)printf("],\"trigger_pid\":%d,\"trigger_comm\":\"%s\"",
			     scene->actors[scene->trigger].pid, scene->actors[scene->trigger].comm);
}

/* Paths, as they were while the actors lived. */
struct paths {
	char victim[MEMCG_PATH], trigger[MEMCG_PATH], owner[MEMCG_PATH];
};

static void print_truth(const struct scene *scene, const struct paths *paths)
{
	(void)printf("{\"kind\":\"oom_kill\",\"case\":\"%s\"", scene->name);
	if (scene->unsupported) {
		(void)printf(",\"unsupported\":true,\"observed\":");
		json_string(stdout, scene->failure);
		(void)printf("}\n");
		return;
	}
	(void)printf(",\"comm\":\"%s\"", scene->name);
	print_actors(scene);
	print_path("cgroup", paths->victim);
	print_path("trigger_cgroup", paths->trigger);
	print_path("owner", paths->owner);
	if (scene->limit)
		(void)printf(",\"limit_bytes\":%" PRIu64 ",\"v\":%d", scene->limit,
			     scene->owner.version);
	(void)printf(",\"scope\":\"%s\",\"oom_group\":%s,\"shares_memory\":%d}\n",
		     scene->limit   ? "MEMCG"
		     : scene->sysrq ? "SYSRQ"
				    : "GLOBAL",
		     scene->group ? "true" : "false", scene->shares_memory);
	(void)fflush(stdout);
}

static int play(struct scene *scene, const struct scene_case *c, const struct options *options)
{
	struct paths paths = {0};

	scene->name = c->name;
	(void)fflush(stdout);
	if (!open_stage(scene, c, options)) {
		if (c->machine)
			(void)memcg_own_path(paths.victim, sizeof(paths.victim));
		else
			(void)strcpy(paths.victim, scene->memcg.path);
		(void)strcpy(paths.owner, scene->owner.path);
		if (c->stage(scene))
			kill_actors(scene);
		(void)strcpy(paths.trigger, scene->beside.made ? scene->beside.path : paths.victim);
		wait_for_actors(scene, CASE_SECONDS);
	}
	close_stage(scene, c);
	if (!*scene->failure || scene->unsupported) {
		print_truth(scene, &paths);
		return scene->unsupported ? EXIT_SKIP : 0;
	}
	(void)fprintf(stderr, "trigger-oom: %s: %s\n", scene->name, scene->failure);
	return 1;
}

static int run_case(const struct scene_case *c, const struct options *options)
{
	struct scene *scene = mmap(NULL, sizeof(*scene), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (c->machine && !options->guest) {
		(void)fprintf(stderr,
			      "trigger-oom: %s kills on the whole machine: only in a guest, with "
			      "--yes-this-is-a-guest\n",
			      c->name);
		return 2;
	}
	if (scene == MAP_FAILED) {
		(void)fprintf(stderr, "trigger-oom: %s\n", strerror(errno));
		return 1;
	}
	r = play(scene, c, options);
	(void)munmap(scene, sizeof(*scene));
	return r;
}

static bool is_named(const struct scene_case *c, char **names, const struct options *options)
{
	if (!*names)
		return options->machine && c->machine;
	for (; *names; names++)
		if (!strcmp(*names, c->name) || (!strcmp(*names, "all") && !c->machine))
			return true;
	return false;
}

static bool names_are_known(char **names)
{
	for (; *names; names++) {
		bool known = !strcmp(*names, "all");

		for (size_t i = 0; i < n_scene_cases; i++)
			known |= !strcmp(*names, scene_cases[i].name);
		if (known)
			continue;
		(void)fprintf(stderr, "trigger-oom: no case %s, see list\n", *names);
		return false;
	}
	return true;
}

/* 0 if all were killed as they should, 77 if nothing could be tried at all. */
static int run_all(char **names, const struct options *options)
{
	int ran = 0, skipped = 0, failed = 0;

	if (!names_are_known(names))
		return 2;
	for (size_t i = 0; i < n_scene_cases; i++) {
		int r;

		if (!is_named(&scene_cases[i], names, options))
			continue;
		r = run_case(&scene_cases[i], options);
		if (r == 2)
			return r;
		ran++;
		skipped += r == EXIT_SKIP;
		failed += r == 1;
	}
	return failed ? 1 : ran == skipped ? EXIT_SKIP : 0;
}

static int list(void)
{
	for (size_t i = 0; i < n_scene_cases; i++)
		(void)printf("%s  %s\n", scene_cases[i].name, scene_cases[i].what);
	return 0;
}

static void prepare(const struct options *options)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	/* Children of a victim come to us: some of them have to be dead too. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (options->guest) {
		_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			(void)write_all(fd, "-999", 4);
	}
}

static int parse_limit(const char *text, uint64_t *ret)
{
	char *end;
	unsigned long mib = strtoul(text, &end, 10);

	if (*end || mib < LIMIT_MIN || mib > LIMIT_MAX) {
		(void)fprintf(stderr, "trigger-oom: --limit takes %d to %d MiB\n", LIMIT_MIN,
			      LIMIT_MAX);
		return -EINVAL;
	}
	*ret = mib * MIB;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"cgroup", required_argument, NULL, 'c'},
		{"limit", required_argument, NULL, 'l'},
		{"storm", required_argument, NULL, 's'},
		{"group", required_argument, NULL, 'g'},
		{"machine", no_argument, NULL, 'm'},
		{"yes-this-is-a-guest", no_argument, NULL, 'y'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.limit = LIMIT_DEFAULT * MIB};
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h')
			return fputs(usage, stdout) < 0;
		if (option == 'c')
			options.cgroup = optarg;
		else if (option == 'm')
			options.machine = true;
		else if (option == 'y')
			options.guest = true;
		else if (option == 's')
			options.storm = (unsigned)atoi(optarg);
		else if (option == 'g')
			options.group = (unsigned)atoi(optarg);
		else if (option != 'l' || parse_limit(optarg, &options.limit))
			return 2;
	}
	if (options.storm && options.storm <= 500 && optind == argc)
		return scene_storm(options.storm, options.limit);
	if (options.group && optind == argc)
		return scene_group(options.group);
	if (optind == argc && !options.machine) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (optind < argc && !strcmp(argv[optind], "list"))
		return list();
	prepare(&options);
	return run_all(argv + optind, &options);
}
