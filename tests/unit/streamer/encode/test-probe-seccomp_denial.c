/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "tests/lib/wire-record.h"

#define ID "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d"

static void make_denial(struct wire_record *record)
{
	struct wire_seccomp_denial *denial = &record->denial;

	record_init(record, WIRE_SECCOMP_DENIAL);
	denial->process = (struct wire_process){
		.pid = 1234,
		.tid = 1240,
		.ppid = 1,
		.vpid = 12,
		.uid = 1000,
		.gid = 100,
		.start_boottime = 4000000000,
		.comm = "worker",
		.leader_comm = "nginx",
	};
	denial->cgroup = (struct wire_cgroup){.id = 77, .hierarchy = 4};
	denial->key = (struct wire_denial_key){
		.cgroup_id = 77,
		.hierarchy = 4,
		.arch = AUDIT_ARCH_X86_64,
		.nr = 250,
		.action = SECCOMP_RET_ERRNO,
		.error = EPERM,
	};
	denial->ip = 0x7f0123456789;
	for (unsigned i = 0; i < 6; i++)
		denial->args[i] = i ? UINT64_MAX >> (8 * i) : 0;
	denial->ret_data = EPERM;
	denial->filters = 2;
	denial->flags = WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_ERRNO | WIRE_SECCOMP_HAS_DATA |
			WIRE_SECCOMP_HAS_CALL | WIRE_SECCOMP_KNOWS_LOG;
}

#define PROCESS                                                                                    \
	"seccomp_denial.process.pid: 1234\n"                                                       \
	"seccomp_denial.process.tid: 1240\n"                                                       \
	"seccomp_denial.process.parent_pid: 1\n"                                                   \
	"seccomp_denial.process.vpid: 12\n"                                                        \
	"seccomp_denial.process.uid: 1000\n"                                                       \
	"seccomp_denial.process.gid: 100\n"                                                        \
	"seccomp_denial.process.comm: worker\n"                                                    \
	"seccomp_denial.process.leader_comm: nginx\n"
#define EXE "seccomp_denial.process.executable_path: /usr/sbin/nginx\n"
#define START "seccomp_denial.process.start_boottime_nano: 4000000000\n"
#define CONTAINER                                                                                  \
	"seccomp_denial.container.id: " ID "\n"                                                    \
	"seccomp_denial.container.runtime: docker\n"                                               \
	"seccomp_denial.container.cgroup_path: /system.slice/docker-" ID ".scope\n"                \
	"seccomp_denial.container.cgroup_id: 77\n"                                                 \
	"seccomp_denial.container.hierarchy_id: 4\n"                                               \
	"seccomp_denial.container.systemd_slice: system.slice\n"
#define IDS                                                                                        \
	"seccomp_denial.container.cgroup_id: 77\n"                                                 \
	"seccomp_denial.container.hierarchy_id: 4\n"
#define CALL                                                                                       \
	"seccomp_denial.arch: 3221225534\n"                                                        \
	"seccomp_denial.arch_name: x86_64\n"                                                       \
	"seccomp_denial.syscall_number: 250\n"                                                     \
	"seccomp_denial.syscall_name: keyctl\n"
#define VERDICT                                                                                    \
	"seccomp_denial.action: SECCOMP_RET_ERRNO\n"                                               \
	"seccomp_denial.error_number: 1\n"                                                         \
	"seccomp_denial.error_name: EPERM\n"
#define REST                                                                                       \
	"seccomp_denial.ret_data: 1\n"                                                             \
	"seccomp_denial.instruction_pointer: 139642863445897\n"                                    \
	"seccomp_denial.args: 0\n"                                                                 \
	"seccomp_denial.args: 72057594037927935\n"                                                 \
	"seccomp_denial.args: 281474976710655\n"                                                   \
	"seccomp_denial.args: 1099511627775\n"                                                     \
	"seccomp_denial.args: 4294967295\n"                                                        \
	"seccomp_denial.args: 16777215\n"                                                          \
	"seccomp_denial.filters: 2\n"                                                              \
	"seccomp_denial.logged: false\n"

static void add_paths(struct wire_record *record)
{
	record_path(record, &record->denial.cgroup.path, "/system.slice/docker-" ID ".scope");
	record_path(record, &record->denial.process.exe, "/usr/sbin/nginx");
}

static void every_field_arrives(void **state)
{
	struct wire_record record;
	struct wire_known missing;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	assert_false(encoder_take_missing(*state, &missing));
}

/* Also where the message is the one before. */
static void what_ringside_made_itself_says_so(void **state)
{
	struct wire_record record;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	make_denial(&record);
	record.head.flags |= WIRE_TRIAL;
	assert_encodes(*state, &record,
		       PROCESS EXE START CONTAINER CALL VERDICT REST
		       "self_test: true\n" RECORD_TAIL);
	make_denial(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
}

static void a_path_is_remembered_for_later_events(void **state)
{
	struct wire_record record;
	struct wire_known missing;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	for (unsigned i = 0; i < 3; i++) {
		make_denial(&record);
		assert_encodes(*state, &record,
			       PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	}
	assert_false(encoder_take_missing(*state, &missing));
}

/* Another thread, another comm: the message is new, the path of the executable is not. */
static void another_thread_keeps_the_executable(void **state)
{
	struct wire_record record;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	for (unsigned i = 0; i < 2; i++) {
		make_denial(&record);
		record.denial.process.tid = 1234;
		(void)strcpy(record.denial.process.comm, "nginx");
		assert_encodes(*state, &record,
			       "seccomp_denial.process.pid: 1234\n"
			       "seccomp_denial.process.tid: 1234\n"
			       "seccomp_denial.process.parent_pid: 1\n"
			       "seccomp_denial.process.vpid: 12\n"
			       "seccomp_denial.process.uid: 1000\n"
			       "seccomp_denial.process.gid: 100\n"
			       "seccomp_denial.process.comm: nginx\n" EXE START CONTAINER CALL
				       VERDICT REST RECORD_TAIL);
	}
	make_denial(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
}

/* After an exec the same process has another executable. */
static void a_new_executable_replaces_the_old_one(void **state)
{
	struct wire_record record;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	make_denial(&record);
	record_path(&record, &record.denial.process.exe, "/bin/sh");
	for (unsigned i = 0; i < 2; i++) {
		assert_encodes(*state, &record,
			       PROCESS
			       "seccomp_denial.process.executable_path: /bin/sh\n" START CONTAINER
				       CALL VERDICT REST RECORD_TAIL);
		make_denial(&record);
	}
}

/* A pid that was used again is another process. */
static void a_new_process_of_the_same_pid_has_no_executable(void **state)
{
	struct wire_record record;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	make_denial(&record);
	record.denial.process.start_boottime++;
	assert_encodes(*state, &record,
		       PROCESS
		       "seccomp_denial.process.start_boottime_nano: 4000000001\n" CONTAINER CALL
			       VERDICT REST RECORD_TAIL);
}

static void a_cgroup_never_named_has_its_ids_and_is_asked_for(void **state)
{
	struct wire_record record;
	struct wire_known missing;

	make_denial(&record);
	assert_encodes(*state, &record, PROCESS START IDS CALL VERDICT REST RECORD_TAIL);
	assert_encodes(*state, &record, PROCESS START IDS CALL VERDICT REST RECORD_TAIL);
	assert_true(encoder_take_missing(*state, &missing));
	assert_int_equal(missing.cgroup.hierarchy, 4);
	assert_int_equal(missing.cgroup.id, 77);
	assert_int_equal(missing.exe, 0);
	assert_false(encoder_take_missing(*state, &missing));
}

/* The path came with another process's event. */
static void an_executable_is_known_by_its_number_whoever_runs_it(void **state)
{
	struct wire_record record;
	struct wire_known missing;

	make_denial(&record);
	record.denial.process.exe_id = 1234;
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	make_denial(&record);
	record.denial.process.exe_id = 1234;
	record.denial.process.start_boottime++;
	assert_encodes(*state, &record,
		       PROCESS EXE
		       "seccomp_denial.process.start_boottime_nano: 4000000001\n" CONTAINER CALL
			       VERDICT REST RECORD_TAIL);
	assert_false(encoder_take_missing(*state, &missing));
	make_denial(&record);
	record.denial.process.exe_id = 1235;
	assert_encodes(*state, &record, PROCESS START CONTAINER CALL VERDICT REST RECORD_TAIL);
	assert_encodes(*state, &record, PROCESS START CONTAINER CALL VERDICT REST RECORD_TAIL);
	assert_true(encoder_take_missing(*state, &missing));
	assert_int_equal(missing.cgroup.id, 77);
	assert_int_equal(missing.exe, 1235);
	/* asked for, it comes: what was made without it is not used again */
	record.denial.process.exe_id = 1235;
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	make_denial(&record);
	record.denial.process.exe_id = 1235;
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
}

static void the_same_id_in_another_hierarchy_is_another_cgroup(void **state)
{
	struct wire_record record;

	make_denial(&record);
	add_paths(&record);
	assert_encodes(*state, &record, PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
	make_denial(&record);
	record.denial.cgroup.hierarchy = 0;
	assert_encodes(*state, &record,
		       PROCESS EXE START
		       "seccomp_denial.container.cgroup_id: 77\n"
		       "seccomp_denial.container.hierarchy_id: 0\n" CALL VERDICT REST RECORD_TAIL);
}

static void what_is_not_known_is_absent(void **state)
{
	struct wire_record record;
	struct wire_known missing;
	struct wire_process *process = &record.denial.process;

	make_denial(&record);
	record.denial.flags = 0;
	record.denial.filters = 0;
	record.denial.cgroup = (struct wire_cgroup){};
	process->ppid = process->vpid = process->uid = process->gid = WIRE_ABSENT;
	process->start_boottime = 0;
	(void)strcpy(process->leader_comm, process->comm);
	assert_encodes(*state, &record,
		       "seccomp_denial.process.pid: 1234\n"
		       "seccomp_denial.process.tid: 1240\n"
		       "seccomp_denial.process.comm: worker\n"
		       "seccomp_denial.arch: 3221225534\n"
		       "seccomp_denial.arch_name: x86_64\n"
		       "seccomp_denial.action: SECCOMP_RET_ERRNO\n" RECORD_TAIL);
	assert_false(encoder_take_missing(*state, &missing));
}

static void zero_is_a_value_where_it_is_known(void **state)
{
	struct wire_record record;
	struct wire_process *process = &record.denial.process;

	make_denial(&record);
	process->ppid = process->vpid = process->uid = process->gid = 0;
	record.denial.key.error = record.denial.ret_data = 0;
	record.denial.key.nr = 0;
	record.denial.ip = 0;
	record.denial.cgroup.hierarchy = 0;
	memset(record.denial.args, 0, sizeof(record.denial.args));
	assert_encodes(*state, &record,
		       "seccomp_denial.process.pid: 1234\n"
		       "seccomp_denial.process.tid: 1240\n"
		       "seccomp_denial.process.parent_pid: 0\n"
		       "seccomp_denial.process.vpid: 0\n"
		       "seccomp_denial.process.uid: 0\n"
		       "seccomp_denial.process.gid: 0\n"
		       "seccomp_denial.process.comm: worker\n"
		       "seccomp_denial.process.leader_comm: nginx\n" START
		       "seccomp_denial.container.cgroup_id: 77\n"
		       "seccomp_denial.container.hierarchy_id: 0\n"
		       "seccomp_denial.arch: 3221225534\n"
		       "seccomp_denial.arch_name: x86_64\n"
		       "seccomp_denial.syscall_number: 0\n"
		       "seccomp_denial.syscall_name: read\n"
		       "seccomp_denial.action: SECCOMP_RET_ERRNO\n"
		       "seccomp_denial.error_number: 0\n"
		       "seccomp_denial.ret_data: 0\n"
		       "seccomp_denial.instruction_pointer: 0\n"
		       "seccomp_denial.args: 0\nseccomp_denial.args: 0\n"
		       "seccomp_denial.args: 0\nseccomp_denial.args: 0\n"
		       "seccomp_denial.args: 0\nseccomp_denial.args: 0\n"
		       "seccomp_denial.filters: 2\n"
		       "seccomp_denial.logged: false\n" RECORD_TAIL);
}

static void flags_that_say_yes_arrive(void **state)
{
	struct wire_record record;

	make_denial(&record);
	record.denial.flags = WIRE_SECCOMP_LOGGED | WIRE_SECCOMP_STRICT | WIRE_SECCOMP_ACTION_GUESS;
	record.denial.key.action = SECCOMP_RET_KILL_THREAD;
	record.denial.filters = 0;
	assert_encodes(*state, &record,
		       PROCESS START IDS "seccomp_denial.arch: 3221225534\n"
					 "seccomp_denial.arch_name: x86_64\n"
					 "seccomp_denial.action: SECCOMP_RET_KILL_THREAD\n"
					 "seccomp_denial.logged: true\n"
					 "seccomp_denial.strict_mode: true\n"
					 "seccomp_denial.action_inferred: true\n" RECORD_TAIL);
}

static char *row_text(struct encoder *encoder, bool limited, const void *key)
{
	uint8_t buf[4096];
	struct pb pb = pb_make(buf, sizeof(buf));
	ProtobufCMessage *message;
	char *text;

	if (limited)
		encoder_limited_key(encoder, WIRE_SECCOMP_DENIAL, key, &pb);
	else
		encoder_row_key(encoder, WIRE_SECCOMP_DENIAL, key, &pb);
	assert_false(pb.overflow);
	message = protobuf_c_message_unpack(limited ? &ringside__v1__limited__descriptor
						    : &ringside__v1__counter_row__descriptor,
					    NULL, (size_t)(pb.p - buf), buf);
	assert_non_null(message);
	text = record_text(message);
	protobuf_c_message_free_unpacked(message, NULL);
	return text;
}

#define ROW_REST                                                                                   \
	"arch: 3221225534\narch_name: x86_64\n"                                                    \
	"syscall_number: 250\nsyscall_name: keyctl\naction: SECCOMP_RET_ERRNO\n"                   \
	"error_number: 1\nerror_name: EPERM\n"

static void rows_name_their_key(void **state)
{
	for (unsigned limited = 0; limited < 2; limited++) {
		_cleanup_free_ char *before = NULL, *after = NULL;
		struct encoder *encoder = NULL;
		struct wire_record record;

		assert_ok(new_encoder((void **)&encoder));
		make_denial(&record);
		before = row_text(encoder, limited, &record.denial.key);
		assert_string_equal(before, "kind: seccomp_denial\n"
					    "container.cgroup_id: 77\n"
					    "container.hierarchy_id: 4\n" ROW_REST);
		add_paths(&record);
		assert_encodes(encoder, &record,
			       PROCESS EXE START CONTAINER CALL VERDICT REST RECORD_TAIL);
		after = row_text(encoder, limited, &record.denial.key);
		assert_string_equal(after,
				    "kind: seccomp_denial\n"
				    "container.id: " ID "\n"
				    "container.runtime: docker\n"
				    "container.cgroup_path: /system.slice/docker-" ID ".scope\n"
				    "container.cgroup_id: 77\n"
				    "container.hierarchy_id: 4\n"
				    "container.systemd_slice: system.slice\n" ROW_REST);
		(void)encoder_free(encoder);
	}
}

static void rows_leave_out_what_is_not_known(void **state)
{
	const struct wire_denial_key key = {
		.arch = AUDIT_ARCH_X86_64,
		.nr = -1,
		.action = SECCOMP_RET_TRACE,
	};
	_cleanup_free_ char *text = row_text(*state, false, &key);

	assert_string_equal(text, "kind: seccomp_denial\narch: 3221225534\narch_name: x86_64\n"
				  "action: SECCOMP_RET_TRACE\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_encoder, free_encoder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_arrives),
		TEST(what_ringside_made_itself_says_so),
		TEST(a_path_is_remembered_for_later_events),
		TEST(another_thread_keeps_the_executable),
		TEST(a_new_executable_replaces_the_old_one),
		TEST(a_new_process_of_the_same_pid_has_no_executable),
		TEST(a_cgroup_never_named_has_its_ids_and_is_asked_for),
		TEST(an_executable_is_known_by_its_number_whoever_runs_it),
		TEST(the_same_id_in_another_hierarchy_is_another_cgroup),
		TEST(what_is_not_known_is_absent),
		TEST(zero_is_a_value_where_it_is_known),
		TEST(flags_that_say_yes_arrive),
		TEST(rows_name_their_key),
		TEST(rows_leave_out_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
