/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"

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
		{"a\\x1b[2Jb", "a\\\\x1b[2Jb[77] keyctl → EPERM"},
		{"\\n", "\\\\n[77] keyctl → EPERM"},
		{"\\", "\\\\[77] keyctl → EPERM"},
		{"größe→\xf0\x9f\x90\xa7", "größe→\xf0\x9f\x90\xa7[77] keyctl → EPERM"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *f = seccomp(state, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);

		set_error(f, 1, "EPERM");
		f->victim.comm = S(cases[i].comm);
		assert_string_equal(message(f), cases[i].text);
	}
}

static const char *safe(char *buf, size_t size, const char *s)
{
	struct line line = line_make(buf, size);

	line_safe(&line, s, size);
	(void)line_end(&line);
	return buf;
}

static void no_two_names_print_alike(void **state)
{
	static const char *const names[] = {
		"\x1b",  "\\x1b",   "\\\\x1b",      "\\\x1b",           "\\\\\x1b",       "\\",
		"\\\\",  "\\\\\\",  "\xe2\x80\xae", "\\u202e",          "\\\xe2\x80\xae", "\xff",
		"\\xff", "\\\\xff", "\\U000e0001",  "\xf3\xa0\x80\x81",
	};
	char a[64], b[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(safe(a, sizeof(a), names[i]),
						safe(b, sizeof(b), names[j]));
}

/* What cannot be taken for an escape of ours stays what can be typed. */
static void units_keep_their_backslashes(void **state)
{
	static const char *const units[] = {
		"systemd-fsck@dev-disk-by\\x2duuid-1\\x2d2.service",
		"a\\b",
		"a\\x7",
		"\\u0041",
		"end\\",
	};
	char buf[128];

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		assert_string_equal(safe(buf, sizeof(buf), units[i]), units[i]);
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

static void a_url_is_named_without_its_password(void **state)
{
	static const char *const cases[][2] = {
		{"nats://me:secret@host/R", "nats://***@host/R"},
		{"nats://secret@host", "nats://***@host"},
		{"nats://a@b@host/R", "nats://***@host/R"},
		{"nats://host/R@2", "nats://host/R@2"},
		{"/var/a@b", "/var/a@b"},
		{"a\x1b://b@c", "a\\x1b://***@c"},
	};
	char buf[LINE_FILE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(line_file(cases[i][0], buf), cases[i][1]);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_byte_of_a_name_reaches_the_terminal_as_a_command),
		TEST(every_string_of_every_record_is_escaped),
		TEST(no_two_names_print_alike),
		TEST(units_keep_their_backslashes),
		TEST(a_text_too_long_is_cut_at_a_character_and_marked),
		TEST(a_huge_name_does_not_fill_the_screen),
		TEST(a_url_is_named_without_its_password),
		TEST(sizes_are_rounded_for_people),
		TEST(limits_are_exact_where_words_allow),
		TEST(counts_have_separators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
