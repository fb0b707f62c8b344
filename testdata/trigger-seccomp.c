/* SPDX-License-Identifier: Apache-2.0 */
/* Does what seccomp filters deny, one case after another, and prints the truth about each as a
 * line of JSON. Fails when the kernel does not do what a case assumes. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/cases.h"
#include "testdata/memcg.h"

#define POLL_NANO (2 * 1000 * 1000)
#define POLLS 10000 /* 20 s and more for one case */

static const char usage[] =
	"usage: trigger-seccomp [--cgroup NAME] CASE...|all\n"
	"       trigger-seccomp list\n"
	"  --cgroup NAME   run each case in a new memory cgroup NAME, removed after it\n";

static const struct seccomp_case *case_at(size_t i)
{
	const struct {
		const struct seccomp_case *cases;
		size_t n;
	} tables[] = {
		{cases_action, n_cases_action},
		{cases_shape, n_cases_shape},
		{cases_late, n_cases_late},
		{cases_number, n_cases_number},
	};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		if (i < tables[t].n)
			return &tables[t].cases[i];
		i -= tables[t].n;
	}
	return NULL;
}

static const struct seccomp_case *case_find(const char *name)
{
	const struct seccomp_case *c;

	for (size_t i = 0; (c = case_at(i)); i++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int list(void)
{
	const struct seccomp_case *c;

	for (size_t i = 0; (c = case_at(i)); i++)
		(void)printf("%s  %s\n", c->name, c->what);
	return 0;
}

/* In the child, whose end is the case's. A core file would only cost time. */
static int run_child(const struct seccomp_case *c, struct truth *truth, int truth_fd,
		     const struct memcg *memcg)
{
	int r = memcg ? memcg_enter(memcg) : 0;

	if (r)
		return truth_fail(truth, "entering %s: %s", memcg->folder, strerror(-r));
	if (memcg)
		(void)snprintf(truth->cgroup, sizeof(truth->cgroup), "%s", memcg->path);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (c->signal)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	truth_start(truth);
	return c->run(truth, truth_fd);
}

static int wait_for(pid_t pid, struct truth *truth, int *ret_status)
{
	const struct timespec pause = {.tv_nsec = POLL_NANO};

	for (int i = 0; i < POLLS; i++) {
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	for (uint32_t i = 0; i < truth->n_pids; i++)
		(void)kill(truth->pids[i], SIGKILL);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, ret_status, 0);
	return truth_fail(truth, "it hung");
}

static void check_end(const struct seccomp_case *c, struct truth *truth, int status)
{
	if (WIFSIGNALED(status))
		truth_observe(truth, "killed by signal %d", WTERMSIG(status));
	else
		truth_observe(truth, "exited with %d", WEXITSTATUS(status));
	if (c->signal ? !WIFSIGNALED(status) || WTERMSIG(status) != c->signal : status)
		(void)truth_fail(truth, "the child ended with status %#x", status);
}

static int run_in(const struct seccomp_case *c, struct truth *truth, int truth_fd,
		  const struct memcg *memcg)
{
	int status;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return truth_fail(truth, "fork: %s", strerror(errno));
	if (!pid)
		_exit(run_child(c, truth, truth_fd, memcg) ? 1 : 0);
	if (!wait_for(pid, truth, &status))
		check_end(c, truth, status);
	return 0;
}

/* Returns 0 when the kernel behaved, also when it said that it cannot. */
static int run_case(const struct seccomp_case *c, const char *cgroup)
{
	_cleanup_close_ int fd = -1;
	struct truth *truth = truth_new(c->name, &fd);
	struct memcg memcg = {0};
	int r = cgroup ? memcg_make(&memcg, cgroup) : 0;
	bool failed;

	if (!truth || r) {
		(void)fprintf(stderr, "trigger-seccomp: %s: %s %s\n", c->name,
			      r ? "making the cgroup:" : "no memory:", strerror(r ? -r : errno));
		return 1;
	}
	(void)run_in(c, truth, fd, cgroup ? &memcg : NULL);
	r = memcg_remove(&memcg);
	if (r)
		(void)truth_fail(truth, "removing %s: %s", memcg.folder, strerror(-r));
	failed = *truth->failure && !truth->unsupported;
	if (failed)
		(void)fprintf(stderr, "trigger-seccomp: %s: %s (%s)\n", c->name, truth->failure,
			      truth->observed);
	else
		truth_print(truth);
	(void)munmap(truth, sizeof(*truth));
	return failed;
}

static int run_all(char **names, const char *cgroup)
{
	const struct seccomp_case *c;
	int failed = 0;

	if (!strcmp(names[0], "all") && !names[1]) {
		for (size_t i = 0; (c = case_at(i)); i++)
			failed |= run_case(c, cgroup);
		return failed;
	}
	for (; *names; names++) {
		c = case_find(*names);
		if (!c) {
			(void)fprintf(stderr, "trigger-seccomp: no case %s, see list\n", *names);
			return 2;
		}
		failed |= run_case(c, cgroup);
	}
	return failed;
}

/* Behind a case's exec, under its filter. */
static int resume(const char *name, const char *fd)
{
	const struct seccomp_case *c = case_find(name);
	struct truth *truth = truth_map(atoi(fd));

	if (!c || !c->resume || !truth)
		return 2;
	truth_join(truth);
	_exit(c->resume(truth) ? 1 : 0);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"cgroup", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *cgroup = NULL;
	int option;

	if (argc == 4 && !strcmp(argv[1], "--resume"))
		return resume(argv[2], argv[3]);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(usage, stdout) < 0;
		if (option != 'c')
			return 2;
		cgroup = optarg;
	}
	if (optind == argc) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (!strcmp(argv[optind], "list"))
		return list();
	return run_all(argv + optind, cgroup);
}
