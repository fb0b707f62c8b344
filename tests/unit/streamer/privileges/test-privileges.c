/* SPDX-License-Identifier: Apache-2.0 */
/* What is given up cannot be had back: so each in a child, which says by its exit code where it
 * went wrong. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "streamer/privileges/landlock.h"
#include "streamer/privileges/privileges.h"
#include "streamer/privileges/syscall-filter.h"
#include "tests/lib/sink-fixture.h"

#define STEP(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ & 0xff;                                                    \
	} while (0)

/* Returns its wait(2) status. */
static int in_child(int (*run)(const char *folder), const char *folder)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(run(folder));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_child(int (*run)(const char *folder), const char *folder)
{
	int status = in_child(run, folder);

	if (!WIFEXITED(status))
		fail_msg("killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		fail_msg("line %d (modulo 256)", WEXITSTATUS(status));
}

/* A line of /proc/self/status, as a number. */
static uint64_t status_of(const char *name, int base)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			return strtoull(line + strlen(name) + 1, NULL, base);
	return UINT64_MAX;
}

static int drop(const char *folder, struct privileges *ret)
{
	const struct user self = {.name = "tester", .uid = geteuid(), .gid = getegid()};
	struct privileges_config config = {.user = &self, .map_fd = -1, .names_fd = -1};
	char error[256];

	config.folder_fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return privileges_drop(&config, ret, error, sizeof(error));
}

static int capabilities(const char *folder)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct privileges left;
	const bool root = !geteuid();
	bool bounded = false, stays = false;

	/* Landlock may hide /proc: a parent of the same user would read it, but it is not dumpable
	 */
	STEP(!drop("/", &left));
	STEP(!privileges_capability(&left) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	STEP(!prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	STEP(!status_of("CapEff", 16) && !status_of("CapPrm", 16));
	STEP(!status_of("CapInh", 16) && !status_of("CapAmb", 16));
	for (unsigned i = 0; i < left.n_kept; i++) {
		bounded |= !!strstr(left.kept[i], "bounding set");
		stays |= !!strstr(left.kept[i], "root's own");
	}
	STEP(bounded || !status_of("CapBnd", 16));
	STEP(stays == root);
	return 0;
}

static void *begin(void *data)
{
	return data;
}

/* A thread may not have run at all when the filter comes. What libc does before its function must
 * not end the process then, nor what the sink does with files. */
static int started(const char *folder)
{
	struct privileges left;
	pthread_t thread;

	STEP(!drop(folder, &left));
	STEP(!pthread_create(&thread, NULL, begin, NULL));
	privileges_filter(&left);
	STEP(left.filtered);
	STEP(!pthread_join(thread, NULL));
	STEP(syscall(SYS_fadvise64, -1, 0, 0, 0) < 0 && errno == EBADF);
	STEP(syscall(SYS_writev, -1, NULL, 0) < 0 && errno == EBADF);
	return 0;
}

static void a_thread_that_has_just_been_made_survives(void **state)
{
	for (int i = 0; i < 20; i++)
		assert_child(started, *state);
}

static void no_capability_is_left(void **state)
{
	assert_child(capabilities, NULL);
}

/* What is refused is refused with EPERM, and what the streamer does goes on. */
static int filtered(const char *folder)
{
	struct privileges left;
	union bpf_attr attr = {0};
	char buf[16];
	void *at;
	int fd, pair[2];

	STEP(!pipe(pair));
	STEP(!drop(folder, &left));
	privileges_filter(&left);
	STEP(left.filtered);
	STEP(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	STEP(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 && errno == EPERM);
	STEP(syscall(SYS_setns, 0, 0) < 0 && errno == EPERM);
	STEP(kill(getppid(), 0) < 0 && errno == EPERM);
	STEP(fchmod(pair[0], 0777) < 0 && errno == EPERM);
	STEP(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 && errno == EPERM);
	STEP(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)) < 0 && errno == EPERM);
	STEP(syscall(SYS_bpf, BPF_MAP_DELETE_ELEM, &attr, sizeof(attr)) < 0);
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		  0);
	STEP(at == MAP_FAILED && errno == EPERM);
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	STEP(at != MAP_FAILED);
	STEP(mprotect(at, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EPERM);
	STEP(munmap(at, 4096) == 0);
	STEP(write(pair[1], "x", 1) == 1 && read(pair[0], buf, sizeof(buf)) == 1);
	fd = openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	STEP(fd >= 0 || errno == EACCES);
	return 0;
}

static void what_it_does_not_do_is_refused(void **state)
{
	assert_child(filtered, *state);
}

static int executes(const char *folder)
{
	struct privileges left;

	STEP(!drop(NULL, &left));
	privileges_filter(&left);
	(void)execl("/bin/true", "true", NULL);
	return 1;
}

static int traces(const char *folder)
{
	struct privileges left;

	STEP(!drop(NULL, &left));
	privileges_filter(&left);
	(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
	return 1;
}

static int loads(const char *folder)
{
	union bpf_attr attr = {0};
	struct privileges left;

	STEP(!drop(NULL, &left));
	privileges_filter(&left);
	(void)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return 1;
}

static void what_would_be_a_way_out_ends_it(void **state)
{
	int (*const runs[])(const char *) = {executes, traces, loads};

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		int status = in_child(runs[i], NULL);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

/* Files can be made, read back, and deleted in the folder, and nothing is opened elsewhere. */
static int confined(const char *folder)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct privileges left;

	STEP(at >= 0 && !drop(folder, &left));
	fd = openat(at, "x", O_WRONLY | O_CREAT | O_EXCL, 0640);
	STEP(fd >= 0 && write(fd, "x", 1) == 1 && !ftruncate(fd, 0));
	fd = openat(at, "x", O_RDONLY);
	STEP(fd >= 0 && !unlinkat(at, "x", 0));
	if (!left.landlock) {
		STEP(left.n_kept && strstr(left.kept[left.n_kept - 1], "Landlock"));
		return 0;
	}
	STEP(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	STEP(open("/proc/self/status", O_RDONLY) < 0 && errno == EACCES);
	STEP(openat(at, "..", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
	STEP(mkdirat(at, "folder", 0700) < 0 && errno == EACCES);
	STEP(symlinkat("/etc/passwd", at, "link") < 0 && errno == EACCES);
	return 0;
}

static void only_its_folder_is_in_reach(void **state)
{
	assert_child(confined, *state);
}

/* Files of a folder of configurations can be read, and nothing else done to them. */
static int reads_only(const char *folder)
{
	const struct user self = {.name = "tester", .uid = geteuid(), .gid = getegid()};
	const int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fds[] = {at, -1};
	const struct privileges_config config = {.user = &self,
						 .map_fd = -1,
						 .folder_fd = -1,
						 .names_fd = -1,
						 .read_fds = fds,
						 .n_read_fds = ARRAY_SIZE(fds)};
	struct privileges left;
	char error[256];

	STEP(at >= 0 && openat(at, "x", O_WRONLY | O_CREAT | O_EXCL, 0640) >= 0);
	STEP(!privileges_drop(&config, &left, error, sizeof(error)));
	STEP(openat(at, "x", O_RDONLY) >= 0);
	STEP(openat(at, ".", O_RDONLY | O_DIRECTORY) >= 0);
	if (!left.landlock)
		return 0;
	STEP(openat(at, "x", O_WRONLY) < 0 && errno == EACCES);
	STEP(openat(at, "y", O_WRONLY | O_CREAT, 0640) < 0 && errno == EACCES);
	STEP(unlinkat(at, "x", 0) < 0 && errno == EACCES);
	STEP(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	return 0;
}

static void a_configuration_can_be_read_again(void **state)
{
	assert_child(reads_only, *state);
}

/* Every name is known to every architecture, or none of its; and the rules fit together. */
static void the_filter_can_be_made_for_each_architecture(void **state)
{
	static const uint32_t archs[] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64};

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		FILE *f = tmpfile();
		scmp_filter_ctx filter;

		assert_non_null(f);
		assert_ok(syscall_filter_make(&filter, archs[i]));
		assert_ok(seccomp_export_bpf(filter, fileno(f)));
		assert_true(lseek(fileno(f), 0, SEEK_END) > 400);
		assert_int_equal(seccomp_arch_exist(filter, archs[i]), 0);
		seccomp_release(filter);
		assert_ok(fclose(f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_capability_is_left),
		test_in_folder(a_thread_that_has_just_been_made_survives),
		test_in_folder(what_it_does_not_do_is_refused),
		cmocka_unit_test(what_would_be_a_way_out_ends_it),
		test_in_folder(only_its_folder_is_in_reach),
		test_in_folder(a_configuration_can_be_read_again),
		cmocka_unit_test(the_filter_can_be_made_for_each_architecture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
