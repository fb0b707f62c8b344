/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/stamp.h"
#include "proto/ringside-fields.h"
#include "tests/lib/wire-record.h"

#define TARGET "123cd1db937c3c2d0d7772ef9b0a1c4b0b3dcfcb6b889452a90b2fcb43eae43a"

static struct wire_signal_kill *make_kill(struct wire_record *record)
{
	struct wire_signal_kill *kill = (struct wire_signal_kill *)record->bytes;

	record_init(record, WIRE_SIGNAL_KILL);
	kill->target = (struct wire_process){
		.pid = 10,
		.tid = 11,
		.ppid = 9,
		.vpid = 1,
		.uid = 33,
		.gid = 34,
		.start_boottime = 1000000001,
		.comm = "worker",
		.leader_comm = "nginx",
	};
	kill->sender = (struct wire_process){
		.pid = 20,
		.tid = 20,
		.ppid = 19,
		.vpid = 20,
		.uid = 0,
		.gid = 0,
		.start_boottime = 1000000002,
		.comm = "runc",
		.leader_comm = "runc",
	};
	kill->target_cgroup = (struct wire_cgroup){.id = 101};
	kill->sender_cgroup = (struct wire_cgroup){.id = 102};
	memcpy(kill->sender_parent_comm, "containerd-shim", sizeof("containerd-shim"));
	kill->sent_boottime_nano = 4999999999;
	kill->signal = 9;
	kill->cause = WIRE_KILL_CGROUP;
	kill->code = -6;
	kill->status = 9;
	kill->processes = 4000;
	kill->remaining = 3;
	kill->flags = WIRE_KILL_HAS_SENDER | WIRE_KILL_HAS_CODE | WIRE_KILL_SEVERAL;
	return kill;
}

/* As the programs do: in records of their own, before. */
static void learn(struct encoder *encoder, uint64_t id, const char *path)
{
	struct wire_record record = {0};

	record.head = (struct wire_head){.probe = WIRE_SIGNAL_KILL,
					 .flags = WIRE_PATH,
					 .size = sizeof(record.path)};
	record.path.cgroup.id = id;
	record_path(&record, &record.path.cgroup.path, path);
	assert_ok(encoder_learn(encoder, &record.head, record.head.size));
}

#define PROCESS_TARGET                                                                             \
	"signal_kill.target.pid: 10\n"                                                             \
	"signal_kill.target.tid: 11\n"                                                             \
	"signal_kill.target.parent_pid: 9\n"                                                       \
	"signal_kill.target.vpid: 1\n"                                                             \
	"signal_kill.target.uid: 33\n"                                                             \
	"signal_kill.target.gid: 34\n"                                                             \
	"signal_kill.target.comm: worker\n"                                                        \
	"signal_kill.target.leader_comm: nginx\n"                                                  \
	"signal_kill.target.start_boottime_nano: 1000000001\n"
#define CONTAINER_TARGET                                                                           \
	"signal_kill.target_container.id: " TARGET "\n"                                            \
	"signal_kill.target_container.runtime: docker\n"                                           \
	"signal_kill.target_container.cgroup_path: /docker/" TARGET "\n"                           \
	"signal_kill.target_container.cgroup_id: 101\n"                                            \
	"signal_kill.target_container.hierarchy_id: 0\n"
#define PROCESS_SENDER                                                                             \
	"signal_kill.sender.pid: 20\n"                                                             \
	"signal_kill.sender.tid: 20\n"                                                             \
	"signal_kill.sender.parent_pid: 19\n"                                                      \
	"signal_kill.sender.vpid: 20\n"                                                            \
	"signal_kill.sender.uid: 0\n"                                                              \
	"signal_kill.sender.gid: 0\n"                                                              \
	"signal_kill.sender.comm: runc\n"                                                          \
	"signal_kill.sender.start_boottime_nano: 1000000002\n"
#define CONTAINER_SENDER                                                                           \
	"signal_kill.sender_container.cgroup_path: /system.slice/containerd.service\n"             \
	"signal_kill.sender_container.cgroup_id: 102\n"                                            \
	"signal_kill.sender_container.hierarchy_id: 0\n"                                           \
	"signal_kill.sender_container.systemd_unit: containerd.service\n"                          \
	"signal_kill.sender_container.systemd_slice: system.slice\n"

static void every_field_arrives(void **state)
{
	struct wire_record record;

	learn(*state, 101, "/docker/" TARGET);
	learn(*state, 102, "/system.slice/containerd.service");
	make_kill(&record);
	for (unsigned i = 0; i < 2; i++)
		assert_encodes(*state, &record,
			       PROCESS_TARGET CONTAINER_TARGET PROCESS_SENDER CONTAINER_SENDER
			       "signal_kill.sender_parent_comm: containerd-shim\n"
			       "signal_kill.signal: 9\n"
			       "signal_kill.signal_name: SIGKILL\n"
			       "signal_kill.cause: KILL_CAUSE_CGROUP\n"
			       "signal_kill.code: -6\n"
			       "signal_kill.core_dumped: false\n"
			       "signal_kill.exit_status: 137\n"
			       "signal_kill.sent_boottime_nano: 4999999999\n"
			       "signal_kill.processes: 4000\n"
			       "signal_kill.remaining: 3\n"
			       "signal_kill.pid_namespace_init: false\n" RECORD_TAIL);
}

/* A fault: nobody has sent it. */
static void what_is_not_known_is_absent(void **state)
{
	struct wire_record record;
	struct wire_signal_kill *kill = make_kill(&record);

	kill->target_cgroup.id = 0;
	kill->sender_parent_comm[0] = '\0';
	kill->sent_boottime_nano = 0;
	kill->signal = 11;
	kill->cause = WIRE_KILL_KERNEL;
	kill->status = 11 | 0x80;
	kill->flags = WIRE_KILL_INIT;
	assert_encodes(*state, &record,
		       PROCESS_TARGET "signal_kill.signal: 11\n"
				      "signal_kill.signal_name: SIGSEGV\n"
				      "signal_kill.cause: KILL_CAUSE_KERNEL\n"
				      "signal_kill.core_dumped: true\n"
				      "signal_kill.exit_status: 139\n"
				      "signal_kill.pid_namespace_init: true\n" RECORD_TAIL);
}

static void a_cause_that_was_not_seen_is_absent(void **state)
{
	struct wire_record record;
	struct wire_signal_kill *kill = make_kill(&record);

	kill->target_cgroup.id = 0;
	kill->target.vpid = WIRE_ABSENT;
	kill->sender_parent_comm[0] = '\0';
	kill->sent_boottime_nano = 0;
	kill->cause = WIRE_KILL_UNKNOWN;
	kill->flags = 0;
	assert_encodes(*state, &record,
		       "signal_kill.target.pid: 10\n"
		       "signal_kill.target.tid: 11\n"
		       "signal_kill.target.parent_pid: 9\n"
		       "signal_kill.target.uid: 33\n"
		       "signal_kill.target.gid: 34\n"
		       "signal_kill.target.comm: worker\n"
		       "signal_kill.target.leader_comm: nginx\n"
		       "signal_kill.target.start_boottime_nano: 1000000001\n"
		       "signal_kill.signal: 9\n"
		       "signal_kill.signal_name: SIGKILL\n"
		       "signal_kill.core_dumped: false\n"
		       "signal_kill.exit_status: 137\n" RECORD_TAIL);
}

static void a_cut_record_is_refused(void **state)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = RECORD_STAMP;
	struct wire_record record;
	size_t size;

	make_kill(&record);
	record.head.size -= 8;
	assert_int_equal(encoder_event(*state, &record.head, record.head.size, &stamp, frame,
				       &size),
			 -EBADMSG);
}

static void assert_key(struct encoder *encoder, const struct wire_kill_key *key, const char *want,
		       bool limited)
{
	uint8_t buf[512];
	struct pb pb = pb_make(buf, sizeof(buf));
	ProtobufCMessage *message;
	_cleanup_free_ char *text = NULL;

	if (limited)
		encoder_limited_key(encoder, WIRE_SIGNAL_KILL, key, &pb);
	else
		encoder_row_key(encoder, WIRE_SIGNAL_KILL, key, &pb);
	assert_false(pb.overflow);
	message = protobuf_c_message_unpack(limited ? &ringside__v1__limited__descriptor
						    : &ringside__v1__counter_row__descriptor,
					    NULL, (size_t)(pb.p - buf), buf);
	assert_non_null(message);
	text = record_text(message);
	assert_text(text, want);
	protobuf_c_message_free_unpacked(message, NULL);
}

static void rows_and_limits_are_told_apart(void **state)
{
	static const struct wire_kill_key key = {.cgroup_id = 55,
						 .signal = 11,
						 .cause = WIRE_KILL_KERNEL};
	static const struct wire_kill_key others = {.cgroup_id = 55, .cause = WIRE_OTHERS};

	for (int limited = 0; limited < 2; limited++) {
		assert_key(*state, &key,
			   "kind: signal_kill\n"
			   "container.cgroup_id: 55\n"
			   "container.hierarchy_id: 0\n"
			   "signal: 11\n"
			   "signal_name: SIGSEGV\n"
			   "kill_cause: KILL_CAUSE_KERNEL\n",
			   limited);
		assert_key(*state, &others,
			   "kind: signal_kill\n"
			   "container.cgroup_id: 55\n"
			   "container.hierarchy_id: 0\n"
			   "others: true\n",
			   limited);
	}
}

static void causes_are_numbered_as_on_the_wire(void **state)
{
	assert_int_equal(WIRE_KILL_UNKNOWN, PB_KILL_CAUSE_UNSPECIFIED);
	assert_int_equal(WIRE_KILL_SENT, PB_KILL_CAUSE_SENT);
	assert_int_equal(WIRE_KILL_CGROUP, PB_KILL_CAUSE_CGROUP);
	assert_int_equal(WIRE_KILL_PID_NAMESPACE, PB_KILL_CAUSE_PID_NAMESPACE);
	assert_int_equal(WIRE_KILL_PARENT, PB_KILL_CAUSE_PARENT);
	assert_int_equal(WIRE_KILL_TRACER, PB_KILL_CAUSE_TRACER);
	assert_int_equal(WIRE_KILL_KERNEL, PB_KILL_CAUSE_KERNEL);
	assert_int_equal(WIRE_KILL_OOM, PB_KILL_CAUSE_OOM);
	assert_int_equal(WIRE_KILL_SECCOMP, PB_KILL_CAUSE_SECCOMP);
	assert_int_equal(WIRE_KILL_CAUSES, PB_KILL_CAUSE_SECCOMP + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_field_arrives, new_encoder, free_encoder),
		cmocka_unit_test_setup_teardown(what_is_not_known_is_absent, new_encoder,
						free_encoder),
		cmocka_unit_test_setup_teardown(a_cause_that_was_not_seen_is_absent, new_encoder,
						free_encoder),
		cmocka_unit_test_setup_teardown(a_cut_record_is_refused, new_encoder, free_encoder),
		cmocka_unit_test_setup_teardown(rows_and_limits_are_told_apart, new_encoder,
						free_encoder),
		cmocka_unit_test(causes_are_numbered_as_on_the_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
