/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"

#define CAUSE(name) RINGSIDE__V1__KILL_CAUSE__KILL_CAUSE_##name

static Ringside__V1__SignalKill kill_of_test;
static Ringside__V1__Process target, sender;
static Ringside__V1__Container unit;

/* Makes the record a SIGKILL that ended python3[1234] of shop/web-7f9/app; nobody has sent it. */
static struct fixture *killed(void **state, Ringside__V1__KillCause cause)
{
	struct fixture *f = *state;

	kill_of_test = (Ringside__V1__SignalKill)RINGSIDE__V1__SIGNAL_KILL__INIT;
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_SIGNAL_KILL;
	f->record.signal_kill = &kill_of_test;
	be(&target, "python3", 1234);
	kill_of_test.target = &target;
	kill_of_test.target_container = &f->app;
	SET(&kill_of_test, signal, 9);
	kill_of_test.signal_name = S("SIGKILL");
	SET(&kill_of_test, exit_status, 137);
	SET(&kill_of_test, cause, cause);
	return f;
}

static void by(const char *comm, uint32_t pid, const char *of, const char *parent)
{
	static char path[256];

	be(&sender, comm, pid);
	unit = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	(void)snprintf(path, sizeof(path), "/system.slice/%s", of);
	unit.systemd_unit = S(of);
	unit.cgroup_path = path;
	kill_of_test.sender = &sender;
	kill_of_test.sender_container = &unit;
	kill_of_test.sender_parent_comm = S(parent);
}

static void raised(uint32_t number, const char *name, int32_t code)
{
	SET(&kill_of_test, signal, number);
	kill_of_test.signal_name = S(name);
	SET(&kill_of_test, exit_status, 128 + number);
	SET(&kill_of_test, code, code);
}

static void a_sender_is_told_with_its_unit_and_its_parent(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("bash", 99, "ssh.service", "sshd");
	assert_string_equal(message(f), "python3[1234] killed by bash[99] of ssh.service, child of "
					"sshd: SIGKILL, exit code 137");
	assert_string_equal(text_tone(&f->record)->label, "KILL");
	assert_string_equal(who(f), "shop/web-7f9/app");
	assert_string_equal(advice(f), "");
}

static void a_sender_of_the_same_container_is_told_without_it(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("sh", 99, "", NULL);
	kill_of_test.sender_container = &f->app;
	assert_string_equal(message(f), "python3[1234] killed by sh[99]: SIGKILL, exit code 137");
	be(&sender, "python3", 1234);
	assert_string_equal(message(f), "python3[1234] killed itself: SIGKILL, exit code 137");
}

static void whoever_was_not_seen_is_said_to_be_unknown(void **state)
{
	struct fixture *f = killed(state, CAUSE(UNSPECIFIED));

	assert_string_equal(message(f), "python3[1234] killed, by whom is not known: SIGKILL, exit "
					"code 137");
	SET(&kill_of_test, cause, CAUSE(SENT));
	assert_string_equal(message(f), "python3[1234] killed, by whom is not known: SIGKILL, exit "
					"code 137");
	kill_of_test.cause = (Ringside__V1__KillCause)99;
	assert_string_equal(message(f), "python3[1234] killed in a way this version does not know: "
					"SIGKILL, exit code 137");
}

static void a_runtime_stops_its_container(void **state)
{
	static const char *const names[] = {"containerd-shim", "conmon", "crun", "runc", "dockerd"};
	struct fixture *f = killed(state, CAUSE(SENT));
	char expected[256];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		by(names[i], 812, "containerd.service", "systemd");
		(void)snprintf(expected, sizeof(expected),
			       "python3[1234] stopped by its runtime (%s[812] of "
			       "containerd.service, child of systemd): SIGKILL, exit code 137",
			       names[i]);
		assert_string_equal(message(f), expected);
	}
	SET(&kill_of_test, cause, CAUSE(CGROUP));
	SET(&kill_of_test, processes, 1001);
	assert_string_equal(message(f),
			    "python3[1234] stopped with its cgroup by its runtime (dockerd[812] of "
			    "containerd.service, child of systemd): SIGKILL, exit code 137; 1,001 "
			    "processes have exited by it");
}

/* It is its place that tells, and no container is that place: neither the target's nor another. */
static void a_runtime_of_that_name_alone_is_none(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("containerd-shim", 812, "containerd.service", NULL);
	kill_of_test.sender_container = &f->app;
	assert_string_equal(message(f), "python3[1234] killed by containerd-shim[812]: SIGKILL, "
					"exit code 137");
	in_pod(&f->other, "sidecar");
	f->other.id = S("5f0c1e2d3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0");
	kill_of_test.sender_container = &f->other;
	assert_string_equal(message(f), "python3[1234] killed by containerd-shim[812] of "
					"shop/web-7f9/sidecar: SIGKILL, exit code 137");
	kill_of_test.sender_container = NULL;
	assert_string_equal(message(f), "python3[1234] killed by containerd-shim[812]: SIGKILL, "
					"exit code 137");
	kill_of_test.sender_container = &unit;
	SET(&unit, path_truncated, true);
	assert_string_equal(message(f), "python3[1234] killed by containerd-shim[812] of "
					"containerd.service: SIGKILL, exit code 137");
	unit.path_truncated = false;
	f->other = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->other.systemd_unit = S("nginx.service");
	f->other.cgroup_path = S("/system.slice/nginx.service");
	kill_of_test.target_container = &f->other;
	assert_string_equal(message(f), "python3[1234] killed by containerd-shim[812] of "
					"containerd.service: SIGKILL, exit code 137");
}

/* It may be a container's, of a runtime that is not known. */
static void a_runtime_in_a_cgroup_nobody_knows_is_none(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("containerd-shim", 812, "", NULL);
	unit.systemd_unit = NULL;
	unit.cgroup_path = S("/x/y");
	assert_non_null(strstr(message(f), " killed by containerd-shim[812] of /x/y:"));
	unit.cgroup_path = S("/");
	assert_non_null(
		strstr(message(f), " stopped by its runtime (containerd-shim[812] of host"));
	unit.cgroup_path = S("/kubepods/pod1");
	unit.pod_uid = f->app.pod_uid;
	assert_non_null(strstr(message(f), " stopped by its runtime (containerd-shim[812] of "));
}

static void another_cgroup_is_told_by_its_id(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("sh", 99, "", NULL);
	unit.systemd_unit = NULL;
	unit.cgroup_path = S("/a/\xe2\x80\xa6/z");
	SET(&unit, path_truncated, true);
	SET(&unit, hierarchy_id, 0);
	f->other = unit;
	kill_of_test.target_container = &f->other;
	SET(&unit, cgroup_id, 101);
	SET(&f->other, cgroup_id, 102);
	assert_non_null(strstr(message(f), " killed by sh[99] of /a/"));
	f->other.cgroup_id = 101;
	assert_non_null(strstr(message(f), " killed by sh[99]:"));
	f->other.hierarchy_id = 4;
	assert_non_null(strstr(message(f), " killed by sh[99] of /a/"));
	unit.cgroup_path = NULL;
	assert_non_null(strstr(message(f), " killed by sh[99] of another cgroup:"));
	kill_of_test.target_container = NULL;
	assert_non_null(strstr(message(f), " killed by sh[99] of another cgroup:"));
}

/* Its init system may have put the two into different cgroups. */
static void the_same_container_is_told_by_its_own_id(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("sh", 99, "", NULL);
	f->other = f->app;
	SET(&f->other, cgroup_id, 101);
	SET(&f->app, cgroup_id, 102);
	kill_of_test.sender_container = &f->other;
	assert_non_null(strstr(message(f), " killed by sh[99]:"));
}

static void an_empty_sender_is_none(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	sender = (Ringside__V1__Process)RINGSIDE__V1__PROCESS__INIT;
	kill_of_test.sender = &sender;
	kill_of_test.sender_parent_comm = S("init");
	assert_string_equal(message(f), "python3[1234] killed, by whom is not known: SIGKILL, exit "
					"code 137");
	kill_of_test.cause = CAUSE(PARENT);
	assert_string_equal(message(f), "python3[1234] killed when its parent ended: SIGKILL, exit "
					"code 137");
}

static void anothers_runtime_is_not_its_own(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("lxc-start", 812, "web.service", NULL);
	assert_non_null(strstr(message(f), " killed by lxc-start[812] of web.service:"));
	by("podman", 812, "web.service", NULL);
	assert_non_null(strstr(message(f), " killed by podman[812] of web.service:"));
	by("runc", 812, "user@1000.service", NULL);
	SET(&sender, uid, 1000);
	assert_non_null(strstr(message(f), " killed by runc[812] of user@1000.service:"));
	f->other = f->app;
	SET(&f->other, systemd_user_uid, 1000);
	kill_of_test.target_container = &f->other;
	assert_non_null(strstr(message(f), " stopped by its runtime (runc[812] "));
	f->other.systemd_user_uid = 1001;
	assert_non_null(strstr(message(f), " killed by runc[812] "));
	sender.uid = 0;
	assert_non_null(strstr(message(f), " stopped by its runtime (runc[812] "));
}

static void systemd_oomd_is_told_by_its_name_and_advised_on(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("systemd-oomd", 300, "systemd-oomd.service", NULL);
	assert_string_equal(message(f), "python3[1234] killed by systemd-oomd[300] of "
					"systemd-oomd.service: SIGKILL, exit code 137");
	assert_string_equal(advice(f),
			    "`journalctl -u systemd-oomd` says why: ManagedOOMSwap= or "
			    "ManagedOOMMemoryPressure= is kill for its cgroup or a slice above it");
	f->other = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->other.systemd_unit = S("user@1000.service");
	f->other.systemd_user_unit = S("app-firefox.scope");
	f->other.cgroup_path = S("/user.slice/user-1000.slice/user@1000.service/app-firefox.scope");
	kill_of_test.target_container = &f->other;
	assert_non_null(strstr(advice(f), " is kill for app-firefox.scope or a slice above it"));
	f->other.systemd_unit = S("systemd-oomd.service");
	f->other.systemd_user_unit = NULL;
	f->other.cgroup_path = S("/system.slice/systemd-oomd.service");
	assert_string_equal(advice(f), "");
	kill_of_test.target_container = NULL;
	SET(&target, pid, 300);
	assert_non_null(strstr(message(f), " killed itself"));
	assert_string_equal(advice(f), "");
	target.pid = 1234;
	assert_non_null(strstr(advice(f), " is kill for its cgroup or a slice above it"));
	by("systemd-oomd", 300, "mine.service", NULL);
	assert_non_null(strstr(message(f), "killed by systemd-oomd[300] of mine.service:"));
	assert_string_equal(advice(f), "");
}

static void systemd_itself_has_no_parent(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("systemd", 1, "init.scope", "swapper/0");
	assert_string_equal(message(f),
			    "python3[1234] killed by systemd[1] of init.scope: SIGKILL, "
			    "exit code 137");
}

static void whoever_took_others_along_is_told(void **state)
{
	struct fixture *f = killed(state, CAUSE(PID_NAMESPACE));

	by("tini", 10, "", NULL);
	kill_of_test.sender_container = &f->app;
	SET(&kill_of_test, processes, 1001);
	SET(&kill_of_test, remaining, 1);
	assert_string_equal(message(f),
			    "python3[1234] ended with its pid namespace: its pid 1 ended "
			    "(tini[10]); SIGKILL, exit code 137; 1,001 processes have exited by "
			    "it, 1 has not yet");
	kill_of_test.processes = 1;
	kill_of_test.remaining = 1200;
	assert_non_null(strstr(message(f), "; 1 process has exited by it, 1,200 have not yet"));
	kill_of_test.has_processes = false;
	assert_non_null(strstr(message(f), "exit code 137; 1,200 processes have not exited yet"));
	kill_of_test.remaining = 1;
	assert_non_null(strstr(message(f), "exit code 137; 1 process has not exited yet"));
	kill_of_test.has_remaining = false;
	kill_of_test.cause = CAUSE(PARENT);
	assert_string_equal(message(f), "python3[1234] killed when its parent ended (tini[10]): "
					"SIGKILL, exit code 137");
	SET(&sender, tid, 10);
	assert_non_null(strstr(message(f), " killed when its parent ended (tini[10]): "));
	SET(&sender, tid, 11);
	assert_non_null(
		strstr(message(f), " killed when the thread that started it ended (tini[10]): "));
	kill_of_test.cause = CAUSE(TRACER);
	assert_string_equal(message(f), "python3[1234] killed when its tracer ended (tini[10]): "
					"SIGKILL, exit code 137");
}

static void a_fault_is_told_as_a_crash(void **state)
{
	struct fixture *f = killed(state, CAUSE(KERNEL));

	raised(11, "SIGSEGV", 1);
	SET(&kill_of_test, core_dumped, true);
	assert_string_equal(message(f), "python3[1234] crashed: SIGSEGV (nothing is mapped at the "
					"address), core dumped, exit code 139");
	raised(7, "SIGBUS", 2);
	kill_of_test.core_dumped = false;
	assert_string_equal(message(f), "python3[1234] crashed: SIGBUS (nothing is behind the "
					"address), exit code 135");
	raised(11, "SIGSEGV", 128);
	assert_string_equal(message(f), "python3[1234] crashed: SIGSEGV, exit code 139");
	raised(77, NULL, 1);
	assert_string_equal(message(f), "python3[1234] crashed: signal 77, exit code 205");
	raised(11, "SIGSEGV", -2);
	assert_string_equal(message(f), "python3[1234] killed, by whom is not known: SIGSEGV, "
					"exit code 139");
	raised(9, "SIGKILL", -5);
	assert_string_equal(message(f), "python3[1234] killed, by whom is not known: SIGKILL, "
					"exit code 137");
	assert_string_equal(advice(f), "");
}

static void a_limit_is_told_where_the_signal_says_which(void **state)
{
	struct fixture *f = killed(state, CAUSE(KERNEL));

	assert_string_equal(message(f),
			    "python3[1234] killed by the kernel: SIGKILL, exit code 137");
	assert_string_equal(advice(f), "");
	raised(24, "SIGXCPU", 128);
	assert_string_equal(message(f), "python3[1234] ended: it took more CPU time than it may; "
					"SIGXCPU, exit code 152");
	assert_string_equal(advice(f),
			    "raise its RLIMIT_CPU (`ulimit -t`, LimitCPU= of a unit); or, of a "
			    "real-time process, RLIMIT_RTTIME (LimitRTTIME=), or of SCHED_DEADLINE "
			    "its runtime (`chrt -p PID`): the signal does not say which");
	raised(24, "SIGXCPU", -2);
	assert_string_equal(message(f), "python3[1234] killed, by whom is not known: SIGXCPU, "
					"exit code 152");
	assert_string_equal(advice(f), "");
	raised(25, "SIGXFSZ", 128);
	assert_string_equal(message(f), "python3[1234] ended: its limit of a file's size was "
					"reached; SIGXFSZ, exit code 153");
	assert_non_null(strstr(advice(f), "RLIMIT_FSIZE"));
	kill_of_test.cause = CAUSE(UNSPECIFIED);
	assert_string_equal(advice(f), "");
}

static void failed_memory_is_no_crash(void **state)
{
	struct fixture *f = killed(state, CAUSE(KERNEL));

	raised(7, "SIGBUS", 4);
	assert_string_equal(message(f), "python3[1234] ended: it used memory that is marked as "
					"failed; SIGBUS, exit code 135");
	assert_string_equal(advice(f), "if it is the machine's, `journalctl -k -g 'Hardware "
				       "Error|Memory failure'` says where");
	kill_of_test.code = 5;
	assert_string_equal(message(f), "python3[1234] ended: memory that it has is marked as "
					"failed; SIGBUS, exit code 135");
	kill_of_test.code = 2;
	assert_non_null(strstr(message(f), " crashed: SIGBUS "));
	kill_of_test.code = 4;
	kill_of_test.cause = CAUSE(UNSPECIFIED);
	assert_non_null(strstr(message(f), " killed, by whom is not known: SIGBUS,"));
	assert_string_equal(advice(f), "");
}

static void what_other_probes_tell_better_is_named(void **state)
{
	struct fixture *f = killed(state, CAUSE(OOM));

	SET(&kill_of_test, pid_namespace_init, true);
	assert_string_equal(message(f),
			    "python3[1234] killed by the OOM killer: SIGKILL, exit code "
			    "137; its pid namespace dies (pid 1)");
	kill_of_test.cause = CAUSE(SECCOMP);
	kill_of_test.pid_namespace_init = false;
	raised(31, "SIGSYS", 1);
	assert_string_equal(message(f), "python3[1234] killed by seccomp: SIGSYS, exit code 159");
}

static void names_do_nothing_to_the_terminal(void **state)
{
	struct fixture *f = killed(state, CAUSE(SENT));

	by("a\033[2J", 99, "b\nc.service", "d\xe2\x80\xae");
	be(&target, "e\rf", 1234);
	kill_of_test.signal_name = S("SIG\x07");
	assert_string_equal(message(f),
			    "e\\x0df[1234] killed by a\\x1b[2J[99] of b\\x0ac.service, child of "
			    "d\\u202e: SIG\\x07, exit code 137");
}

static void an_empty_event_is_told(void **state)
{
	struct fixture *f = killed(state, CAUSE(UNSPECIFIED));

	kill_of_test = (Ringside__V1__SignalKill)RINGSIDE__V1__SIGNAL_KILL__INIT;
	assert_string_equal(message(f), "process killed, by whom is not known: signal 0");
	assert_string_equal(advice(f), "");
}

static void what_the_limits_held_back_is_counted_by_signal_and_cause(void **state)
{
	struct fixture *f = held_back(state);

	f->limited.kind = S("signal_kill");
	f->limited.syscall_name = NULL;
	SET(&f->limited, signal, 9);
	f->limited.signal_name = S("SIGKILL");
	SET(&f->limited, kill_cause, CAUSE(SENT));
	assert_string_equal(message(f), "SIGKILL (sent by processes)  × 48,201 more in 1 s");
	assert_string_equal(text_tone(&f->record)->label, "KILL");
	assert_string_equal(advice(f), "");
	f->limited.kill_cause = (Ringside__V1__KillCause)99;
	assert_string_equal(message(f), "SIGKILL (in a way this version does not know)  × 48,201 "
					"more in 1 s");
	SET(&f->limited, others, true);
	assert_string_equal(message(f),
			    "48,201 kills by signal held back by the rate limits in 1 s "
			    "(of other signals: more than its share of the table)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sender_is_told_with_its_unit_and_its_parent),
		TEST(a_sender_of_the_same_container_is_told_without_it),
		TEST(whoever_was_not_seen_is_said_to_be_unknown),
		TEST(a_runtime_stops_its_container),
		TEST(a_runtime_of_that_name_alone_is_none),
		TEST(a_runtime_in_a_cgroup_nobody_knows_is_none),
		TEST(another_cgroup_is_told_by_its_id),
		TEST(the_same_container_is_told_by_its_own_id),
		TEST(an_empty_sender_is_none),
		TEST(anothers_runtime_is_not_its_own),
		TEST(systemd_oomd_is_told_by_its_name_and_advised_on),
		TEST(systemd_itself_has_no_parent),
		TEST(whoever_took_others_along_is_told),
		TEST(a_fault_is_told_as_a_crash),
		TEST(a_limit_is_told_where_the_signal_says_which),
		TEST(failed_memory_is_no_crash),
		TEST(what_other_probes_tell_better_is_named),
		TEST(names_do_nothing_to_the_terminal),
		TEST(an_empty_event_is_told),
		TEST(what_the_limits_held_back_is_counted_by_signal_and_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
