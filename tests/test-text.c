/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdlib.h>

#include "line.h"
#include "text.h"
#include "util.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define ID "4f0c1e2d3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define POD_UID "0d2f8a1c-5a3b-4c6d-8e7f-112233445566"

/* protobuf-c's string fields are not const; nobody writes to these. */
#define S(s) ((char *)(s))

/* The records of one test: one of each message, wired together as needed. */
struct fixture {
	Ringside__V1__Record record;
	Ringside__V1__Header header;
	Ringside__V1__OomKill kill;
	Ringside__V1__SeccompDenial denial;
	Ringside__V1__Limited limited;
	Ringside__V1__Lost lost;
	Ringside__V1__Process victim, trigger;
	Ringside__V1__Container app, other, owner;
	char text[TEXT_MAX];
};

static void be(Ringside__V1__Process *process, const char *comm, uint32_t pid)
{
	*process = (Ringside__V1__Process)RINGSIDE__V1__PROCESS__INIT;
	process->comm = S(comm);
	process->has_pid = true;
	process->pid = pid;
}

static void in_pod(Ringside__V1__Container *c, const char *name)
{
	*c = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	c->id = S(ID);
	c->runtime = S("containerd");
	c->pod_uid = S(POD_UID);
	c->namespace_name = S("shop");
	c->pod_name = S("web-7f9");
	c->container_name = S(name);
	c->cgroup_path = S("/kubepods/burstable/pod" POD_UID "/" ID);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->record = (Ringside__V1__Record)RINGSIDE__V1__RECORD__INIT;
	f->header = (Ringside__V1__Header)RINGSIDE__V1__HEADER__INIT;
	f->header.architecture = S("x86_64");
	f->kill = (Ringside__V1__OomKill)RINGSIDE__V1__OOM_KILL__INIT;
	f->denial = (Ringside__V1__SeccompDenial)RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	f->limited = (Ringside__V1__Limited)RINGSIDE__V1__LIMITED__INIT;
	f->lost = (Ringside__V1__Lost)RINGSIDE__V1__LOST__INIT;
	f->owner = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->other = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	in_pod(&f->app, "app");
	be(&f->victim, "python3", 1234);
	be(&f->trigger, "java", 99);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static const char *message(struct fixture *f)
{
	size_t size = text_message(f->text, sizeof(f->text), &f->record, &f->header);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

static const char *who(struct fixture *f)
{
	size_t size = text_who(f->text, sizeof(f->text), &f->record);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

static const char *advice(struct fixture *f)
{
	size_t size = text_advice(f->text, sizeof(f->text), &f->record);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

#define SET(message, field, value) ((message)->has_##field = true, (message)->field = (value))

/* python3[1234] of shop/web-7f9/app, container limit 512 MiB, 20 MiB of its own, 470 of shmem */
static struct fixture *oom(void **state)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	f->record.oom_kill = &f->kill;
	f->kill.victim = &f->victim;
	f->kill.victim_container = &f->app;
	f->kill.limit_owner = &f->app;
	SET(&f->kill, scope, RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMCG);
	SET(&f->kill, limit_level, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER);
	SET(&f->kill, limit_bytes, 512 * MIB);
	SET(&f->kill, usage_bytes, 512 * MIB);
	SET(&f->kill, anon_rss_bytes, 18 * MIB);
	SET(&f->kill, file_rss_bytes, 2 * MIB);
	SET(&f->kill, shmem_rss_bytes, 470 * MIB);
	return f;
}

/* The same, but with a plain 500 MiB of its own. */
static struct fixture *plain_oom(void **state)
{
	struct fixture *f = oom(state);

	f->kill.anon_rss_bytes = 500 * MIB;
	f->kill.file_rss_bytes = 0;
	f->kill.shmem_rss_bytes = 0;
	return f;
}

static struct fixture *seccomp(void **state, Ringside__V1__SeccompAction action)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	f->record.seccomp_denial = &f->denial;
	be(&f->victim, "nginx", 77);
	f->denial.process = &f->victim;
	f->denial.container = &f->app;
	f->denial.arch_name = S("x86_64");
	f->denial.syscall_name = S("keyctl");
	SET(&f->denial, syscall_number, 250);
	SET(&f->denial, action, action);
	return f;
}

static void set_error(struct fixture *f, uint32_t number, const char *name)
{
	SET(&f->denial, error_number, number);
	f->denial.error_name = S(name);
}

static struct fixture *held_back(void **state)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED;
	f->record.limited = &f->limited;
	f->limited.kind = S("seccomp_denial");
	f->limited.container = &f->app;
	f->limited.syscall_name = S("clone3");
	SET(&f->limited, action, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	SET(&f->limited, error_number, 38);
	f->limited.error_name = S("ENOSYS");
	SET(&f->limited, count, 48201);
	SET(&f->limited, first_boottime_nano, 5000000000);
	SET(&f->limited, last_boottime_nano, 5990000000);
	return f;
}

static struct fixture *loss(void **state, Ringside__V1__Lost__Reason reason)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	f->record.lost = &f->lost;
	SET(&f->lost, reason, reason);
	f->lost.kind = S("seccomp_denial");
	SET(&f->lost, count, 1200);
	return f;
}

/* --- OOM kills --- */

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
	assert_string_equal(text_label(text_tone(&f->record)), "OOM");
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

	f->owner.id = S("aaaabbbbccccddddeeeeffff00001111");
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
	SET(&f->kill, container_init, true);
	assert_string_equal(message(f),
			    "python3[1234] killed: unit limit 512 MiB reached (rss 500 MiB);"
			    " its pid namespace dies (pid 1)");
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

/* --- advice --- */

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

	assert_non_null(strstr(advice(f), "; shmem stays after its process: look into /dev/shm"));
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

/* --- denials --- */

static void the_deny_line_of_the_design_is_printed_exactly(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	set_error(f, 1, "EPERM");
	assert_string_equal(message(f), "nginx[77] keyctl → EPERM");
	assert_string_equal(text_label(text_tone(&f->record)), "DENY");
}

static void every_action_says_what_came_of_the_call(void **state)
{
	static const struct {
		Ringside__V1__SeccompAction action;
		uint32_t error;
		const char *error_name, *text;
	} cases[] = {
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRAP, 0, NULL, "SIGSYS sent"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_PROCESS, 0, NULL,
		 "process killed (SIGSYS)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_THREAD, 0, NULL,
		 "thread killed (SIGSYS)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE, 38, "ENOSYS",
		 "ENOSYS (needs a tracer, none is attached)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE, 1, "EPERM",
		 "EPERM (refused by its tracer)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_USER_NOTIF, 1, "EPERM",
		 "EPERM (refused by its supervisor)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_USER_NOTIF, 38, "ENOSYS",
		 "ENOSYS (refused by its supervisor, or none is listening)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_UNSPECIFIED, 1, "EPERM",
		 "EPERM (action not known)"},
		{RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO, 250, NULL, "errno 250"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *f = seccomp(state, cases[i].action);
		char expected[128];

		f->denial.has_error_number = false;
		f->denial.error_number = 0;
		f->denial.error_name = NULL;
		if (cases[i].error)
			set_error(f, cases[i].error, cases[i].error_name);
		(void)snprintf(expected, sizeof(expected), "nginx[77] keyctl → %s", cases[i].text);
		assert_string_equal(message(f), expected);
	}
}

static void an_errno_of_0_is_not_an_absent_one(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	assert_string_equal(message(f), "nginx[77] keyctl → refused (errno not known)");
	set_error(f, 0, NULL);
	assert_string_equal(message(f), "nginx[77] keyctl → 0 (not run, but told that it was)");
	f->denial.action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_USER_NOTIF;
	assert_string_equal(message(f),
			    "nginx[77] keyctl → 0 (answered by its supervisor, not run)");
}

static void a_logged_call_is_not_called_denied(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG);

	assert_string_equal(message(f), "nginx[77] keyctl → allowed, but logged");
	assert_string_equal(text_label(text_tone(&f->record)), "LOG");
}

static void strict_mode_kills_with_its_own_rules(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_THREAD);

	SET(&f->denial, strict_mode, true);
	assert_string_equal(message(f),
			    "nginx[77] keyctl → killed (SIGKILL: strict mode allows only "
			    "read, write, exit and sigreturn)");
}

static void calls_of_another_architecture_name_it(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	set_error(f, 1, "EPERM");
	f->denial.arch_name = S("i386");
	assert_string_equal(message(f), "nginx[77] keyctl (i386) → EPERM");
	f->denial.arch_name = S("x32");
	assert_string_equal(message(f), "nginx[77] keyctl (x32) → EPERM");
	f->denial.arch_name = S("aarch64");
	assert_string_equal(message(f), "nginx[77] keyctl (aarch64) → EPERM");
	f->header.architecture = NULL;
	assert_string_equal(message(f), "nginx[77] keyctl → EPERM");
}

static void calls_without_a_name_or_number_are_still_told(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	set_error(f, 1, "EPERM");
	f->denial.syscall_name = NULL;
	f->denial.syscall_number = 1023;
	assert_string_equal(message(f), "nginx[77] syscall 1023 → EPERM");
	f->denial.has_syscall_number = false;
	assert_string_equal(message(f), "nginx[77] a syscall of unknown number → EPERM");
	f->denial.action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE;
	set_error(f, 38, "ENOSYS");
	assert_string_equal(message(f),
			    "nginx[77] a syscall its tracer overwrote → ENOSYS (refused by "
			    "its tracer)");
}

static void only_probing_calls_are_called_harmless(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	set_error(f, 38, "ENOSYS");
	assert_string_equal(message(f), "nginx[77] keyctl → ENOSYS");
	f->denial.syscall_name = S("clone3");
	assert_string_equal(message(f),
			    "nginx[77] clone3 → ENOSYS (programs fall back; usually harmless)");
	set_error(f, 1, "EPERM");
	assert_string_equal(message(f), "nginx[77] clone3 → EPERM");
}

/* --- limited, lost, the stream --- */

static void limited_says_how_many_more_and_in_what_time(void **state)
{
	struct fixture *f = held_back(state);

	assert_string_equal(message(f),
			    "clone3 → ENOSYS  × 48,201 more in 1 s (programs fall back; "
			    "usually harmless)");
	assert_string_equal(text_label(text_tone(&f->record)), "DENY");
	assert_string_equal(who(f), "shop/web-7f9/app");
	SET(&f->limited, last_boottime_nano, 8600000000);
	f->limited.syscall_name = S("keyctl");
	assert_string_equal(message(f), "keyctl → ENOSYS  × 48,201 more in 4 s");
	f->limited.has_first_boottime_nano = false;
	assert_string_equal(message(f), "keyctl → ENOSYS  × 48,201 more");
}

static void limited_without_a_key_does_not_invent_one(void **state)
{
	struct fixture *f = held_back(state);

	SET(&f->limited, overflow, true);
	assert_string_equal(message(f),
			    "48,201 seccomp denials held back by the rate limits in 1 s "
			    "(whose is not known: the tables were full)");
	assert_string_equal(advice(f), "");
	f->limited.kind = S("tcp_queue");
	f->limited.has_overflow = f->limited.overflow = false;
	assert_string_equal(message(f),
			    "48,201 tcp_queue events held back by the rate limits in 1 s");
}

static void each_loss_has_its_reason(void **state)
{
	struct fixture *f = loss(state, RINGSIDE__V1__LOST__REASON__RING_FULL);

	SET(&f->lost, cpu, 3);
	assert_string_equal(message(f), "1,200 seccomp denials lost: the ring was full (CPU 3)");
	assert_non_null(strstr(advice(f), "--ring-size"));
	assert_string_equal(text_label(text_tone(&f->record)), "LOST");
	f->lost.count = 1;
	f->lost.kind = S("oom_kill");
	f->lost.reason = RINGSIDE__V1__LOST__REASON__SINK;
	assert_string_equal(message(f),
			    "1 OOM kill lost: taken from the kernel, but the output could "
			    "not take more");
	f->lost.has_count = false;
	f->lost.reason = RINGSIDE__V1__LOST__REASON__NOT_ATTACHED;
	assert_string_equal(message(f),
			    "an unknown number of OOM kills not seen: nothing was attached "
			    "then");
	f->lost.kind = NULL;
	f->lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	assert_string_equal(message(f),
			    "an unknown number of events lost: the recording is damaged "
			    "here");
}

static void the_header_tells_the_tiers_and_blind_spots(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Probe kills = RINGSIDE__V1__PROBE__INIT, denials = RINGSIDE__V1__PROBE__INIT;
	Ringside__V1__Probe *probes[] = {&kills, &denials};
	char *spots[] = {S("Calls of x32 programs."), S("Denials while attaching.")};

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	f->record.header = &f->header;
	f->header.host_name = S("web1");
	f->header.kernel_release = S("6.1.0-18-amd64");
	kills.kind = S("oom_kill");
	SET(&kills, tier, RINGSIDE__V1__TIER__TIER_FENTRY);
	kills.blind_spots = spots;
	kills.n_blind_spots = 2;
	denials.kind = S("seccomp_denial");
	f->header.probes = probes;
	f->header.n_probes = 2;
	assert_string_equal(
		message(f),
		"host web1, Linux 6.1.0-18-amd64 x86_64: oom_kill by fentry, seccomp_denial "
		"not attached; blind spots: Calls of x32 programs. Denials while "
		"attaching.");
}

static void the_footer_adds_its_totals_up(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Footer footer = RINGSIDE__V1__FOOTER__INIT;
	Ringside__V1__KindTotal kills = RINGSIDE__V1__KIND_TOTAL__INIT;
	Ringside__V1__KindTotal denials = RINGSIDE__V1__KIND_TOTAL__INIT;
	Ringside__V1__KindTotal *totals[] = {&kills, &denials};

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_FOOTER;
	f->record.footer = &footer;
	footer.reason = S("SIGTERM");
	kills.kind = S("oom_kill");
	kills.written = 2;
	denials.kind = S("seccomp_denial");
	denials.written = 1202;
	denials.limited = 48201;
	footer.totals = totals;
	footer.n_totals = 2;
	assert_string_equal(message(f),
			    "stream closed (SIGTERM): 1,204 events written, 48,201 limited, "
			    "0 lost (oom_kill 2, seccomp_denial 1,202)");
}

static void clock_and_counters_have_sentences_too(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Clock clock = RINGSIDE__V1__CLOCK__INIT;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__ProbeSums sums = RINGSIDE__V1__PROBE_SUMS__INIT;
	Ringside__V1__CpuCounters cpu = RINGSIDE__V1__CPU_COUNTERS__INIT;
	Ringside__V1__ProbeSums *probes[] = {&sums};
	Ringside__V1__CpuCounters *cpus[] = {&cpu, &cpu};

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_CLOCK;
	f->record.clock = &clock;
	SET(&clock, boottime_nano, 12345678901);
	SET(&clock, time_unix_nano, 1795316645123000000);
	SET(&clock, stepped, true);
	assert_string_equal(message(f),
			    "the clock was set: it is 2026-11-22 03:04:05 UTC, 12.345 s "
			    "after boot");
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	f->record.counters = &counters;
	sums.kind = S("seccomp_denial");
	sums.cpus = cpus;
	sums.n_cpus = 2;
	cpu.seen = 600;
	cpu.limited = 20;
	cpu.dropped = 1;
	counters.probes = probes;
	counters.n_probes = 1;
	assert_string_equal(message(f),
			    "counters: seccomp_denial 1,200 seen, 40 limited, 2 dropped");
}

static void a_record_of_a_newer_version_is_no_crash(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(message(f), "a record this version does not know");
	assert_string_equal(who(f), "host");
	assert_string_equal(advice(f), "");
}

/* --- whose --- */

static void whose_it_is_falls_back_step_by_step(void **state)
{
	struct fixture *f = plain_oom(state);
	Ringside__V1__Container *c = &f->app;

	c->container_name = NULL;
	assert_string_equal(who(f), "shop/web-7f9/4f0c1e2d3b4a");
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

static void a_long_path_shows_its_inner_end(void **state)
{
	struct fixture *f = plain_oom(state);
	char path[1024] = "";

	for (int i = 0; i < 50; i++)
		(void)strcat(path, "/0123456789");
	(void)strcat(path, "/inner");
	f->kill.victim_container = &f->other;
	f->other.cgroup_path = path;
	assert_true(strlen(who(f)) < 180);
	assert_memory_equal(f->text, "…/0123456789", strlen("…/0123456789"));
	assert_string_equal(f->text + strlen(f->text) - 6, "/inner");
}

/* --- hostile strings --- */

static void no_byte_of_a_name_reaches_the_terminal_as_a_command(void **state)
{
	static const struct {
		const char *comm, *text;
	} cases[] = {
		{"a\x1b[2Jb", "a\\x1b[2Jb[77] keyctl → EPERM"},
		{"a\nOOM fake", "a\\x0aOOM fake[77] keyctl → EPERM"},
		{"\r\t\x7f", "\\x0d\\x09\\x7f[77] keyctl → EPERM"},
		{"a\xff\xfe", "a\\xff\\xfe[77] keyctl → EPERM"},
		{"\xc2\x9b"
		 "2J", /* CSI in one character */
		 "\\u009b2J[77] keyctl → EPERM"},
		{"\xe2\x80\xaegpj", "\\u202egpj[77] keyctl → EPERM"},
		{"\xe2\x81\xa6x\xe2\x80\x8b", "\\u2066x\\u200b[77] keyctl → EPERM"},
		{"\xf3\xa0\x80\x81", "\\U000e0001[77] keyctl → EPERM"},
		{"\xc0\xaf", "\\xc0\\xaf[77] keyctl → EPERM"},          /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80[77] keyctl → EPERM"}, /* surrogate */
		{"x\xe2\x82", "x\\xe2\\x82[77] keyctl → EPERM"},        /* cut */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80[77] keyctl → EPERM"},
		{"größe→\xf0\x9f\x90\xa7", "größe→\xf0\x9f\x90\xa7[77] keyctl → EPERM"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

		set_error(f, 1, "EPERM");
		f->victim.comm = S(cases[i].comm);
		assert_string_equal(message(f), cases[i].text);
	}
}

static bool is_safe(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static void every_string_of_every_record_is_escaped(void **state)
{
	static const char evil[] = "\x1b]0;x\a\n";
	struct fixture *f = oom(state);
	Ringside__V1__Probe probe = RINGSIDE__V1__PROBE__INIT, *probes[] = {&probe};
	Ringside__V1__Container *containers[] = {&f->app, &f->other, &f->owner};
	char *spots[] = {S(evil)};

	for (size_t i = 0; i < ARRAY_SIZE(containers); i++) {
		*containers[i] = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
		containers[i]->id = containers[i]->runtime = S(evil);
		containers[i]->systemd_unit = containers[i]->systemd_slice = S(evil);
		containers[i]->cgroup_path = S(evil);
	}
	be(&f->victim, evil, 1);
	be(&f->trigger, evil, 2);
	f->kill.trigger = &f->trigger;
	f->kill.trigger_container = &f->other;
	for (int level = 0; level <= 6; level++) {
		f->kill.limit_level = (Ringside__V1__LimitLevel)level;
		f->kill.limit_owner = &f->owner;
		assert_true(is_safe(message(f)) && is_safe(who(f)) && is_safe(advice(f)));
	}
	f->app.namespace_name = f->app.pod_name = f->app.container_name = S(evil);
	assert_true(is_safe(who(f)) && is_safe(advice(f)));

	f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	f->denial.syscall_name = f->denial.arch_name = S(evil);
	set_error(f, 1, evil);
	assert_true(is_safe(message(f)) && is_safe(advice(f)));

	f = held_back(state);
	f->limited.syscall_name = f->limited.error_name = f->limited.arch_name = S(evil);
	assert_true(is_safe(message(f)) && is_safe(advice(f)));
	f->limited.kind = S(evil);
	assert_true(is_safe(message(f)));

	f = loss(state, RINGSIDE__V1__LOST__REASON__SINK);
	f->lost.kind = S(evil);
	assert_true(is_safe(message(f)));

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	f->record.header = &f->header;
	f->header.host_name = f->header.kernel_release = f->header.architecture = S(evil);
	f->header.probes = probes;
	f->header.n_probes = 1;
	probe.kind = S(evil);
	probe.blind_spots = spots;
	probe.n_blind_spots = 1;
	assert_true(is_safe(message(f)));
}

static void a_text_too_long_is_cut_at_a_character_and_marked(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	size_t full = 0;
	char buf[64];

	set_error(f, 1, "EPERM");
	for (size_t size = LINE_MIN; size < sizeof(buf); size++) {
		size_t n;

		memset(buf, 'X', sizeof(buf));
		n = text_message(buf, size, &f->record, &f->header);
		assert_true(n < size);
		assert_int_equal(buf[n], '\0');
		assert_int_equal(buf[size], 'X');
		if (strcmp(buf, "nginx[77] keyctl → EPERM") != 0)
			assert_string_equal(buf + n - strlen("…"), "…");
		else
			full = size;
		/* never a part of the arrow before the mark */
		assert_null(strstr(buf, "\xe2\xe2"));
		assert_null(strstr(buf, "\xe2\x86\xe2"));
	}
	assert_int_equal(full, sizeof(buf) - 1);
}

static void a_huge_name_does_not_fill_the_screen(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	char *huge = malloc(1 << 20);

	assert_non_null(huge);
	memset(huge, 'a', (1 << 20) - 1);
	huge[(1 << 20) - 1] = '\0';
	f->victim.comm = huge;
	assert_true(strlen(message(f)) < 256);
	assert_non_null(strstr(f->text, "a…[77] keyctl"));
	free(huge);
}

/* --- numbers --- */

static const char *bytes(char *buf, size_t size, uint64_t v)
{
	struct line line = line_make(buf, size);

	line_bytes(&line, v);
	(void)line_end(&line);
	return buf;
}

static const char *limit(char *buf, size_t size, uint64_t v)
{
	struct line line = line_make(buf, size);

	line_limit(&line, v);
	(void)line_end(&line);
	return buf;
}

static void sizes_are_rounded_for_people(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(bytes(buf, sizeof(buf), 0), "0 B");
	assert_string_equal(bytes(buf, sizeof(buf), 1023), "1023 B");
	assert_string_equal(bytes(buf, sizeof(buf), 4096), "4 KiB");
	assert_string_equal(bytes(buf, sizeof(buf), 1536), "1.5 KiB");
	assert_string_equal(bytes(buf, sizeof(buf), 20 * MIB), "20 MiB");
	assert_string_equal(bytes(buf, sizeof(buf), 20 * MIB + MIB / 2), "21 MiB");
	assert_string_equal(bytes(buf, sizeof(buf), 9 * MIB + MIB * 96 / 100), "10 MiB");
	assert_string_equal(bytes(buf, sizeof(buf), GIB - 1), "1 GiB");
	assert_string_equal(bytes(buf, sizeof(buf), 1536 * GIB), "1.5 TiB");
	assert_string_equal(bytes(buf, sizeof(buf), UINT64_MAX), "16 EiB");
}

static void limits_are_exact_where_words_allow(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(limit(buf, sizeof(buf), 512 * MIB), "512 MiB");
	assert_string_equal(limit(buf, sizeof(buf), GIB + GIB / 2), "1.5 GiB");
	assert_string_equal(limit(buf, sizeof(buf), 1100 * MIB), "1100 MiB");
	assert_string_equal(limit(buf, sizeof(buf), 17 * GIB + GIB / 2), "17920 MiB");
	assert_string_equal(limit(buf, sizeof(buf), 499998720), "477 MiB");
	assert_string_equal(limit(buf, sizeof(buf), 4096), "4 KiB");
}

static void counts_have_separators(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{48201, "48,201"},
		{UINT64_MAX, "18,446,744,073,709,551,615"},
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line line = line_make(buf, sizeof(buf));

		line_count(&line, cases[i].v);
		(void)line_end(&line);
		assert_string_equal(buf, cases[i].text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(absent_sizes_are_not_zeros),
		TEST(approximate_and_swapped_memory_is_said_so),
		TEST(a_thread_goes_by_its_leaders_name),
		TEST(advice_names_the_place_of_the_limit),
		TEST(advice_names_the_file_of_each_hierarchy),
		TEST(advice_says_who_else_holds_the_memory),
		TEST(advice_for_global_kills_mentions_a_raised_score),
		TEST(advice_for_a_denial_fits_where_the_filter_is_set),
		TEST(the_deny_line_of_the_design_is_printed_exactly),
		TEST(every_action_says_what_came_of_the_call),
		TEST(an_errno_of_0_is_not_an_absent_one),
		TEST(a_logged_call_is_not_called_denied),
		TEST(strict_mode_kills_with_its_own_rules),
		TEST(calls_of_another_architecture_name_it),
		TEST(calls_without_a_name_or_number_are_still_told),
		TEST(only_probing_calls_are_called_harmless),
		TEST(limited_says_how_many_more_and_in_what_time),
		TEST(limited_without_a_key_does_not_invent_one),
		TEST(each_loss_has_its_reason),
		TEST(the_header_tells_the_tiers_and_blind_spots),
		TEST(the_footer_adds_its_totals_up),
		TEST(clock_and_counters_have_sentences_too),
		TEST(a_record_of_a_newer_version_is_no_crash),
		TEST(whose_it_is_falls_back_step_by_step),
		TEST(a_long_path_shows_its_inner_end),
		TEST(no_byte_of_a_name_reaches_the_terminal_as_a_command),
		TEST(every_string_of_every_record_is_escaped),
		TEST(a_text_too_long_is_cut_at_a_character_and_marked),
		TEST(a_huge_name_does_not_fill_the_screen),
		TEST(sizes_are_rounded_for_people),
		TEST(limits_are_exact_where_words_allow),
		TEST(counts_have_separators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
