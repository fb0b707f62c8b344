/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/arena.h"
#include "consumer/base/shell-word.h"
#include "consumer/read/container-identity.h"
#include "consumer/text/admin-commands.h"
#include "proto/ringside-fields.h"
#include "tests/lib/text-fixture.h"

static void advice_names_the_place_of_the_limit(void **state)
{
	struct fixture *f = plain_oom(state);

	assert_string_equal(advice(f),
			    "raise resources.limits.memory of container shop/web-7f9/app "
			    "(512 MiB now)");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD;
	assert_string_equal(advice(f),
			    "raise the pod's own spec.resources.limits.memory, or, where "
			    "it has none, resources.limits.memory of its containers, "
			    "which add up to the pod's (512 MiB now)");
	f->kill.limit_owner = &f->owner;
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER;
	f->owner.id = S(ID);
	f->owner.runtime = S("docker");
	assert_string_equal(advice(f), "raise it with `docker update --memory SIZE 4f0c1e2d3b4a` "
				       "(512 MiB now)");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT;
	f->owner.id = f->owner.runtime = NULL;
	f->owner.systemd_unit = S("nginx.service");
	assert_string_equal(advice(f), "raise it with `systemctl set-property nginx.service "
				       "MemoryMax=SIZE` (512 MiB now)");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE;
	f->owner.systemd_unit = NULL;
	f->owner.systemd_slice = S("user.slice");
	f->owner.cgroup_path = S("/user.slice");
	assert_string_equal(advice(f), "raise it with `systemctl set-property user.slice "
				       "MemoryMax=SIZE` (512 MiB now)");
	f->owner.cgroup_path = S("/kubepods.slice");
	assert_non_null(strstr(advice(f), "the kubelet set this limit"));
}

#define HEX64 "46c927d78b3a0ac080354a74649d61cec26c3064426f6173b242356e75a324e3"
#define USERS "/user.slice/user-1000.slice/user@1000.service"

/* What is said of a limit of this cgroup. */
static const char *advice_of(struct fixture *f, const char *path, unsigned level)
{
	static struct arena arena;

	if (!arena.allocator.alloc)
		arena_init(&arena);
	arena_reset(&arena);
	f->owner = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->owner.cgroup_path = S(path);
	container_identity_read(&f->owner, &arena);
	f->kill.limit_owner = &f->owner;
	f->kill.limit_level = (Ringside__V1__LimitLevel)level;
	(void)advice(f);
	arena_done(&arena);
	return f->text;
}

static void a_unit_is_changed_at_its_own_manager(void **state)
{
	static const struct {
		const char *path, *command;
	} rows[] = {
		{USERS "/app.slice/redis.service",
		 "systemctl --user --machine=1000@ set-property redis.service MemoryMax=SIZE"},
		{USERS, "systemctl set-property user@1000.service MemoryMax=SIZE"},
		{"/docker/" HEX64 "/system.slice/redis.service",
		 "docker exec 46c927d78b3a systemctl set-property redis.service MemoryMax=SIZE"},
		{"/docker/" HEX64 "/init.scope",
		 "docker exec 46c927d78b3a systemctl set-property init.scope MemoryMax=SIZE"},
		{"/machine.slice/machine-web.scope/payload/system.slice/nginx.service",
		 "systemctl --machine=web set-property nginx.service MemoryMax=SIZE"},
		{"/lxc/101/ns/system.slice/nginx.service",
		 "lxc-attach -n 101 -- systemctl set-property nginx.service MemoryMax=SIZE"},
		{"/system.slice/-odd\\x2d\\x27.service",
		 "systemctl set-property -- '-odd\\x2d\\x27.service' MemoryMax=SIZE"},
	};
	struct fixture *f = plain_oom(state);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char want[512];

		(void)snprintf(want, sizeof(want), "raise it with `%s` (512 MiB now)",
			       rows[i].command);
		assert_string_equal(advice_of(f, rows[i].path, PB_LIMIT_LEVEL_UNIT), want);
	}
	assert_string_equal(advice_of(f, USERS "/app.slice", PB_LIMIT_LEVEL_SLICE),
			    "raise it with `systemctl --user --machine=1000@ set-property "
			    "app.slice MemoryMax=SIZE` (512 MiB now)");
}

/* Where no command of this machine reaches the manager for sure, the file is right. */
static void else_the_file_is_named(void **state)
{
	static const struct {
		const char *path;
		unsigned level;
	} rows[] = {
		{"/docker/" HEX64 "/lxc/a/system.slice/x.service", PB_LIMIT_LEVEL_UNIT},
		{"/docker/" HEX64 USERS "/app.slice/x.service", PB_LIMIT_LEVEL_UNIT},
		{"/docker/" HEX64 "/docker/" HEX64, PB_LIMIT_LEVEL_CONTAINER},
		{"/docker/" HEX64 "/kubepods/podabc", PB_LIMIT_LEVEL_POD},
		{"/docker/" HEX64 "/kubepods.slice", PB_LIMIT_LEVEL_SLICE},
		{"/lxc.payload.web/system.slice/x.service", PB_LIMIT_LEVEL_UNIT},
		{"/machine.slice/machine-a\\x40b.scope/payload/x.service", PB_LIMIT_LEVEL_UNIT},
		{USERS "/a.slice/libpod-" HEX64 ".scope/x.service", PB_LIMIT_LEVEL_UNIT},
		{"/a.slice/my.service/docker/" HEX64 "/x.service", PB_LIMIT_LEVEL_UNIT},
		{"/a.slice/my.service/docker/" HEX64, PB_LIMIT_LEVEL_CONTAINER},
		{"/a.slice/capsule@b.service/x.service", PB_LIMIT_LEVEL_UNIT},
		{"/a.slice/my.service/ssh.service", PB_LIMIT_LEVEL_CGROUP},
		{USERS "/kubepods/podabc", PB_LIMIT_LEVEL_POD},
	};
	struct fixture *f = plain_oom(state);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *said = advice_of(f, rows[i].path, rows[i].level);

		if (strncmp(said, "raise /sys/fs/cgroup/", 21) != 0 &&
		    strncmp(said, "raise '/sys/fs/cgroup/", 22) != 0 &&
		    !(rows[i].level == PB_LIMIT_LEVEL_SLICE && strstr(said, "docker exec ")))
			fail_msg("%s: %s", rows[i].path, said);
	}
}

static void groups_and_jobs_have_their_own_advice(void **state)
{
	struct fixture *f = plain_oom(state);

	assert_string_equal(advice_of(f, "/ecs/5a0d5ceddf6c44c1928d367a815d890f",
				      PB_LIMIT_LEVEL_POD),
			    "raise memory of the task in its ECS task definition: it is the task's "
			    "own limit (512 MiB now)");
	assert_string_equal(advice_of(f, "/libpod_parent/" HEX64, PB_LIMIT_LEVEL_POD),
			    "raise /sys/fs/cgroup/libpod_parent/" HEX64 "/memory.max (512 MiB now);"
			    " for good, make the pod anew with podman pod create --memory");
	assert_string_equal(advice_of(f, "/system.slice/slurmstepd.scope/job_42",
				      PB_LIMIT_LEVEL_CONTAINER),
			    "raise the job's --mem or --mem-per-cpu (512 MiB now)");
	/* a step's limit is the job's */
	assert_string_equal(advice_of(f, "/system.slice/slurmstepd.scope/job_42/step_0/user/task_0",
				      PB_LIMIT_LEVEL_CGROUP),
			    "raise the job's --mem or --mem-per-cpu (512 MiB now)");
	assert_string_equal(advice_of(f, "/docker/" HEX64 "/a", PB_LIMIT_LEVEL_CGROUP),
			    "raise /sys/fs/cgroup/docker/" HEX64 "/a/memory.max (512 MiB now)");
	assert_string_equal(advice_of(f, USERS "/user.slice/libpod-" HEX64 ".scope",
				      PB_LIMIT_LEVEL_CONTAINER),
			    "raise it with `sudo -H -u '#1000' XDG_RUNTIME_DIR=/run/user/1000 "
			    "podman update --memory SIZE 46c927d78b3a` (512 MiB now)");
}

static void only_kubepods_are_the_kubelets(void **state)
{
	static const struct {
		const char *path;
		bool kubelets;
	} rows[] = {
		{"/kubepods", true},
		{"/kubepods.slice/kubepods-burstable.slice", true},
		{"/node.slice/node-kubepods.slice", true},
		{"/my\\x2dkubepods\\x2dtest.slice", false},
		{"/notkubepods.slice", false},
		{"/kubepodsy.slice", false},
	};
	struct fixture *f = plain_oom(state);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strstr(advice_of(f, rows[i].path, PB_LIMIT_LEVEL_SLICE), "the kubelet set") ==
		    rows[i].kubelets)
			fail_msg("%s: %s", rows[i].path, f->text);
}

/* memory.max is not in the root's cgroup, on whatever level it is called. */
static void the_root_has_no_file_to_raise(void **state)
{
	struct fixture *f = plain_oom(state);

	for (unsigned level = 0; level <= PB_LIMIT_LEVEL_CGROUP + 1; level++) {
		assert_null(strstr(advice_of(f, "/", level), "memory.max"));
		assert_null(strstr(f->text, "/sys/fs"));
	}
	assert_non_null(strstr(advice_of(f, "/", PB_LIMIT_LEVEL_HOST), "give the machine more"));
}

/* Runs @command in @shell, where every program only prints its arguments. */
static void run_in(const char *locale, const char *shell, const char *command, char *ret,
		   size_t size)
{
	static const char print[] = "() { printf '<%s>' \"$@\"; }\n";
	static const char others[] = "docker() { systemctl docker \"$@\"; }\n"
				     "podman() { systemctl podman \"$@\"; }\n"
				     "sudo() { systemctl sudo \"$@\"; }\n"
				     "raise() { systemctl \"$1\"; }\n";
	_cleanup_free_ char *script = NULL, *line = NULL;
	FILE *pipe;
	size_t n;

	assert_true(asprintf(&script, "systemctl%scat%s%s%s\n", print, print, others, command) > 0);
	assert_int_equal(setenv("SCRIPT", script, 1), 0);
	assert_true(asprintf(&line, "LC_ALL=%s %s -c \"$SCRIPT\"", locale, shell) > 0);
	pipe = popen(line, "re");
	assert_non_null(pipe);
	n = fread(ret, 1, size - 1, pipe);
	ret[n] = 0;
	assert_int_equal(pclose(pipe), 0);
}

static void run(const char *shell, const char *command, char *ret, size_t size)
{
	run_in("C.UTF-8", shell, command, ret, size);
}

static void commands_reach_a_shell_as_they_are_meant(void **state)
{
	/* all that systemd's names can hold, and what shells and options see more in */
	static const char *const names[] = {
		"nginx.service",
		"-.slice",
		"--force.service",
		"-H\\x40evil.service",
		"a\\x24\\x28b\\x29.mount",
		"\\x7e.scope",
		"a:b@c\\x2d1.service",
		"..service",
		"\\x27\\x3breboot.service",
		"_.service",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		Ringside__V1__Container c = RINGSIDE__V1__CONTAINER__INIT;
		char text[512], got[512], want[512];
		struct line line = line_make(text, sizeof(text));

		c.systemd_unit = S(names[i]);
		assert_true(text_systemctl(&line, &c, names[i], "set-property", " MemoryMax=SIZE"));
		(void)line_end(&line);
		(void)snprintf(want, sizeof(want), "<set-property>%s<%s><MemoryMax=SIZE>",
			       *names[i] == '-' ? "<-->" : "", names[i]);
		run("sh", text, got, sizeof(got));
		assert_string_equal(got, want);
		run("bash", text, got, sizeof(got));
		assert_string_equal(got, want);
	}
}

static void what_is_no_units_name_gets_no_command(void **state)
{
	static const char *const names[] = {"*.service",  "a b.service", "$(x).service",
					    "ä.service",  "a?.service",  "[a].slice",
					    "=ls.service"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		Ringside__V1__Container c = RINGSIDE__V1__CONTAINER__INIT;
		char text[512];
		struct line line = line_make(text, sizeof(text));

		c.systemd_unit = S(names[i]);
		assert_false(text_systemctl(&line, &c, names[i], "set-property", " X"));
		assert_int_equal(line_end(&line), 0);
	}
}

static void any_name_is_one_word_of_a_shell(void **state)
{
	static const char *const names[] = {
		"/a b",
		"/$(reboot)",
		"/`reboot`",
		"/it's",
		"/*",
		"/a\nb",
		"/\x1b[2J'\\",
		"/é",
		"/\xe2\x80\xae x'",
		"/#",
		"/!x",
		"/\\x2d",
		"/a ",
		"/a\n ",
		"/\xc2\xa0",
		"/\xff",
		"/é'\\",
		"/\x7f"
		"0",
		"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char text[512], got[512], want[512];
		struct line line = line_make(text, sizeof(text));

		line_text(&line, "cat ");
		shell_word(&line, names[i]);
		(void)line_end(&line);
		assert_null(strpbrk(text, "\n\x1b\x7f"));
		(void)snprintf(want, sizeof(want), "<%s>", names[i]);
		run("bash", text, got, sizeof(got));
		assert_string_equal(got, want);
		run_in("C", "bash", text, got, sizeof(got));
		assert_string_equal(got, want);
	}
}

/* The advice as it is printed, and what a shell makes of it. */
static void what_is_copied_does_what_it_says(void **state)
{
	static const struct {
		const char *path;
		unsigned level;
		const char *arguments; /* NULL: the cgroup's file */
	} rows[] = {
		{"/docker/" HEX64, PB_LIMIT_LEVEL_CONTAINER,
		 "<docker><update><--memory><SIZE><46c927d78b3a>"},
		{USERS "/user.slice/libpod-" HEX64 ".scope", PB_LIMIT_LEVEL_CONTAINER,
		 "<sudo><-H><-u><#1000><XDG_RUNTIME_DIR=/run/user/1000><podman><update>"
		 "<--memory><SIZE><46c927d78b3a>"},
		{"/system.slice/-a\\x27\\x20b.service", PB_LIMIT_LEVEL_UNIT,
		 "<set-property><--><-a\\x27\\x20b.service><MemoryMax=SIZE>"},
		{USERS "/app.slice/a\\x24b@c.service", PB_LIMIT_LEVEL_UNIT,
		 "<--user><--machine=1000@><set-property><a\\x24b@c.service><MemoryMax=SIZE>"},
		{"/docker/" HEX64 "/system.slice/redis.service", PB_LIMIT_LEVEL_UNIT,
		 "<docker><exec><46c927d78b3a><systemctl><set-property><redis.service>"
		 "<MemoryMax=SIZE>"},
		{"/machine.slice/machine-web.scope/payload/system.slice/nginx.service",
		 PB_LIMIT_LEVEL_UNIT,
		 "<--machine=web><set-property><nginx.service><MemoryMax=SIZE>"},
		{"/a b/$(reboot)/`x`;'\"\\", PB_LIMIT_LEVEL_CGROUP, NULL},
		{"/é/\xe2\x80\xae/\n \t/ ", PB_LIMIT_LEVEL_CGROUP, NULL},
		{"/a\xc2\xa0", PB_LIMIT_LEVEL_CGROUP, NULL},
	};
	struct fixture *f = plain_oom(state);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char command[TEXT_MAX], got[TEXT_MAX], want[TEXT_MAX];
		char *said = S(advice_of(f, rows[i].path, rows[i].level)), *end;

		if (rows[i].arguments) {
			said = strchr(said, '`');
			assert_non_null(said);
			end = strchr(++said, '`');
			(void)snprintf(want, sizeof(want), "%s", rows[i].arguments);
		} else {
			end = strstr(said, " (512 MiB now)");
			(void)snprintf(want, sizeof(want), "</sys/fs/cgroup%s/memory.max>",
				       rows[i].path);
		}
		assert_non_null(end);
		(void)snprintf(command, sizeof(command), "%.*s", (int)(end - said), said);
		run("bash", command, got, sizeof(got));
		assert_string_equal(got, want);
		run_in("C", "bash", command, got, sizeof(got));
		assert_string_equal(got, want);
	}
}

/* Half a path can be another's. */
static void a_path_is_whole_or_not_said(void **state)
{
	struct fixture *f = plain_oom(state);
	char path[3800] = "";

	while (strlen(path) < 3700)
		(void)strcat(path, "/é\n");
	assert_string_equal(advice_of(f, path, PB_LIMIT_LEVEL_CGROUP),
			    "raise memory.max (512 MiB now)");
}

static void advice_names_the_file_of_each_hierarchy(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.limit_owner = &f->owner;
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CGROUP;
	f->owner.cgroup_path = S("/batch/night");
	assert_string_equal(advice(f), "raise /sys/fs/cgroup/batch/night/memory.max (512 MiB now)");
	SET(&f->owner, hierarchy_id, 4);
	assert_string_equal(advice(f),
			    "raise /sys/fs/cgroup/memory/batch/night/memory.limit_in_bytes "
			    "(512 MiB now)");
	SET(&f->owner, path_truncated, true);
	assert_string_equal(advice(f), "raise memory.limit_in_bytes (512 MiB now)");
}

static void advice_says_who_else_holds_the_memory(void **state)
{
	struct fixture *f = oom(state);

	assert_non_null(strstr(advice(f), "; shmem may outlive its process: look into /dev/shm"));
	f->kill.shmem_rss_bytes = 0;
	assert_non_null(strstr(advice(f), "; the process held 20 MiB of the 512 MiB in use"));
}

static void advice_for_global_kills_mentions_a_raised_score(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_GLOBAL;
	assert_null(strstr(advice(f), "oom_score_adj"));
	SET(&f->kill, oom_score_adj, 968);
	assert_non_null(strstr(advice(f), "; its oom_score_adj of 968 made"));
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_SYSRQ;
	assert_non_null(strstr(advice(f), "nothing to change"));
}

static void advice_for_a_denial_fits_where_the_filter_is_set(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	set_error(f, 1, "EPERM");
	assert_string_equal(advice(f), "allow it with {\"names\": [\"keyctl\"], \"action\": "
				       "\"SCMP_ACT_ALLOW\"} in the container's seccomp profile");
	f->denial.container = &f->other;
	f->other.systemd_unit = S("nginx.service");
	assert_string_equal(advice(f), "allow it with SystemCallFilter=keyctl in `systemctl edit "
				       "nginx.service`, unless the filter is the program's own");
	f->other.systemd_unit = NULL;
	assert_non_null(strstr(advice(f), "the program's own"));
	f->denial.syscall_name = NULL;
	assert_string_equal(advice(f), "");
	f->denial.syscall_name = S("clone3");
	set_error(f, 38, "ENOSYS");
	assert_string_equal(advice(f), "nothing to change, unless the program fails");
}

static void a_denial_is_allowed_where_its_filter_is(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	Ringside__V1__Container *c = &f->other;

	set_error(f, 1, "EPERM");
	f->denial.container = c;
	c->systemd_unit = S("user@1000.service");
	c->systemd_user_unit = S("redis.service");
	SET(c, systemd_user_uid, 1000);
	/* systemctl --machine= edits nothing */
	assert_string_equal(advice(f),
			    "allow it with SystemCallFilter=keyctl in `sudo -H -u '#1000' "
			    "XDG_RUNTIME_DIR=/run/user/1000 systemctl --user edit redis.service`, "
			    "unless the filter is the program's own");
	c->has_systemd_user_uid = false;
	assert_string_equal(advice(f), "allow it with SystemCallFilter=keyctl in redis.service, "
				       "unless the filter is the program's own");
	*c = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	c->id = S("web");
	c->runtime = S("nspawn");
	c->nested = c->nested_unit = S("nginx.service");
	assert_string_equal(advice(f), "allow it with SystemCallFilter=keyctl in the machine's "
				       ".nspawn file, or inside it with SystemCallFilter=keyctl "
				       "for its nginx.service");
	c->runtime = S("slurm");
	c->id = S("42");
	c->systemd_unit = S("slurmstepd.scope");
	c->nested = c->nested_unit = NULL;
	assert_non_null(strstr(advice(f), "the program's own or its starter's"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(advice_names_the_place_of_the_limit),
		TEST(a_unit_is_changed_at_its_own_manager),
		TEST(else_the_file_is_named),
		TEST(groups_and_jobs_have_their_own_advice),
		TEST(commands_reach_a_shell_as_they_are_meant),
		TEST(what_is_no_units_name_gets_no_command),
		TEST(any_name_is_one_word_of_a_shell),
		TEST(only_kubepods_are_the_kubelets),
		TEST(the_root_has_no_file_to_raise),
		TEST(what_is_copied_does_what_it_says),
		TEST(a_path_is_whole_or_not_said),
		TEST(a_denial_is_allowed_where_its_filter_is),
		TEST(advice_names_the_file_of_each_hierarchy),
		TEST(advice_says_who_else_holds_the_memory),
		TEST(advice_for_global_kills_mentions_a_raised_score),
		TEST(advice_for_a_denial_fits_where_the_filter_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
