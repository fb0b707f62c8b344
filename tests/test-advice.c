/* SPDX-License-Identifier: Apache-2.0 */
#include "text-fixture.h"

static void advice_names_the_place_of_the_limit(void **state)
{
	struct fixture *f = plain_oom(state);

	assert_string_equal(advice(f),
			    "raise resources.limits.memory of container shop/web-7f9/app "
			    "(512 MiB now)");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD;
	assert_string_equal(advice(f), "raise resources.limits.memory of the pod's containers: the "
				       "pod's limit is their sum (512 MiB now)");
	f->kill.limit_owner = &f->owner;
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER;
	f->owner.id = S(ID);
	f->owner.runtime = S("docker");
	assert_string_equal(advice(f), "raise it with `docker update --memory SIZE 4f0c1e2d3b4a` "
				       "(512 MiB now)");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT;
	f->owner.systemd_unit = S("nginx.service");
	assert_string_equal(advice(f), "raise it with `systemctl set-property nginx.service "
				       "MemoryMax=SIZE` (512 MiB now)");
	f->kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE;
	f->owner.systemd_slice = S("user.slice");
	f->owner.cgroup_path = S("/user.slice");
	assert_string_equal(advice(f), "raise it with `systemctl set-property user.slice "
				       "MemoryMax=SIZE` (512 MiB now)");
	f->owner.cgroup_path = S("/kubepods.slice");
	assert_non_null(strstr(advice(f), "the kubelet set this limit"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(advice_names_the_place_of_the_limit),
		TEST(advice_names_the_file_of_each_hierarchy),
		TEST(advice_says_who_else_holds_the_memory),
		TEST(advice_for_global_kills_mentions_a_raised_score),
		TEST(advice_for_a_denial_fits_where_the_filter_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
