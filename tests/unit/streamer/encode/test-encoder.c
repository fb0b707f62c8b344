/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "proto/base/utf8.h"
#include "streamer/encode/cgroup-path.h"
#include "tests/lib/wire-record.h"

/* Records with all they can have. */
static void make_full(struct wire_record *record, unsigned probe)
{
	record_init(record, probe);
	if (probe == WIRE_OOM_KILL) {
		struct wire_oom_kill *kill = &record->kill;

		kill->flags = 0x1fff & ~WIRE_OOM_UNLIMITED;
		kill->victim.start_boottime = kill->trigger.start_boottime = 1;
		kill->victim_cgroup.id = kill->trigger_cgroup.id = kill->owner.id = 1;
		record_path(record, &kill->victim.exe, "/usr/bin/a");
		record_path(record, &kill->victim_cgroup.path, "/a.slice/b.service");
		record_path(record, &kill->trigger.exe, "/b");
		record_path(record, &kill->trigger_cgroup.path, "/lxc/web");
		record_path(record, &kill->owner.path, "/");
	} else if (!probes[probe]->field) {
		record->path.cgroup.id = 1;
		record_path(record, &record->path.cgroup.path, "/a.slice/b.service");
	} else {
		struct wire_seccomp_denial *denial = &record->denial;

		denial->flags = 0x1ff;
		denial->process.start_boottime = 1;
		denial->cgroup.id = 1;
		denial->key = (struct wire_denial_key){
			.arch = AUDIT_ARCH_X86_64,
			.action = SECCOMP_RET_ERRNO,
			.error = 1,
		};
		record_path(record, &denial->cgroup.path, "/a.slice/b.service/c");
		record_path(record, &denial->process.exe, "/usr/bin/a");
	}
}

/* The exact bytes on the heap, for the sanitizer to see a read too far; the frame is unpacked. */
static int encode_exactly(struct encoder *encoder, const void *bytes, size_t size)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	_cleanup_free_ void *copy = malloc(size ? size : 1);
	struct record_stamp stamp = RECORD_STAMP;
	size_t frame_size = SIZE_MAX;
	int r;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	r = encoder_learn(encoder, copy, size);
	if (!r)
		return 0;
	r = encoder_event(encoder, copy, size, &stamp, frame, &frame_size);
	if (r == 0) {
		assert_true(frame_size < ENCODER_FRAME_MAX / 2);
		ringside__v1__record__free_unpacked(record_decode(frame, frame_size), NULL);
	} else {
		assert_int_equal(r, -EBADMSG);
		assert_int_equal(frame_size, SIZE_MAX);
	}
	return r;
}

static void a_record_cut_anywhere_is_refused(void **state)
{
	for (unsigned probe = 0; probe < WIRE_PROBE_COUNT; probe++) {
		struct wire_record record;

		make_full(&record, probe);
		assert_ok(encode_exactly(*state, &record, record.head.size));
		for (size_t size = 0; size < record.head.size; size++)
			assert_int_equal(encode_exactly(*state, &record, size), -EBADMSG);
	}
}

/* The ring's length may be larger than what is in use, and the tail must end with its size. */
static void a_size_too_small_for_its_paths_is_refused(void **state)
{
	for (unsigned probe = 0; probe < WIRE_PROBE_COUNT; probe++) {
		struct wire_record record;
		uint32_t whole;

		make_full(&record, probe);
		whole = record.head.size;
		assert_ok(encode_exactly(*state, &record, whole + 64));
		for (uint32_t size = 0; size < whole; size++) {
			record.head.size = size;
			assert_int_equal(encode_exactly(*state, &record, whole), -EBADMSG);
		}
	}
}

static void an_unknown_probe_is_refused(void **state)
{
	struct wire_record record;

	make_full(&record, WIRE_OOM_KILL);
	record.head.probe = WIRE_PROBE_COUNT;
	assert_int_equal(encode_exactly(*state, &record, record.head.size), -EBADMSG);
	record.head.probe = UINT32_MAX;
	assert_int_equal(encode_exactly(*state, &record, record.head.size), -EBADMSG);
}

static void names_that_lie_are_refused(void **state)
{
	struct wire_record record;
	struct wire_names good, *names = &record.denial.cgroup.path;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	good = *names;
	const struct wire_names lies[] = {
		{.offset = 0, .size = good.size, .count = good.count},
		{.offset = good.offset - 1, .size = good.size, .count = good.count},
		{.offset = good.offset, .size = good.size - 1, .count = good.count},
		{.offset = good.offset, .size = good.size, .count = good.count - 1},
		{.offset = good.offset, .size = good.size, .count = good.count + 1},
		{.offset = good.offset, .size = good.size, .count = 0},
		{.offset = good.offset, .size = good.size, .count = WIRE_NAMES_ROOT},
		{.offset = good.offset, .size = 0, .count = 1},
		{.offset = good.offset, .size = 0xffff, .count = good.count},
		{.offset = 0xffff, .size = good.size, .count = good.count},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		*names = lies[i];
		assert_int_equal(encode_exactly(*state, &record, record.head.size), -EBADMSG);
	}
	*names = good;
	assert_ok(encode_exactly(*state, &record, record.head.size));
}

static void junk_is_refused_or_encoded(void **state)
{
	unsigned refused = 0, rounds = 40000;

	srand(1);
	for (unsigned i = 0; i < rounds; i++) {
		struct wire_record record;
		uint32_t whole;

		make_full(&record, (unsigned)rand() % WIRE_PROBE_COUNT);
		whole = record.head.size;
		for (unsigned n = 1 + (unsigned)rand() % 16; n; n--)
			record.bytes[8 + (unsigned)rand() % (whole - 8)] = (uint8_t)rand();
		refused += encode_exactly(*state, &record, whole) < 0;
	}
	assert_in_range(refused, rounds / 100, rounds - rounds / 100);
}

/* A full-size path in each place, of bytes that all have to be replaced. */
static void the_largest_record_fits_a_frame(void **state)
{
	struct wire_record record;
	struct wire_oom_kill *kill = &record.kill;
	struct wire_names names;

	make_full(&record, WIRE_OOM_KILL);
	names = (struct wire_names){.offset = (uint16_t)record.head.size, .count = WIRE_PATH_DEPTH};
	for (unsigned i = 0; i < WIRE_PATH_DEPTH; i++) {
		memset(record.bytes + record.head.size, 0xff, WIRE_NAME_SIZE - 1);
		record.bytes[record.head.size + WIRE_NAME_SIZE - 1] = 0;
		record.head.size += WIRE_NAME_SIZE;
		names.size += WIRE_NAME_SIZE;
	}
	kill->victim.exe = kill->trigger.exe = names;
	kill->victim_cgroup.path = kill->trigger_cgroup.path = kill->owner.path = names;
	memset(kill->victim.comm, 0xff, sizeof(kill->victim.comm));
	memset(kill->victim.leader_comm, 0xfe, sizeof(kill->victim.leader_comm));
	for (unsigned i = 0; i < 2; i++)
		assert_ok(encode_exactly(*state, &record, record.head.size));
}

static Ringside__V1__Record *encode(struct encoder *encoder, const struct wire_record *record)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = RECORD_STAMP;
	size_t size;

	assert_ok(encoder_event(encoder, &record->head, record->head.size, &stamp, frame, &size));
	return record_decode(frame, size);
}

static void assert_comm(struct encoder *encoder, const char *comm, size_t size, const char *want)
{
	struct wire_record record;
	Ringside__V1__Record *message;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	memset(record.denial.process.comm, 0, WIRE_COMM_SIZE);
	memcpy(record.denial.process.comm, comm, size);
	message = encode(encoder, &record);
	assert_string_equal(message->seccomp_denial->process->comm, want);
	ringside__v1__record__free_unpacked(message, NULL);
}

static void names_of_tasks_become_valid_text(void **state)
{
	assert_comm(*state, "", 0, "");
	assert_comm(*state, "a", 1, "a");
	assert_comm(*state, "1234567", 7, "1234567");
	assert_comm(*state, "12345678", 8, "12345678");
	assert_comm(*state, "123456789", 9, "123456789");
	assert_comm(*state, "123456789012345", 15, "123456789012345");
	assert_comm(*state, "1234567890123456", 16, "1234567890123456");
	assert_comm(*state, "a\0left over", 11, "a");
	assert_comm(*state, "a\0left\xff over", 12, "a");
	assert_comm(*state, "\x01\x80", 2, "\x01\xef\xbf\xbd");
	assert_comm(*state, "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
	assert_comm(*state, "x\xff\xfey", 4, "x\xef\xbf\xbd\xef\xbf\xbdy");
	/* 15 bytes of a longer name may end inside a character */
	assert_comm(*state, "12345678901234\xe2\x82", 16, "12345678901234\xef\xbf\xbd\xef\xbf\xbd");
}

static void only_well_formed_text_is_left_alone(void **state)
{
	static const struct {
		const char *from, *want;
	} rows[] = {
		{"\xc2\x80", "\xc2\x80"},
		{"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"},
		{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
		{"\xc0\x80", "??"},
		{"\xc1\xbf", "??"},
		{"\xe0\x9f\xbf", "???"},
		{"\xed\xa0\x80", "???"},
		{"\xf0\x8f\xbf\xbf", "????"},
		{"\xf4\x90\x80\x80", "????"},
		{"\xf5\x80\x80\x80", "????"},
		{"\xe2\x82"
		 "a",
		 "??a"},
		{"\xf0\x9f\x98", "???"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char want[64], got[64], *end = want;
		size_t size = utf8_clean(got, rows[i].from, strlen(rows[i].from));

		for (const char *c = rows[i].want; *c; c++) {
			if (*c == '?')
				end = stpcpy(end, "\xef\xbf\xbd");
			else
				*end++ = *c;
		}
		assert_int_equal(size, end - want);
		assert_memory_equal(got, want, size);
	}
}

static void a_path_becomes_valid_text(void **state)
{
	struct wire_record record;
	Ringside__V1__Record *message;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	record_path(&record, &record.denial.cgroup.path, "/a\xff/system.slice/x\x80.service");
	message = encode(*state, &record);
	assert_string_equal(message->seccomp_denial->container->cgroup_path,
			    "/a\xef\xbf\xbd/system.slice/x\xef\xbf\xbd.service");
	/* systemd makes no such name */
	assert_null(message->seccomp_denial->container->systemd_unit);
	ringside__v1__record__free_unpacked(message, NULL);
}

static void a_path_that_was_cut_says_so(void **state)
{
	struct wire_record record;
	Ringside__V1__Record *message;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	record.denial.cgroup.path.flags = WIRE_NAMES_CUT;
	for (unsigned i = 0; i < 2; i++) {
		message = encode(*state, &record);
		assert_true(message->seccomp_denial->container->path_truncated);
		assert_string_equal(message->seccomp_denial->container->cgroup_path,
				    "a.slice/b.service/c");
		ringside__v1__record__free_unpacked(message, NULL);
	}
	record.denial.cgroup.path.flags = 0;
	message = encode(*state, &record);
	assert_false(message->seccomp_denial->container->has_path_truncated);
	assert_string_equal(message->seccomp_denial->container->cgroup_path,
			    "/a.slice/b.service/c");
	ringside__v1__record__free_unpacked(message, NULL);
}

static void assert_cgroup_path(struct encoder *encoder, const struct wire_record *record,
			       const char *want)
{
	Ringside__V1__Record *message = encode(encoder, record);
	const Ringside__V1__Container *c = message->seccomp_denial->container;

	assert_true(c->path_truncated);
	assert_string_equal(c->cgroup_path, want);
	ringside__v1__record__free_unpacked(message, NULL);
}

#define HEX64 "3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860"

/* As a container that makes ever more cgroups below its own: it stays known whose they are. */
static void of_a_deep_path_the_middle_is_missing(void **state)
{
	struct wire_record record;
	Ringside__V1__Record *message;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	record_path(&record, &record.denial.cgroup.path,
		    "/docker/" HEX64 "/3/4/5/6/7/8/93/94/95/96/97/98/system.slice/ssh.service");
	record.denial.cgroup.path.flags = WIRE_NAMES_MIDDLE;
	assert_cgroup_path(*state, &record,
			   "/docker/" HEX64
			   "/3/4/5/6/7/8/…/93/94/95/96/97/98/system.slice/ssh.service");
	message = encode(*state, &record);
	assert_string_equal(message->seccomp_denial->container->id, HEX64);
	assert_null(message->seccomp_denial->container->systemd_unit);
	ringside__v1__record__free_unpacked(message, NULL);
}

static void of_a_long_path_the_middle_is_missing(void **state)
{
	struct wire_record record;
	Ringside__V1__Record *message;
	char path[8192] = "/docker/" HEX64;
	const char *text;

	for (unsigned i = 0; i < 13; i++) {
		size_t at = strlen(path);

		path[at] = '/';
		memset(path + at + 1, i % 2 ? 0xff : 'a', 254); /* bytes that grow */
		path[at + 255] = 0;
	}
	(void)strcat(path, "/inner");
	make_full(&record, WIRE_SECCOMP_DENIAL);
	for (unsigned flags = 0; flags <= WIRE_NAMES_MIDDLE; flags += WIRE_NAMES_MIDDLE) {
		record_path(&record, &record.denial.cgroup.path, path);
		record.denial.cgroup.path.flags = (uint16_t)flags;
		message = encode(*state, &record);
		text = message->seccomp_denial->container->cgroup_path;
		assert_in_range(strlen(text), 3000, 4096);
		assert_int_equal(strncmp(text, "/docker/" HEX64 "/aaa", 76), 0);
		assert_non_null(strstr(text, "/…/"));
		assert_string_equal(text + strlen(text) - 7, "a/inner");
		assert_true(message->seccomp_denial->container->path_truncated);
		assert_string_equal(message->seccomp_denial->container->id, HEX64);
		ringside__v1__record__free_unpacked(message, NULL);
	}
}

/* Numbers around each size of a varint, in fields that are written without a loop. */
static void numbers_of_any_size_arrive(void **state)
{
	struct wire_record record;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	for (unsigned bit = 0; bit < 64; bit++)
		for (int delta = -1; delta <= 1; delta++) {
			const uint64_t value = (1ull << bit) + (uint64_t)delta;
			Ringside__V1__Record *message;

			record.denial.args[0] = record.denial.args[5] = value;
			record.head.seen = value;
			record.denial.process.pid = (uint32_t)value;
			message = encode(*state, &record);
			assert_true(message->seccomp_denial->args[0] == value);
			assert_true(message->seccomp_denial->args[5] == value);
			assert_true(message->cpu_sums->seen == value);
			assert_int_equal(message->seccomp_denial->process->pid, (uint32_t)value);
			ringside__v1__record__free_unpacked(message, NULL);
		}
}

static void real_time_may_be_before_boot_time(void **state)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = {.seq = UINT64_MAX, .realtime_offset = -1000};
	Ringside__V1__Record *message;
	struct wire_record record;
	size_t size;

	make_full(&record, WIRE_SECCOMP_DENIAL);
	assert_ok(encoder_event(*state, &record.head, record.head.size, &stamp, frame, &size));
	message = record_decode(frame, size);
	assert_true(message->time_unix_nano == record.head.boottime_nano - 1000);
	assert_true(message->seq == UINT64_MAX);
	ringside__v1__record__free_unpacked(message, NULL);
}

static Ringside__V1__Record *encode_in_run(struct encoder *encoder,
					   const struct wire_record *record,
					   const struct record_sums *before)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = RECORD_STAMP;
	size_t size;

	stamp.goes_on = true;
	stamp.before = before;
	assert_ok(encoder_event(encoder, &record->head, record->head.size, &stamp, frame, &size));
	return record_decode(frame, size);
}

/* One that begins a run has all: every other test. */
static void an_event_that_goes_on_with_a_run_leaves_out_what_is_known(void **state)
{
	const struct {
		struct record_sums before;
		bool none, seen, limited, dropped;
	} cases[] = {
		{{999, 200, 3}, false, false, false, false},
		{{998, 199, 3}, false, false, true, false},
		{{899, 101, 2}, false, false, true, true},
		{{998, 200, 3}, false, true, true, true}, /* another was submitted between */
		{{1000, 200, 3}, false, true, true, true},
		{{1001, 200, 3}, false, true, true, true}, /* they overtook each other */
		{{0}, true, true, true, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wire_record record;
		Ringside__V1__Record *message;
		const Ringside__V1__CpuSums *sums;

		record_init(&record, WIRE_SECCOMP_DENIAL);
		message = encode_in_run(*state, &record, cases[i].none ? NULL : &cases[i].before);
		sums = message->cpu_sums;
		assert_false(message->has_boottime_nano);
		assert_true(message->has_time_unix_nano && message->has_seq);
		assert_int_equal(sums->cpu, 7);
		assert_true(sums->has_between && !sums->between);
		assert_int_equal(sums->has_seen, cases[i].seen);
		assert_int_equal(sums->has_limited, cases[i].limited);
		assert_int_equal(sums->has_dropped, cases[i].dropped);
		assert_true(!sums->has_seen || sums->seen == 1000);
		assert_true(!sums->has_limited || sums->limited == 200);
		assert_true(!sums->has_dropped || sums->dropped == 3);
		ringside__v1__record__free_unpacked(message, NULL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_encoder, free_encoder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_cut_anywhere_is_refused),
		TEST(a_size_too_small_for_its_paths_is_refused),
		TEST(an_unknown_probe_is_refused),
		TEST(names_that_lie_are_refused),
		TEST(junk_is_refused_or_encoded),
		TEST(the_largest_record_fits_a_frame),
		TEST(names_of_tasks_become_valid_text),
		cmocka_unit_test(only_well_formed_text_is_left_alone),
		TEST(a_path_becomes_valid_text),
		TEST(of_a_deep_path_the_middle_is_missing),
		TEST(of_a_long_path_the_middle_is_missing),
		TEST(a_path_that_was_cut_says_so),
		TEST(numbers_of_any_size_arrive),
		TEST(real_time_may_be_before_boot_time),
		TEST(an_event_that_goes_on_with_a_run_leaves_out_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
