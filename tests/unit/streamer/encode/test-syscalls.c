/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of names, as they show in events. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "tests/lib/wire-record.h"

static void make_denial(struct wire_record *record)
{
	record_init(record, WIRE_SECCOMP_DENIAL);
	record->denial.key = (struct wire_denial_key){
		.arch = AUDIT_ARCH_X86_64,
		.action = SECCOMP_RET_ERRNO,
		.error = EPERM,
	};
	record->denial.flags = WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_ERRNO;
}

/* The text of one field; NULL if it is absent. */
static char *field_of(struct encoder *encoder, const struct wire_record *record, const char *name)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	struct record_stamp stamp = RECORD_STAMP;
	_cleanup_free_ char *text = NULL;
	Ringside__V1__Record *message;
	char key[128];
	const char *line;
	size_t size;

	assert_ok(encoder_event(encoder, &record->head, record->head.size, &stamp, frame, &size));
	message = record_decode(frame, size);
	text = record_text(&message->base);
	ringside__v1__record__free_unpacked(message, NULL);
	(void)snprintf(key, sizeof(key), "seccomp_denial.%s: ", name);
	line = strstr(text, key);
	if (!line)
		return NULL;
	line += strlen(key);
	return strndup(line, strcspn(line, "\n"));
}

static void assert_field(struct encoder *encoder, const struct wire_record *record,
			 const char *name, const char *want)
{
	_cleanup_free_ char *got = field_of(encoder, record, name);

	if (!want)
		assert_null(got);
	else if (!got)
		fail_msg("%s is absent, not %s", name, want);
	else
		assert_string_equal(got, want);
}

static void actions_have_their_names(void **state)
{
	static const struct {
		uint32_t action;
		const char *name;
	} rows[] = {
		{SECCOMP_RET_KILL_PROCESS, "SECCOMP_RET_KILL_PROCESS"},
		{SECCOMP_RET_KILL_THREAD, "SECCOMP_RET_KILL_THREAD"},
		{SECCOMP_RET_TRAP, "SECCOMP_RET_TRAP"},
		{SECCOMP_RET_ERRNO, "SECCOMP_RET_ERRNO"},
		{SECCOMP_RET_USER_NOTIF, "SECCOMP_RET_USER_NOTIF"},
		{SECCOMP_RET_TRACE, "SECCOMP_RET_TRACE"},
		{SECCOMP_RET_LOG, "SECCOMP_RET_LOG"},
		{SECCOMP_RET_ALLOW, NULL},
	};
	struct wire_record record;

	for (unsigned twice = 0; twice < 2; twice++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			make_denial(&record);
			record.denial.key.action = rows[i].action;
			assert_field(*state, &record, "action", rows[i].name);
			assert_field(*state, &record, "error_name", "EPERM");
		}
}

static void errors_have_their_names(void **state)
{
	static const struct {
		uint32_t error;
		const char *name;
	} rows[] = {
		{EPERM, "EPERM"},
		{ENOSYS, "ENOSYS"},
		{EPROTONOSUPPORT, "EPROTONOSUPPORT"},
		{ENOTRECOVERABLE, "ENOTRECOVERABLE"},
		{EHWPOISON, "EHWPOISON"},
		{0, NULL},
		{524, NULL},
		{4095, NULL},
		{EPERM, "EPERM"},
	};
	struct wire_record record;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char number[16];

		make_denial(&record);
		record.denial.key.error = rows[i].error;
		(void)snprintf(number, sizeof(number), "%u", rows[i].error);
		assert_field(*state, &record, "error_number", number);
		assert_field(*state, &record, "error_name", rows[i].name);
	}
}

static void calls_have_the_names_of_their_architecture(void **state)
{
	static const struct {
		uint32_t arch;
		int32_t nr;
		const char *arch_name, *name;
	} rows[] = {
		{AUDIT_ARCH_X86_64, 0, "x86_64", "read"},
		{AUDIT_ARCH_X86_64, 59, "x86_64", "execve"},
		{AUDIT_ARCH_X86_64, 435, "x86_64", "clone3"},
		{AUDIT_ARCH_I386, 11, "i386", "execve"},
		{AUDIT_ARCH_I386, 59, "i386", "oldolduname"},
		{AUDIT_ARCH_I386, 423, "i386", "sched_rr_get_interval_time64"},
		{AUDIT_ARCH_X86_64, 0x40000000, "x32", "read"},
		{AUDIT_ARCH_X86_64, 0x40000000 + 520, "x32", "execve"},
		{AUDIT_ARCH_AARCH64, 221, "aarch64", "execve"},
		{AUDIT_ARCH_ARM, 11, "arm", "execve"},
		{AUDIT_ARCH_RISCV64, 221, "riscv64", "execve"},
		{AUDIT_ARCH_S390X, 11, "s390x", "execve"},
		{AUDIT_ARCH_PPC64LE, 11, "ppc64le", "execve"},
		{AUDIT_ARCH_MIPSEL64N32, 6057, "mipsel64n32", "execve"},
		{AUDIT_ARCH_X86_64, 335, "x86_64", "uretprobe"},
		{AUDIT_ARCH_X86_64, 336, "x86_64", "uprobe"},
		{AUDIT_ARCH_X86_64, 337, "x86_64", NULL},
		{AUDIT_ARCH_X86_64, 0x40000000 + 335, "x32", "uretprobe"},
		{AUDIT_ARCH_AARCH64, 335, "aarch64", NULL},
		{AUDIT_ARCH_X86_64, 449, "x86_64", "futex_waitv"},
		{AUDIT_ARCH_X86_64, 456, "x86_64", "futex_requeue"},
		{AUDIT_ARCH_X86_64, 457, "x86_64", "statmount"},
		{AUDIT_ARCH_X86_64, 461, "x86_64", "lsm_list_modules"},
		{AUDIT_ARCH_X86_64, 471, "x86_64", "rseq_slice_yield"},
		{AUDIT_ARCH_X86_64, 472, "x86_64", NULL},
		{AUDIT_ARCH_X86_64, 511, "x86_64", NULL},
		{AUDIT_ARCH_X86_64, 0x40000000 + 453, "x32", "map_shadow_stack"},
		{AUDIT_ARCH_X86_64, 0x40000000 + 462, "x32", "mseal"},
		{AUDIT_ARCH_X86_64, 0x40000000 + 511, "x32", NULL},
		{AUDIT_ARCH_I386, 462, "i386", "mseal"},
		{AUDIT_ARCH_I386, 0x40000000 + 462, "i386", NULL},
		{AUDIT_ARCH_AARCH64, 462, "aarch64", "mseal"},
		{AUDIT_ARCH_ARM, 447, "arm", NULL}, /* memfd_secret, which it lacks */
		{AUDIT_ARCH_ARM, 470, "arm", "listns"},
		{AUDIT_ARCH_RISCV64, 467, "riscv64", "open_tree_attr"},
		{AUDIT_ARCH_MIPSEL, 4462, "mipsel", "mseal"},
		{AUDIT_ARCH_MIPS64, 5463, "mips64", "setxattrat"},
		{AUDIT_ARCH_MIPSEL64N32, 6469, "mipsel64n32", "file_setattr"},
		{AUDIT_ARCH_MIPSEL64, 462, "mipsel64", NULL},
		{0x12345678, 462, NULL, NULL},
		{AUDIT_ARCH_X86_64, INT32_MIN, "x86_64", NULL},
		{AUDIT_ARCH_X86_64, 100000, "x86_64", NULL},
		{AUDIT_ARCH_X86_64, -1, "x86_64", NULL},
		{AUDIT_ARCH_X86_64, -10001, "x86_64", NULL},
		{AUDIT_ARCH_I386, INT32_MAX, "i386", NULL},
		{0x12345678, 1, NULL, NULL},
	};
	struct wire_record record;

	for (unsigned twice = 0; twice < 2; twice++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			char number[16];

			make_denial(&record);
			record.denial.key.arch = rows[i].arch;
			record.denial.key.nr = rows[i].nr;
			(void)snprintf(number, sizeof(number), "%d", rows[i].nr);
			assert_field(*state, &record, "arch_name", rows[i].arch_name);
			assert_field(*state, &record, "syscall_number", number);
			assert_field(*state, &record, "syscall_name", rows[i].name);
		}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_encoder, free_encoder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(actions_have_their_names),
		TEST(errors_have_their_names),
		TEST(calls_have_the_names_of_their_architecture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
