/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"
#include <ctype.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "consumer/output/output.h"

/* 2026-11-22 03:04:05.123 UTC */
#define TIME UINT64_C(1795316645123456789)

/* What one output wrote, through a real file. */
struct memory_file {
	int fd;
	struct writer *writer;
	struct output output;
	char text[8192];
};

static void page_open_in(struct memory_file *page, const char *zone, bool utc)
{
	*page = (struct memory_file){.fd = memfd_create("page", MFD_CLOEXEC)};
	assert_true(page->fd >= 0);
	assert_ok(writer_new(&page->writer, page->fd));
	page->output.ops = &output_text;
	page->output.writer = page->writer;
	page->output.year = 2026;
	page->output.utc = utc;
	assert_ok(setenv("TZ", zone, 1));
	tzset();
	assert_ok(output_open(&page->output));
}

static void page_open(struct memory_file *page)
{
	page_open_in(page, "UTC0", false);
}

static void page_put(struct memory_file *page, struct fixture *f)
{
	page->output.header = &f->header;
	if (!f->record.has_time_unix_nano)
		SET(&f->record, time_unix_nano, TIME);
	assert_ok(output_put(&page->output, &f->record, NULL, 0));
}

static const char *page_close(struct memory_file *page)
{
	ssize_t n;

	assert_ok(output_close(&page->output));
	n = pread(page->fd, page->text, sizeof(page->text) - 1, 0);
	assert_true(n >= 0);
	page->text[n] = '\0';
	writer_free(page->writer);
	assert_ok(close(page->fd));
	return page->text;
}

static void the_lines_of_the_design_come_out_as_they_stand(void **state)
{
	struct fixture *f = oom(state);
	struct memory_file page;

	page_open(&page);
	f->kill.trigger = &f->trigger;
	f->kill.trigger_container = &f->app;
	SET(&f->kill, container_init, true);
	page_put(&page, f);
	seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	set_error(f, 1, "EPERM");
	f->record.time_unix_nano = TIME / 1000000000 * 1000000000 + 200000000;
	page_put(&page, f);
	f->denial.syscall_name = S("clone3");
	f->denial.syscall_number = 435;
	set_error(f, 38, "ENOSYS");
	page_put(&page, f);
	held_back(state);
	SET(&f->limited, syscall_number, 435);
	f->record.time_unix_nano += 1000000000;
	page_put(&page, f);
	assert_string_equal(
		page_close(&page),
		"Nov 22 03:04:05.123 OOM  shop/web-7f9/app  python3[1234] killed: container limit "
		"512 MiB reached (rss 20 MiB; 470 MiB is shmem); container dies (pid 1); asked for "
		"by java[99]\n"
		"Nov 22 03:04:05.200 DENY shop/web-7f9/app  nginx[77] keyctl → EPERM\n"
		"Nov 22 03:04:05.200 DENY shop/web-7f9/app  nginx[77] clone3 → ENOSYS (programs "
		"fall back; usually harmless)\n"
		"Nov 22 03:04:06.200 DENY shop/web-7f9/app  nginx[77] clone3 → ENOSYS  × 48,201 "
		"more "
		"in 1 s (programs fall back; usually harmless)\n");
}

/* A denial of the key that held_back() counts. */
static void deny(struct memory_file *page, void **state, const char *comm, uint32_t pid)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

	f->denial.syscall_name = S("clone3");
	f->denial.has_syscall_number = false;
	set_error(f, 38, "ENOSYS");
	be(&f->victim, comm, pid);
	page_put(page, f);
}

static void what_was_held_back_is_blamed_only_on_who_was_seen(void **state)
{
	static const struct {
		const char *comms[2];
		uint32_t pids[2];
		const char *says;
	} cases[] = {
		{{"nginx", "nginx"}, {77, 77}, "  nginx[77] clone3 → ENOSYS  × "},
		{{"nginx", "nginx"}, {77, 78}, "  nginx clone3 → ENOSYS  × "},
		{{"nginx", "cron"}, {77, 78}, "  clone3 → ENOSYS  × "},
		{{"n\x1b", "n\x1b"}, {77, 77}, "  n\\x1b[77] clone3 → ENOSYS  × "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct memory_file page;

		page_open(&page);
		deny(&page, state, cases[i].comms[0], cases[i].pids[0]);
		deny(&page, state, cases[i].comms[1], cases[i].pids[1]);
		page_put(&page, held_back(state));
		assert_non_null(strstr(page_close(&page), cases[i].says));
	}
}

/* Whoever was denied something did not kill. */
static void of_another_kind_nobody_is_blamed(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_UNSPECIFIED);
	struct memory_file page;

	page_open(&page);
	f->denial.has_syscall_number = false;
	page_put(&page, f);
	held_back(state);
	f->limited.kind = S("signal_kill");
	f->limited.has_action = f->limited.has_error_number = false;
	f->limited.action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_UNSPECIFIED;
	f->limited.error_number = 0;
	f->limited.signal_name = S("SIGKILL");
	page_put(&page, f);
	assert_non_null(strstr(page_close(&page), " KILL shop/web-7f9/app  SIGKILL (by whom"));
}

static void of_another_key_or_an_earlier_second_nobody_is_blamed(void **state)
{
	struct fixture *f;
	struct memory_file page;

	page_open(&page);
	deny(&page, state, "nginx", 77);
	f = held_back(state);
	f->limited.error_number = 1;
	page_put(&page, f);
	f->limited.error_number = 38;
	page_put(&page, f); /* this one is nginx's */
	page_put(&page, f); /* after it nothing was seen */
	page_close(&page);
	assert_null(strstr(page.text, "nginx[77] clone3 → ENOSYS  × 48,201 more in 1 s (programs "
				      "fall back; usually harmless)\nNov 22 03:04:05.123 DENY "
				      "shop/web-7f9/app  nginx"));
	assert_non_null(strstr(page.text, "app  nginx[77] clone3 → ENOSYS  × "));
	assert_non_null(strstr(page.text, "app  clone3 → ENOSYS  × "));
}

static void the_second_column_grows_but_never_shrinks(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	struct memory_file page;

	page_open(&page);
	set_error(f, 1, "EPERM");
	f->denial.container = &f->other;
	f->other.systemd_unit = S("a.service");
	page_put(&page, f);
	f->other.systemd_unit = S("größer.service");
	page_put(&page, f);
	f->other.systemd_unit = S("a.service");
	page_put(&page, f);
	f->other.systemd_unit =
		S("a-unit-with-a-name-so-long-that-others-need-not-follow-it.service");
	page_put(&page, f);
	f->other.systemd_unit = S("a.service");
	page_put(&page, f);
	assert_string_equal(page_close(&page),
			    "Nov 22 03:04:05.123 DENY a.service  nginx[77] keyctl → EPERM\n"
			    "Nov 22 03:04:05.123 DENY größer.service  nginx[77] keyctl → EPERM\n"
			    "Nov 22 03:04:05.123 DENY a.service       nginx[77] keyctl → EPERM\n"
			    "Nov 22 03:04:05.123 DENY "
			    "a-unit-with-a-name-so-long-that-others-need-not-follow-it.service  "
			    "nginx[77] keyctl "
			    "→ EPERM\n"
			    "Nov 22 03:04:05.123 DENY a.service                                 "
			    "nginx[77] keyctl "
			    "→ EPERM\n");
}

static void advice_stands_under_kills_on_a_terminal_and_under_all_with_v(void **state)
{
	struct fixture *f = plain_oom(state);
	struct memory_file page;

	page_open(&page);
	page.output.terminal = true;
	page_put(&page, f);
	seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	set_error(f, 1, "EPERM");
	page_put(&page, f);
	page_close(&page);
	assert_non_null(strstr(page.text, "(rss 500 MiB)\n                    raise "
					  "resources.limits.memory"));
	assert_null(strstr(page.text, "SCMP_ACT_ALLOW"));

	page_open(&page);
	page.output.verbose = true;
	page_put(&page, f);
	page_close(&page);
	assert_non_null(strstr(page.text, "EPERM\n                    allow it with"));

	page_open(&page);
	page_put(&page, plain_oom(state));
	assert_null(strstr(page_close(&page), "raise"));
}

static void the_streams_own_records_are_for_who_asks(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Clock clock = RINGSIDE__V1__CLOCK__INIT;
	struct memory_file page;

	for (int i = 0; i < 3; i++) {
		page_open(&page);
		page.output.verbose = i == 1;
		page.output.every = i == 2;
		f->record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
		f->record.header = &f->header;
		page_put(&page, f);
		f->record.body_case = RINGSIDE__V1__RECORD__BODY_CLOCK;
		f->record.clock = &clock;
		page_put(&page, f);
		f->record.body_case = RINGSIDE__V1__RECORD__BODY__NOT_SET;
		page_put(&page, f);
		page_put(&page, loss(state, RINGSIDE__V1__LOST__REASON__SINK));
		page_close(&page);
		assert_int_equal(strstr(page.text, "INFO host ?") != NULL, i > 0);
		assert_int_equal(strstr(page.text, "INFO it is not known") != NULL, i == 2);
		assert_non_null(strstr(page.text, "LOST host  1,200 seccomp denials lost"));
		assert_null(strstr(page.text, "does not know"));
	}
}

static void times_are_local_or_utc_or_since_boot(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	struct memory_file page;

	set_error(f, 1, "EPERM");
	for (int utc = 0; utc < 2; utc++) {
		page_open_in(&page, "Asia/Shanghai", utc);
		page_put(&page, f);
		page_close(&page);
		assert_memory_equal(page.text,
				    utc ? "Nov 22 03:04:05.123Z" : "Nov 22 11:04:05.123 ", 20);
	}
	page_open(&page);
	f->record.has_time_unix_nano = false;
	SET(&f->record, boottime_nano, 12345678901);
	assert_ok(output_put(&page.output, &f->record, NULL, 0));
	f->record.has_boottime_nano = false;
	assert_ok(output_put(&page.output, &f->record, NULL, 0));
	page_close(&page);
	assert_memory_equal(page.text, "boot+12.345         DENY ", 25);
	assert_non_null(strstr(page.text, "\n-                   DENY "));
}

static void impossible_times_are_no_crash(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	struct memory_file page;

	page_open(&page);
	SET(&f->record, time_unix_nano, UINT64_MAX);
	page_put(&page, f);
	f->record.time_unix_nano = 0;
	page_put(&page, f);
	assert_non_null(strstr(page_close(&page), "\n1970-01-01 00:00:00.000 DENY "));
}

static void colour_wraps_the_label_and_always_ends(void **state)
{
	struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	struct memory_file page;

	page_open(&page);
	page.output.color = true;
	set_error(f, 1, "EPERM");
	page_put(&page, f);
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	f->record.header = &f->header;
	page.output.verbose = true;
	page_put(&page, f);
	assert_string_equal(page_close(&page),
			    "Nov 22 03:04:05.123 \033[33mDENY\033[0m shop/web-7f9/app  nginx[77] "
			    "keyctl → EPERM\n"
			    "Nov 22 03:04:05.123 \033[2mINFO host ? x86_64\033[0m\n");
}

/* As a word of its own: "pb" is in no other. */
static bool names_it(const char *list, const char *name)
{
	const size_t n = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += n)
		if ((at == list || at[-1] == ' ') && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

static void help_and_errors_name_every_output(void **state)
{
	for (size_t i = 0; outputs[i]; i++) {
		assert_ptr_equal(output_find(outputs[i]->name), outputs[i]);
		assert_true(names_it(OUTPUT_NAMES, outputs[i]->name));
		assert_true(names_it(OUTPUT_TEXT_OR, outputs[i]->name));
	}
	assert_false(names_it(OUTPUT_NAMES, "proto"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_lines_of_the_design_come_out_as_they_stand),
		TEST(what_was_held_back_is_blamed_only_on_who_was_seen),
		TEST(of_another_kind_nobody_is_blamed),
		TEST(of_another_key_or_an_earlier_second_nobody_is_blamed),
		TEST(the_second_column_grows_but_never_shrinks),
		TEST(advice_stands_under_kills_on_a_terminal_and_under_all_with_v),
		TEST(the_streams_own_records_are_for_who_asks),
		TEST(times_are_local_or_utc_or_since_boot),
		TEST(impossible_times_are_no_crash),
		TEST(colour_wraps_the_label_and_always_ends),
		TEST(help_and_errors_name_every_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
