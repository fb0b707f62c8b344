/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"

static void the_deny_line_of_the_design_is_printed_exactly(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	set_error(f, 1, "EPERM");
	assert_string_equal(message(f), "nginx[77] keyctl → EPERM");
	assert_string_equal(text_tone(&f->record)->label, "DENY");
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
	assert_string_equal(text_tone(&f->record)->label, "LOG");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_deny_line_of_the_design_is_printed_exactly),
		TEST(every_action_says_what_came_of_the_call),
		TEST(an_errno_of_0_is_not_an_absent_one),
		TEST(a_logged_call_is_not_called_denied),
		TEST(strict_mode_kills_with_its_own_rules),
		TEST(calls_of_another_architecture_name_it),
		TEST(calls_without_a_name_or_number_are_still_told),
		TEST(only_probing_calls_are_called_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
