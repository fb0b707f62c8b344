/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/arena.h"
#include "consumer/read/container-identity.h"
#include "tests/lib/text-fixture.h"

static void the_oom_line_of_the_design_is_printed_exactly(void **state)
{
	struct fixture *f = oom(state);

	f->kill.trigger = &f->trigger;
	f->kill.trigger_container = &f->app;
	SET(&f->kill, container_init, true);
	assert_string_equal(message(f), "python3[1234] killed: container limit 512 MiB reached "
					"(rss 20 MiB; 470 MiB is shmem); container dies (pid 1); "
					"asked for by java[99]");
	assert_string_equal(who(f), "shop/web-7f9/app");
	assert_string_equal(text_tone(&f->record)->label, "OOM");
}

static void a_victim_that_asked_itself_names_nobody_else(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.trigger = &f->victim;
	assert_string_equal(message(f),
			    "python3[1234] killed: container limit 512 MiB reached (rss 500 MiB)");
}

static void a_trigger_in_another_container_is_named_with_it(void **state)
{
	struct fixture *f = plain_oom(state);

	in_pod(&f->other, "sidecar");
	f->other.id = S("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
	f->kill.trigger = &f->trigger;
	f->kill.trigger_container = &f->other;
	SET(&f->kill, limit_level, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD);
	f->owner.pod_uid = S(POD_UID);
	f->kill.limit_owner = &f->owner;
	assert_string_equal(message(f), "python3[1234] killed: pod limit 512 MiB reached "
					"(rss 500 MiB); asked for by java[99] of "
					"shop/web-7f9/sidecar");
}

static void the_limit_of_another_container_is_not_called_the_victims(void **state)
{
	struct fixture *f = plain_oom(state);

	f->owner.id = S("aaaabbbbccccddddeeeeffff00001111aaaabbbbccccddddeeeeffff00001111");
	f->owner.runtime = S("docker");
	f->kill.limit_owner = &f->owner;
	assert_string_equal(message(f), "python3[1234] killed: limit 512 MiB of container "
					"docker:aaaabbbbcccc reached (rss 500 MiB)");
}

static void unit_and_slice_and_cgroup_limits_are_told_apart(void **state)
{
	struct fixture *f = plain_oom(state);

	f->other.systemd_unit = S("nginx.service");
	f->other.systemd_slice = S("system.slice");
	f->other.cgroup_path = S("/system.slice/nginx.service");
	f->kill.victim_container = &f->other;
	f->kill.limit_owner = &f->owner;
	f->owner.systemd_unit = S("nginx.service");
	f->owner.cgroup_path = S("/system.slice/nginx.service");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT;
	assert_string_equal(message(f),
			    "python3[1234] killed: unit limit 512 MiB reached (rss 500 MiB)");
	assert_string_equal(who(f), "nginx.service");

	f->owner.systemd_unit = NULL;
	f->owner.systemd_slice = S("system.slice");
	f->owner.cgroup_path = S("/system.slice");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE;
	assert_string_equal(message(f),
			    "python3[1234] killed: limit 512 MiB of system.slice reached "
			    "(rss 500 MiB)");

	f->owner.systemd_slice = NULL;
	f->owner.cgroup_path = S("/batch");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CGROUP;
	assert_string_equal(message(f),
			    "python3[1234] killed: limit 512 MiB of cgroup /batch reached "
			    "(rss 500 MiB)");

	f->other = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->other.cgroup_path = S("/batch");
	assert_string_equal(message(f),
			    "python3[1234] killed: cgroup limit 512 MiB reached (rss 500 MiB)");
	assert_string_equal(who(f), "/batch");

	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_HOST;
	assert_string_equal(message(f), "python3[1234] killed: limit 512 MiB of the whole machine "
					"reached (rss 500 MiB)");
}

static void what_was_inferred_is_only_probable(void **state)
{
	struct fixture *f = plain_oom(state);

	SET(&f->kill, limit_inferred, true);
	assert_string_equal(message(f), "python3[1234] killed: probably container limit 512 MiB "
					"reached (rss 500 MiB)");
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_GLOBAL;
	assert_string_equal(message(f),
			    "python3[1234] killed: probably the machine ran out of memory "
			    "(rss 500 MiB)");
}

static void an_unlimited_owner_has_no_invented_limit(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.has_limit_bytes = false;
	assert_string_equal(message(f),
			    "python3[1234] killed: container out of memory, though it has "
			    "no limit (rss 500 MiB)");
	assert_string_equal(advice(f), "");
}

static void a_limit_nobody_is_known_for_is_said_so(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.limit_owner = NULL;
	assert_string_equal(message(f),
			    "python3[1234] killed: the limit of a memory cgroup reached, "
			    "which one is not known (rss 500 MiB)");
	f->kill.has_scope = false;
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_UNSPECIFIED;
	assert_string_equal(message(f),
			    "python3[1234] killed: out of memory, which limit is not known "
			    "(rss 500 MiB)");
}

static void kills_without_a_limit_say_what_ran_out(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.trigger = &f->trigger;
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_GLOBAL;
	assert_string_equal(message(f), "python3[1234] killed: the machine ran out of memory "
					"(rss 500 MiB); asked for by java[99]");
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_CPUSET;
	assert_string_equal(message(f),
			    "python3[1234] killed: the memory nodes of a cpuset ran out "
			    "(rss 500 MiB); asked for by java[99]");
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMPOLICY;
	assert_string_equal(message(f),
			    "python3[1234] killed: the memory nodes of a NUMA policy ran "
			    "out (rss 500 MiB); asked for by java[99]");
}

static void sysrq_names_no_trigger(void **state)
{
	struct fixture *f = plain_oom(state);

	be(&f->trigger, "kworker/1:2", 47);
	f->kill.trigger = &f->trigger;
	f->kill.scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_SYSRQ;
	assert_string_equal(message(f),
			    "python3[1234] killed: asked for with sysrq-f (rss 500 MiB)");
}

static void a_group_kill_counts_its_victims(void **state)
{
	struct fixture *f = plain_oom(state);

	SET(&f->kill, oom_group, true);
	SET(&f->kill, victim_number, 2);
	assert_string_equal(message(f),
			    "python3[1234] killed: container limit 512 MiB reached "
			    "(rss 500 MiB); with its whole cgroup, process 2 of this kill");
}

static void a_victim_that_shares_memory_says_why_it_died(void **state)
{
	struct fixture *f = plain_oom(state);

	SET(&f->kill, shares_memory, true);
	SET(&f->kill, victim_number, 2);
	assert_string_equal(message(f), "python3[1234] killed: container limit 512 MiB reached "
					"(rss 500 MiB); shares the memory of another victim; "
					"process 2 of this kill");
}

static void an_exiting_victim_was_not_killed(void **state)
{
	struct fixture *f = plain_oom(state);

	SET(&f->kill, already_exiting, true);
	assert_string_equal(message(f),
			    "python3[1234] was already exiting: container limit 512 MiB "
			    "reached (rss 500 MiB)");
}

static void pid_1_without_a_container_ends_its_namespace(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.victim_container = &f->other;
	f->kill.limit_owner = &f->other;
	f->other.systemd_unit = S("box.service");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT;
	SET(&f->kill, pid_namespace_init, true);
	assert_string_equal(message(f),
			    "python3[1234] killed: unit limit 512 MiB reached (rss 500 MiB);"
			    " its pid namespace dies (pid 1)");
}

static void a_sandbox_in_a_container_is_not_the_container(void **state)
{
	struct fixture *f = plain_oom(state);

	SET(&f->kill, container_init, false);
	SET(&f->kill, pid_namespace_init, true);
	assert_non_null(strstr(message(f), "; its pid namespace dies (pid 1)"));
	assert_null(strstr(message(f), "container dies"));
	SET(&f->kill, container_init, true);
	assert_non_null(strstr(message(f), "; container dies (pid 1)"));
	assert_null(strstr(message(f), "namespace"));
}

static void absent_sizes_are_not_zeros(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.has_anon_rss_bytes = f->kill.has_file_rss_bytes = false;
	f->kill.has_shmem_rss_bytes = false;
	f->kill.anon_rss_bytes = 0;
	assert_string_equal(message(f), "python3[1234] killed: container limit 512 MiB reached");
}

static void approximate_and_swapped_memory_is_said_so(void **state)
{
	struct fixture *f = plain_oom(state);

	SET(&f->kill, rss_approximate, true);
	SET(&f->kill, swap_bytes, 1536 * MIB);
	assert_string_equal(message(f), "python3[1234] killed: container limit 512 MiB reached "
					"(rss about 500 MiB; 1.5 GiB in swap)");
}

static void a_thread_goes_by_its_leaders_name(void **state)
{
	struct fixture *f = plain_oom(state);

	f->victim.comm = S("pool-1-thread-3");
	f->victim.leader_comm = S("java");
	assert_non_null(strstr(message(f), "java[1234] killed"));
	f->victim.comm = f->victim.leader_comm = NULL;
	assert_non_null(strstr(message(f), "process[1234] killed"));
}

static void whose_it_is_falls_back_step_by_step(void **state)
{
	struct fixture *f = plain_oom(state);
	Ringside__V1__Container *c = &f->app;

	c->container_name = NULL;
	assert_string_equal(who(f), "shop/web-7f9/containerd:4f0c1e2d3b4a");
	c->pod_name = NULL;
	assert_string_equal(who(f), "containerd:4f0c1e2d3b4a");
	c->runtime = NULL;
	assert_string_equal(who(f), "container:4f0c1e2d3b4a");
	c->id = S("my-lxc-box");
	assert_string_equal(who(f), "container:my-lxc-box");
	c->id = NULL;
	assert_string_equal(who(f), "pod:" POD_UID);
	c->pod_uid = NULL;
	c->systemd_unit = S("cron.service");
	assert_string_equal(who(f), "cron.service");
	c->systemd_unit = NULL;
	c->cgroup_path = S("/a/b");
	assert_string_equal(who(f), "/a/b");
	c->cgroup_path = S("/");
	assert_string_equal(who(f), "host");
	f->kill.victim_container = NULL;
	f->kill.limit_owner = NULL;
	assert_string_equal(who(f), "host");
}

static void a_long_path_shows_both_ends(void **state)
{
	struct fixture *f = plain_oom(state);
	char path[1024] = "/outer";

	for (int i = 0; i < 50; i++)
		(void)strcat(path, "/0123456789");
	(void)strcat(path, "/inner");
	f->kill.victim_container = &f->other;
	f->other.cgroup_path = path;
	assert_true(strlen(who(f)) < 350);
	assert_memory_equal(f->text, "/outer/0123456789", strlen("/outer/0123456789"));
	assert_non_null(strstr(f->text, "/…#"));
	assert_string_equal(f->text + strlen(f->text) - 6, "/inner");
}

#define A "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
#define B "908ebcc9c13584a14322ec070bd971e0de62f126c0cd95c079acdb99990ad3a3"
#define MANAGER "/user.slice/user-1000.slice/user@1000.service"

/* In the words of a person, each with nothing that another one says, too. */
static void no_two_containers_units_or_jobs_have_the_same_words(void **state)
{
	static const struct {
		const char *path, *words;
	} rows[] = {
		{"/system.slice/redis.service", "redis.service"},
		{"/system.slice/redis.service/job1", "redis.service/job1"},
		{"/system.slice/redis.service/job2/redis.service",
		 "redis.service/job2/redis.service"},
		{MANAGER, "user@1000.service"},
		{MANAGER "/app.slice/redis.service", "user@1000.service/redis.service"},
		{MANAGER "/app.slice/redis.service/a", "user@1000.service/redis.service/a"},
		{"/user.slice/user-1001.slice/user@1001.service/app.slice/redis.service",
		 "user@1001.service/redis.service"},
		{"/docker/" A, "docker:4f797c539e6c"},
		{"/docker/" A "/system.slice/redis.service", "docker:4f797c539e6c/redis.service"},
		{"/docker/" A "/docker/" B, "docker:4f797c539e6c/docker:" B},
		{"/docker/" A "/1/2/…/8/9/docker/" B, "docker:4f797c539e6c/…/docker:" B},
		{MANAGER "/user.slice/docker-" A ".scope", "user@1000.service/docker:" A},
		{"/system.slice/my.service/docker/" A, "my.service/docker:" A},
		{MANAGER "/a.slice/b.service/libpod-payload-" A,
		 "user@1000.service/b.service/podman:" A},
		{MANAGER "/kubepods/podabc/" A, "user@1000.service/containerd:" A "/pod:abc"},
		{"/system.slice/slurmstepd.scope/job_42/step_0", "slurm:42"},
		{"/system.slice/my.service/slurmstepd.scope/job_42", "my.service/slurm:42"},
		{"/ecs/34dc0b5e626f2c5c4c5170e34b10e765/34dc0b5e626f2c5c4c5170e34b10e765-12",
		 "ecs:34dc0b5e626f2c5c4c5170e34b10e765-12"},
		{"/ecs/34dc0b5e626f2c5c4c5170e34b10e765/34dc0b5e626f2c5c4c5170e34b10e765-13",
		 "ecs:34dc0b5e626f2c5c4c5170e34b10e765-13"},
		{"/lxc/deadbeefcafe-1", "lxc:deadbeefcafe-1"},
		{"/lxc/deadbeefcafe-2", "lxc:deadbeefcafe-2"},
		{"/machine.slice/machine-lxc\\x2d4242\\x2dweb.scope", "lxc:web#4242"},
		{"/machine.slice/machine-lxc\\x2d4243\\x2dweb.scope", "lxc:web#4243"},
		{"/machine.slice/systemd-nspawn@web.service/payload/init.scope",
		 "nspawn:web/init.scope"},
		{"/foo.slice/foo-libpod_pod_" A ".slice", "podman-pod:4f797c539e6c"},
		{"/libpod_parent/" B "/libpod-" A, "podman:4f797c539e6c"},
		{MANAGER "/libpod_parent/" B "/libpod-" A, "user@1000.service/podman:" A},
		{"/mine/libpod_parent/" B "/libpod-" A, "/mine/libpod_parent/" B "/libpod-" A},
		{"…/docker/" A, "…/docker/" A},
	};
	struct fixture *f = plain_oom(state);

	f->kill.victim_container = &f->other;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena;

		arena_init(&arena);
		f->other = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
		f->other.cgroup_path = S(rows[i].path);
		container_identity_read(&f->other, &arena);
		assert_string_equal(who(f), rows[i].words);
		arena_done(&arena);
	}
}

static void the_limit_of_an_outer_or_a_nested_container_is_told_apart(void **state)
{
	struct fixture *f = plain_oom(state);

	f->kill.victim_container = &f->other;
	f->kill.limit_owner = &f->owner;
	f->owner.id = f->other.id = S(A);
	f->owner.runtime = f->other.runtime = S("docker");
	f->other.nested = S("docker:" B);
	f->other.nested_id = S(B);
	assert_non_null(
		strstr(message(f), "limit 512 MiB of container docker:4f797c539e6c reached"));
	f->owner.nested = f->other.nested;
	f->owner.nested_id = f->other.nested_id;
	assert_non_null(strstr(message(f), ": container limit 512 MiB reached"));
	f->other.nested = S("docker:" A);
	assert_non_null(strstr(message(f), "limit 512 MiB of container "
					   "docker:4f797c539e6c/docker:" B " reached"));
	f->other.nested = f->other.nested_id = f->owner.nested = f->owner.nested_id = NULL;
	f->owner.id = f->other.id = S("42");
	f->owner.runtime = f->other.runtime = S("slurm");
	assert_non_null(strstr(message(f), ": job limit 512 MiB reached"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_oom_line_of_the_design_is_printed_exactly),
		TEST(a_victim_that_asked_itself_names_nobody_else),
		TEST(a_trigger_in_another_container_is_named_with_it),
		TEST(the_limit_of_another_container_is_not_called_the_victims),
		TEST(unit_and_slice_and_cgroup_limits_are_told_apart),
		TEST(what_was_inferred_is_only_probable),
		TEST(an_unlimited_owner_has_no_invented_limit),
		TEST(a_limit_nobody_is_known_for_is_said_so),
		TEST(kills_without_a_limit_say_what_ran_out),
		TEST(sysrq_names_no_trigger),
		TEST(a_group_kill_counts_its_victims),
		TEST(a_victim_that_shares_memory_says_why_it_died),
		TEST(an_exiting_victim_was_not_killed),
		TEST(pid_1_without_a_container_ends_its_namespace),
		TEST(a_sandbox_in_a_container_is_not_the_container),
		TEST(absent_sizes_are_not_zeros),
		TEST(approximate_and_swapped_memory_is_said_so),
		TEST(a_thread_goes_by_its_leaders_name),
		TEST(whose_it_is_falls_back_step_by_step),
		TEST(a_long_path_shows_both_ends),
		TEST(no_two_containers_units_or_jobs_have_the_same_words),
		TEST(the_limit_of_an_outer_or_a_nested_container_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
