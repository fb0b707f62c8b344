/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/wire-record.h"

#define VICTIM "123cd1db937c3c2d0d7772ef9b0a1c4b0b3dcfcb6b889452a90b2fcb43eae43a"
#define TRIGGER "f52987fbdcc7b29175fb52e01c7917e9d6d2e14550e3a2a7abf739da5a067e31"
#define UID "6dc88073-2128-40d6-9dbc-0ba508da7fe8"
#define POD "/kubepods/burstable/pod" UID

#define ALL_FLAGS                                                                                  \
	(WIRE_OOM_HAS_OWNER | WIRE_OOM_HAS_POINTS | WIRE_OOM_HAS_CONTROL | WIRE_OOM_HAS_MM |       \
	 WIRE_OOM_KNOWS_EXITING | WIRE_OOM_KNOWS_GROUP)

static void make_kill(struct wire_record *record)
{
	struct wire_oom_kill *kill = &record->kill;

	record_init(record, WIRE_OOM_KILL);
	kill->victim = (struct wire_process){
		.pid = 10,
		.tid = 10,
		.ppid = 9,
		.vpid = 1,
		.uid = 33,
		.gid = 34,
		.start_boottime = 1000000001,
		.comm = "python3",
		.leader_comm = "python3",
	};
	kill->trigger = (struct wire_process){
		.pid = 20,
		.tid = 21,
		.ppid = 19,
		.vpid = 2,
		.uid = 35,
		.gid = 36,
		.start_boottime = 1000000002,
		.comm = "java",
		.leader_comm = "java",
	};
	kill->victim_cgroup = (struct wire_cgroup){.id = 101, .hierarchy = 4};
	kill->trigger_cgroup = (struct wire_cgroup){.id = 102, .hierarchy = 4};
	kill->owner = (struct wire_cgroup){.id = 103, .hierarchy = 4};
	kill->limit_bytes = 512 << 20;
	kill->usage_bytes = (512 << 20) - 4096;
	kill->anon_rss_bytes = 1;
	kill->file_rss_bytes = 128;
	kill->shmem_rss_bytes = 16384;
	kill->swap_bytes = 1ull << 32;
	kill->peak_rss_bytes = 1ull << 40;
	kill->total_vm_bytes = 1ull << 50;
	kill->page_table_bytes = UINT64_MAX;
	kill->domain_bytes = 77;
	kill->badness_points = -5;
	kill->kill_id = 3;
	kill->victim_number = 2;
	kill->flags = ALL_FLAGS;
	kill->scope = WIRE_SCOPE_MEMCG;
	kill->gfp_mask = 0xcc0;
	kill->order = -1;
	kill->oom_score_adj = -999;
}

static void add_paths(struct wire_record *record)
{
	struct wire_oom_kill *kill = &record->kill;

	record_path(record, &kill->victim.exe, "/usr/bin/python3.11");
	record_path(record, &kill->trigger.exe, "/opt/java/bin/java");
	record_path(record, &kill->victim_cgroup.path, POD "/" VICTIM);
	record_path(record, &kill->trigger_cgroup.path, POD "/" TRIGGER);
	record_path(record, &kill->owner.path, POD);
}

#define PROCESS_VICTIM                                                                             \
	"oom_kill.victim.pid: 10\n"                                                                \
	"oom_kill.victim.tid: 10\n"                                                                \
	"oom_kill.victim.parent_pid: 9\n"                                                          \
	"oom_kill.victim.vpid: 1\n"                                                                \
	"oom_kill.victim.uid: 33\n"                                                                \
	"oom_kill.victim.gid: 34\n"                                                                \
	"oom_kill.victim.comm: python3\n"
#define EXE_VICTIM "oom_kill.victim.executable_path: /usr/bin/python3.11\n"
#define START_VICTIM "oom_kill.victim.start_boottime_nano: 1000000001\n"
#define CONTAINER_VICTIM                                                                           \
	"oom_kill.victim_container.id: " VICTIM "\n"                                               \
	"oom_kill.victim_container.runtime: containerd\n"                                          \
	"oom_kill.victim_container.pod_uid: " UID "\n"                                             \
	"oom_kill.victim_container.cgroup_path: " POD "/" VICTIM "\n"                              \
	"oom_kill.victim_container.cgroup_id: 101\n"                                               \
	"oom_kill.victim_container.hierarchy_id: 4\n"
#define PROCESS_TRIGGER                                                                            \
	"oom_kill.trigger.pid: 20\n"                                                               \
	"oom_kill.trigger.tid: 21\n"                                                               \
	"oom_kill.trigger.parent_pid: 19\n"                                                        \
	"oom_kill.trigger.vpid: 2\n"                                                               \
	"oom_kill.trigger.uid: 35\n"                                                               \
	"oom_kill.trigger.gid: 36\n"                                                               \
	"oom_kill.trigger.comm: java\n"
#define EXE_TRIGGER "oom_kill.trigger.executable_path: /opt/java/bin/java\n"
#define START_TRIGGER "oom_kill.trigger.start_boottime_nano: 1000000002\n"
#define CONTAINER_TRIGGER                                                                          \
	"oom_kill.trigger_container.id: " TRIGGER "\n"                                             \
	"oom_kill.trigger_container.runtime: containerd\n"                                         \
	"oom_kill.trigger_container.pod_uid: " UID "\n"                                            \
	"oom_kill.trigger_container.cgroup_path: " POD "/" TRIGGER "\n"                            \
	"oom_kill.trigger_container.cgroup_id: 102\n"                                              \
	"oom_kill.trigger_container.hierarchy_id: 4\n"
#define OWNER                                                                                      \
	"oom_kill.limit_owner.pod_uid: " UID "\n"                                                  \
	"oom_kill.limit_owner.cgroup_path: " POD "\n"                                              \
	"oom_kill.limit_owner.cgroup_id: 103\n"                                                    \
	"oom_kill.limit_owner.hierarchy_id: 4\n"
#define SIDES                                                                                      \
	PROCESS_VICTIM EXE_VICTIM START_VICTIM CONTAINER_VICTIM PROCESS_TRIGGER EXE_TRIGGER        \
		START_TRIGGER CONTAINER_TRIGGER
#define LIMIT                                                                                      \
	"oom_kill.limit_level: LIMIT_LEVEL_POD\n"                                                  \
	"oom_kill.limit_bytes: 536870912\n"                                                        \
	"oom_kill.usage_bytes: 536866816\n"                                                        \
	"oom_kill.scope: OOM_SCOPE_MEMCG\n"                                                        \
	"oom_kill.limit_inferred: false\n"
#define SIZES                                                                                      \
	"oom_kill.anon_rss_bytes: 1\n"                                                             \
	"oom_kill.file_rss_bytes: 128\n"                                                           \
	"oom_kill.shmem_rss_bytes: 16384\n"                                                        \
	"oom_kill.swap_bytes: 4294967296\n"                                                        \
	"oom_kill.peak_rss_bytes: 1099511627776\n"                                                 \
	"oom_kill.total_vm_bytes: 1125899906842624\n"                                              \
	"oom_kill.page_table_bytes: 18446744073709551615\n"                                        \
	"oom_kill.rss_approximate: false\n"
#define SCORES                                                                                     \
	"oom_kill.oom_score_adj: -999\n"                                                           \
	"oom_kill.badness_points: -5\n"                                                            \
	"oom_kill.domain_bytes: 77\n"                                                              \
	"oom_kill.order: -1\n"                                                                     \
	"oom_kill.gfp_mask: 3264\n"                                                                \
	"oom_kill.kill_id: 3\n"                                                                    \
	"oom_kill.victim_number: 2\n"
#define ANSWERS                                                                                    \
	"oom_kill.oom_group: false\n"                                                              \
	"oom_kill.container_init: false\n"                                                         \
	"oom_kill.already_exiting: false\n"                                                        \
	"oom_kill.pid_namespace_init: false\n"

static void every_field_arrives(void **state)
{
	struct wire_record record;

	make_kill(&record);
	add_paths(&record);
	for (unsigned i = 0; i < 3; i++)
		assert_encodes(*state, &record, SIDES OWNER LIMIT SIZES SCORES ANSWERS RECORD_TAIL);
}

static void flags_that_say_yes_arrive(void **state)
{
	struct wire_record record;

	make_kill(&record);
	add_paths(&record);
	record.kill.flags = WIRE_OOM_HAS_OWNER | WIRE_OOM_INFERRED | WIRE_OOM_UNLIMITED |
			    WIRE_OOM_HAS_MM | WIRE_OOM_APPROXIMATE | WIRE_OOM_GROUP |
			    WIRE_OOM_INIT | WIRE_OOM_EXITING | WIRE_OOM_SHARES_MM;
	assert_encodes(*state, &record,
		       SIDES OWNER "oom_kill.limit_level: LIMIT_LEVEL_POD\n"
				   "oom_kill.usage_bytes: 536866816\n"
				   "oom_kill.scope: OOM_SCOPE_MEMCG\n"
				   "oom_kill.limit_inferred: true\n"
				   "oom_kill.anon_rss_bytes: 1\n"
				   "oom_kill.file_rss_bytes: 128\n"
				   "oom_kill.shmem_rss_bytes: 16384\n"
				   "oom_kill.swap_bytes: 4294967296\n"
				   "oom_kill.peak_rss_bytes: 1099511627776\n"
				   "oom_kill.total_vm_bytes: 1125899906842624\n"
				   "oom_kill.page_table_bytes: 18446744073709551615\n"
				   "oom_kill.rss_approximate: true\n"
				   "oom_kill.oom_score_adj: -999\n"
				   "oom_kill.kill_id: 3\n"
				   "oom_kill.victim_number: 2\n"
				   "oom_kill.oom_group: true\n"
				   "oom_kill.container_init: true\n"
				   "oom_kill.already_exiting: true\n"
				   "oom_kill.shares_memory: true\n"
				   "oom_kill.pid_namespace_init: true\n" RECORD_TAIL);
}

static void what_is_not_known_is_absent(void **state)
{
	struct wire_record record;
	struct wire_oom_kill *kill = &record.kill;

	make_kill(&record);
	kill->victim.vpid = kill->victim.ppid = kill->victim.uid = kill->victim.gid = WIRE_ABSENT;
	kill->trigger.vpid = kill->trigger.ppid = kill->trigger.uid = kill->trigger.gid =
		WIRE_ABSENT;
	kill->victim.start_boottime = kill->trigger.start_boottime = 0;
	kill->victim_cgroup.id = kill->trigger_cgroup.id = 0;
	kill->flags = 0;
	kill->scope = 0;
	kill->kill_id = 0;
	kill->victim_number = 0;
	assert_encodes(*state, &record,
		       "oom_kill.victim.pid: 10\n"
		       "oom_kill.victim.tid: 10\n"
		       "oom_kill.victim.comm: python3\n"
		       "oom_kill.trigger.pid: 20\n"
		       "oom_kill.trigger.tid: 21\n"
		       "oom_kill.trigger.comm: java\n"
		       "oom_kill.oom_score_adj: -999\n" RECORD_TAIL);
}

#define UNKNOWN (-1)

/* @levels: those of the cgroups' tree that the victim and its parent share. */
static void assert_container_init(struct encoder *encoder, const char *path, uint32_t levels,
				  uint32_t pid_level, int want)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	static uint64_t id = 1000;
	struct record_stamp stamp = RECORD_STAMP;
	Ringside__V1__Record *message;
	struct wire_record record;
	size_t size;

	make_kill(&record);
	record.kill.victim_cgroup.id = id++;
	record.kill.flags |= WIRE_OOM_INIT;
	record.kill.parent_levels = levels;
	record.kill.pid_level = pid_level;
	record_path(&record, &record.kill.victim_cgroup.path, path);
	/* looked up after the victim's, which is gone from the scratch memory then */
	record_path(&record, &record.kill.trigger_cgroup.path, "/trigger");
	assert_ok(encoder_event(encoder, &record.head, record.head.size, &stamp, frame, &size));
	message = record_decode(frame, size);
	assert_true(message->oom_kill->pid_namespace_init);
	assert_int_equal(message->oom_kill->has_container_init, want != UNKNOWN);
	assert_int_equal(message->oom_kill->container_init, want == true);
	ringside__v1__record__free_unpacked(message, NULL);
}

static void only_who_is_started_from_outside_is_a_containers_init(void **state)
{
	static const char docker[] = "/docker/" VICTIM, pod[] = POD "/" VICTIM;

	assert_container_init(*state, docker, 0, 1, true); /* by a shim in /system.slice */
	assert_container_init(*state, docker, 1, 1, true); /* ... in /docker */
	assert_container_init(*state, docker, 2, 2, false);
	assert_container_init(*state, "/docker/" VICTIM "/app", 3, 1,
			      false);                   /* with the host's pids */
	assert_container_init(*state, pod, 3, 1, true); /* by a monitor in the pod's cgroup */
	assert_container_init(*state, pod, 4, 2, false);
	/* the outermost is meant: the runtime of the inner one is in it, too */
	assert_container_init(*state, "/docker/" TRIGGER "/docker/" VICTIM, 3, 2, false);
	assert_container_init(*state, "/system.slice/box.service", 2, 1, UNKNOWN);
	assert_container_init(*state, POD, 3, 1, UNKNOWN);
}

static void a_machines_supervisor_may_be_in_its_cgroup(void **state)
{
	static const char machine[] = "/machine.slice/machine-box.scope";

	assert_container_init(*state, machine, 2, 1, true);
	assert_container_init(*state, machine, 2, 2, false);
	assert_container_init(*state, "/lxc.payload.box", 0, 1, true);
	assert_container_init(*state, "/lxc.payload.box/init.scope", 2, 2, false);
}

static void assert_level(struct encoder *encoder, uint32_t scope, const char *owner, int want)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = RECORD_STAMP;
	Ringside__V1__Record *message;
	struct wire_record record;
	size_t size;

	make_kill(&record);
	record.kill.scope = scope;
	if (owner)
		record_path(&record, &record.kill.owner.path, owner);
	else
		record.kill.flags &= ~WIRE_OOM_HAS_OWNER;
	assert_ok(encoder_event(encoder, &record.head, record.head.size, &stamp, frame, &size));
	message = record_decode(frame, size);
	assert_int_equal(message->oom_kill->scope, scope);
	assert_int_equal(message->oom_kill->has_limit_level, want != 0);
	assert_int_equal(message->oom_kill->limit_level, want);
	assert_int_equal(message->oom_kill->limit_owner != NULL, owner != NULL);
	ringside__v1__record__free_unpacked(message, NULL);
}

static void the_level_is_that_of_the_limits_owner(void **state)
{
	assert_level(*state, WIRE_SCOPE_MEMCG, POD "/" VICTIM,
		     RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER);
	assert_level(*state, WIRE_SCOPE_MEMCG, POD, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD);
	assert_level(*state, WIRE_SCOPE_MEMCG, "/system.slice/a.service",
		     RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT);
	assert_level(*state, WIRE_SCOPE_MEMCG, "/kubepods",
		     RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE);
	assert_level(*state, WIRE_SCOPE_MEMCG, "/a/b",
		     RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CGROUP);
	assert_level(*state, WIRE_SCOPE_MEMCG, "/", RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_HOST);
	assert_level(*state, WIRE_SCOPE_GLOBAL, NULL, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_HOST);
	assert_level(*state, WIRE_SCOPE_SYSRQ, NULL, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_HOST);
	assert_level(*state, WIRE_SCOPE_CPUSET, NULL, 0);
	assert_level(*state, WIRE_SCOPE_MEMPOLICY, NULL, 0);
}

static void rows_name_container_and_scope(void **state)
{
	const struct wire_oom_key key = {.cgroup_id = 101, .hierarchy = 4, .scope = 2};
	Ringside__V1__CounterRow *row;
	_cleanup_free_ char *text = NULL;
	struct wire_record record;
	uint8_t buf[4096];
	struct pb pb = pb_make(buf, sizeof(buf));

	make_kill(&record);
	add_paths(&record);
	assert_encodes(*state, &record, SIDES OWNER LIMIT SIZES SCORES ANSWERS RECORD_TAIL);
	encoder_row_key(*state, WIRE_OOM_KILL, &key, &pb);
	row = ringside__v1__counter_row__unpack(NULL, (size_t)(pb.p - buf), buf);
	assert_non_null(row);
	text = record_text(&row->base);
	ringside__v1__counter_row__free_unpacked(row, NULL);
	assert_text(text, "kind: oom_kill\n"
			  "container.id: " VICTIM "\n"
			  "container.runtime: containerd\n"
			  "container.pod_uid: " UID "\n"
			  "container.cgroup_path: " POD "/" VICTIM "\n"
			  "container.cgroup_id: 101\n"
			  "container.hierarchy_id: 4\n"
			  "scope: OOM_SCOPE_MEMCG\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_encoder, free_encoder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_arrives),
		TEST(flags_that_say_yes_arrive),
		TEST(what_is_not_known_is_absent),
		TEST(the_level_is_that_of_the_limits_owner),
		TEST(rows_name_container_and_scope),
		TEST(only_who_is_started_from_outside_is_a_containers_init),
		TEST(a_machines_supervisor_may_be_in_its_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
