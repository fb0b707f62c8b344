/* SPDX-License-Identifier: Apache-2.0 */
/* Which denials bring the paths of cgroup and executable along, in this kernel, and what of an
 * executable's is left out. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "tests/lib/in-kernel.h"

#define CGROUP "ringside-kernel-paths"
#define SECOND 1000000000ull
#define INTERVAL (10 * SECOND) /* after which paths come again */
#define AT_ONCE 128u           /* executables whose paths one cgroup may send at once */
#define STACK 40u              /* mounts one upon another: more than are gone through */

/* What came out of the ring. */
struct seen {
	unsigned records;
	unsigned with_exe;
	unsigned with_cgroup;
	struct wire_names exe; /* of the last */
};

static int see(void *data, void *record, size_t size)
{
	const struct wire_seccomp_denial *denial = record;
	struct seen *seen = data;

	assert_true(size >= sizeof(*denial));
	seen->records++;
	seen->with_exe += denial->process.exe.size > 0;
	seen->with_cgroup += denial->cgroup.path.count > 0;
	seen->exe = denial->process.exe;
	return 0;
}

static struct seen drain(const struct in_kernel *programs)
{
	struct seen seen = {0};
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(programs->maps.rs_bulk), see, &seen, NULL);

	assert_non_null(ring);
	assert_true(ring_buffer__consume(ring) >= 0);
	ring_buffer__free(ring);
	return seen;
}

static void deny(const struct in_kernel *programs, uint64_t now)
{
	assert_int_equal(in_kernel_run(programs->progs.test_submit, now), 1);
}

static void assert_paths(const struct in_kernel *programs, unsigned records, unsigned with_paths)
{
	const struct seen seen = drain(programs);

	assert_int_equal(seen.records, records);
	assert_int_equal(seen.with_exe, with_paths);
	assert_int_equal(seen.with_cgroup, with_paths);
}

/* This test's own executable with its current arguments, run with @descriptor as file 3 from
 * @path. Returns what it exits with. */
static int run_from(const char *path, int descriptor, uint64_t now)
{
	char at[32];
	int status;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	(void)snprintf(at, sizeof(at), "%llu", (unsigned long long)now);
	if (!pid) {
		if (dup2(descriptor, 3) == 3)
			(void)execl(path, path, at, NULL);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Under another name. */
static void copy_self(const char *to)
{
	_cleanup_close_ int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;

	assert_true(in >= 0 && out >= 0);
	assert_ok(fstat(in, &st));
	for (off_t at = 0; at < st.st_size;)
		assert_true(sendfile(out, in, &at, (size_t)st.st_size) > 0);
}

/* A folder in the memory of this test's own mounts. */
static void own_folder(char *ret)
{
	assert_ok(unshare(CLONE_NEWNS));
	assert_ok(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	assert_non_null(mkdtemp(ret));
	assert_ok(mount("test", ret, "tmpfs", 0, NULL));
}

static void drop_folder(const char *folder)
{
	while (!umount2(folder, MNT_DETACH))
		;
	assert_ok(rmdir(folder));
}

static void paths_come_once_for_cgroup_executable_and_interval(void **state)
{
	const struct in_kernel *programs = *state;
	const int fd = bpf_program__fd(programs->progs.test_submit);
	char folder[] = "/tmp/test-kernel-paths-XXXXXX", other[64];
	uint64_t now = 1000 * SECOND;
	struct memcg memcg, home;

	for (unsigned i = 0; i < 50; i++)
		deny(programs, now + i);
	assert_paths(programs, 50, 1);
	deny(programs, now + INTERVAL - 1);
	assert_paths(programs, 1, 0);
	deny(programs, now + INTERVAL);
	assert_paths(programs, 1, 1);
	now += INTERVAL + 1;

	assert_ok(memcg_make(&memcg, CGROUP));
	home = enter(&memcg);
	deny(programs, now);
	deny(programs, now);
	leave(&home);
	assert_paths(programs, 2, 1);
	deny(programs, now);
	assert_paths(programs, 1, 0);
	assert_ok(memcg_remove(&memcg));

	own_folder(folder);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	copy_self(other);
	assert_int_equal(run_from(other, fd, now), 1);
	assert_int_equal(run_from(other, fd, now), 1);
	assert_paths(programs, 2, 1);
	drop_folder(folder);
}

/* As whoever makes executables in a loop would: all of them are told, beyond some without paths. */
static void forget_paths(const struct in_kernel *programs)
{
	const int fd = bpf_map__fd(programs->maps.rs_known);
	struct wire_known known;

	while (!bpf_map_get_next_key(fd, NULL, &known))
		assert_ok(bpf_map_delete_elem(fd, &known));
}

static void of_many_executables_not_all_send_theirs(void **state)
{
	const struct in_kernel *programs = *state;
	uint64_t now = 1000 * SECOND;
	struct memcg memcg, home;

	assert_ok(memcg_make(&memcg, CGROUP));
	home = enter(&memcg);
	for (unsigned round = 0; round < 3; round++, now += SECOND) {
		for (unsigned i = 0; i < 2 * AT_ONCE; i++) {
			deny(programs, now);
			forget_paths(programs);
		}
		/* in the first round the burst, and as many again each second */
		assert_paths(programs, 2 * AT_ONCE, AT_ONCE + !round);
	}
	leave(&home);
	assert_ok(memcg_remove(&memcg));
}

/* A thread's mark has that they are known, too. */
static void paths_that_the_streamer_forgot_come_again(void **state)
{
	struct in_kernel *programs = *state;
	const uint64_t now = 1000 * SECOND;

	for (unsigned i = 0; i < 3; i++)
		deny(programs, now + i);
	assert_paths(programs, 3, 1);
	forget_paths(programs);
	programs->bss->rs_paths_era++;
	deny(programs, now + 3);
	deny(programs, now + 4);
	assert_paths(programs, 2, 1);
}

/* The last step that is made may be to where something is mounted, and no element. */
static void a_path_that_ends_at_a_mount_is_cut(void **state)
{
	const struct in_kernel *programs = *state;
	const int fd = bpf_program__fd(programs->progs.test_submit);
	char folder[] = "/tmp/test-kernel-paths-XXXXXX", path[64];
	struct seen seen;

	own_folder(folder);
	(void)snprintf(path, sizeof(path), "%s/other", folder);
	copy_self(path);
	assert_int_equal(run_from(path, fd, SECOND), 1);
	seen = drain(programs);
	assert_int_equal(seen.exe.count, 3); /* tmp, the folder, other */
	assert_int_equal(seen.exe.flags, 0);

	for (unsigned i = 0; i < STACK; i++)
		assert_ok(mount("test", folder, "tmpfs", 0, NULL));
	copy_self(path);
	assert_int_equal(run_from(path, fd, 2 * SECOND), 1);
	seen = drain(programs);
	assert_int_equal(seen.exe.count, 1);
	assert_int_equal(seen.exe.flags, WIRE_NAMES_CUT);
	drop_folder(folder);
}

/* The executable that run_from() runs. */
static int deny_as_child(const char *now)
{
	const uint64_t args[1] = {strtoull(now, NULL, 10)};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	return bpf_prog_test_run_opts(3, &opts) ? 127 : (int)opts.retval;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, in_kernel_setup, in_kernel_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(paths_come_once_for_cgroup_executable_and_interval),
		TEST(of_many_executables_not_all_send_theirs),
		TEST(paths_that_the_streamer_forgot_come_again),
		TEST(a_path_that_ends_at_a_mount_is_cut),
	};

	if (argc == 2)
		return deny_as_child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
