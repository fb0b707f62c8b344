/* SPDX-License-Identifier: Apache-2.0 */
#include "text-fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "doctor.h"

static const char *report(const Ringside__V1__Header *header)
{
	static char text[8192];
	int fd = memfd_create("report", MFD_CLOEXEC);
	struct writer *writer;
	ssize_t n;

	assert_true(fd >= 0);
	assert_ok(writer_new(&writer, fd));
	doctor_report(writer, header);
	assert_ok(writer_flush(writer));
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	writer_free(writer);
	assert_ok(close(fd));
	return text;
}

struct machine {
	Ringside__V1__Header header;
	Ringside__V1__Probe kills, denials, *probes[2];
	Ringside__V1__Attempt fentry, tracepoint, *attempts[2];
	Ringside__V1__Limits limits;
	char *hooks[2], *spots[2];
};

/* OOM kills through fentry, denials not at all: fentry failed, and tracepoints need leave. */
static void fill(struct machine *m)
{
	*m = (struct machine){
		.header = RINGSIDE__V1__HEADER__INIT,
		.kills = RINGSIDE__V1__PROBE__INIT,
		.denials = RINGSIDE__V1__PROBE__INIT,
		.fentry = RINGSIDE__V1__ATTEMPT__INIT,
		.tracepoint = RINGSIDE__V1__ATTEMPT__INIT,
		.limits = RINGSIDE__V1__LIMITS__INIT,
		.hooks = {S("fentry/oom_kill_process"), S("raw_tp/mark_victim")},
		.spots = {S("Kills in flight while attaching."), S("Nothing else.")},
	};
	m->kills.kind = S("oom_kill");
	SET(&m->kills, tier, RINGSIDE__V1__TIER__TIER_FENTRY);
	m->kills.hooks = m->hooks;
	m->kills.n_hooks = 2;
	m->kills.blind_spots = m->spots;
	m->kills.n_blind_spots = 2;
	m->kills.cost = S("Only who is killed.");
	m->denials.kind = S("seccomp_denial");
	SET(&m->fentry, tier, RINGSIDE__V1__TIER__TIER_FENTRY);
	m->fentry.error = S("the kernel refuses it");
	SET(&m->tracepoint, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	m->tracepoint.error = S("needs --allow-syscall-tax");
	m->attempts[0] = &m->fentry;
	m->attempts[1] = &m->tracepoint;
	m->denials.attempts = m->attempts;
	m->denials.n_attempts = 2;
	m->probes[0] = &m->kills;
	m->probes[1] = &m->denials;
	m->header.probes = m->probes;
	m->header.n_probes = 2;
	m->header.host_name = S("web1");
	m->header.kernel_release = S("6.1.0-18-amd64");
	m->header.architecture = S("x86_64");
	m->header.streamer_version = S("0.1.0");
	SET(&m->header, possible_cpus, 2);
	SET(&m->header, critical_ring_bytes, 256 << 10);
	SET(&m->header, bulk_ring_bytes, 8 << 20);
	m->header.limits = &m->limits;
	SET(&m->limits, per_second, 1);
	SET(&m->limits, burst, 20);
	SET(&m->limits, container_per_second, 1000);
}

static void a_missing_probe_gets_its_reasons_and_its_cure(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	assert_false(doctor_works(&m.header));
	assert_string_equal(
		report(&m.header),
		"machine         web1, Linux 6.1.0-18-amd64 x86_64, 2 CPUs, ringside-streamer "
		"0.1.0\n"
		"\n"
		"oom_kill        attached by fentry (fentry/oom_kill_process, raw_tp/mark_victim)\n"
		"  cannot see    Kills in flight while attaching.\n"
		"                Nothing else.\n"
		"  costs         Only who is killed.\n"
		"\n"
		"seccomp_denial  NOT ATTACHED\n"
		"  tried         fentry: the kernel refuses it\n"
		"                tracepoint: needs --allow-syscall-tax\n"
		"\n"
		"buffers         256 KiB for OOM kills, 8 MiB for all else (--ring-size)\n"
		"limits          20 at once, then 1 a second of each container, system call, "
		"action "
		"and errno; 1,000 a second of each container\n"
		"\n"
		"to do           seccomp_denial works here with `ringside-streamer "
		"--allow-syscall-tax`: each system call of any process then takes about 0.2 µs "
		"longer. `ringside live` permits it by itself; `ringside doctor -- "
		"--allow-syscall-tax` tries it\n");
}

static void a_probe_nothing_helps_is_said_so(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	m.denials.n_attempts = 1;
	assert_non_null(strstr(report(&m.header),
			       "to do           seccomp_denial does not work here, for the reasons "
			       "above\n"));
	m.header.n_probes = 1;
	assert_false(doctor_works(&m.header));
	assert_non_null(strstr(report(&m.header), "seccomp_denial was not asked for"));
}

static void a_machine_where_all_works_needs_nothing(void **state)
{
	struct machine m;
	const char *text;

	(void)state;
	fill(&m);
	SET(&m.denials, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	SET(&m.denials, self_tested, true);
	m.tracepoint.ok = true;
	m.limits.per_second = m.limits.container_per_second = 0;
	assert_true(doctor_works(&m.header));
	text = report(&m.header);
	assert_non_null(strstr(text, "seccomp_denial  attached by tracepoint; an event made on "
				     "purpose arrived\n"));
	assert_non_null(strstr(text, "                tracepoint: works\n"));
	assert_non_null(strstr(text, "limits          none\n"));
	assert_non_null(strstr(text, "to do           nothing: "));
}

static void a_tier_of_zero_is_not_attached(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	SET(&m.denials, tier, RINGSIDE__V1__TIER__TIER_UNSPECIFIED);
	assert_false(doctor_works(&m.header));
}

static void an_empty_header_is_no_crash(void **state)
{
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;

	(void)state;
	assert_false(doctor_works(&header));
	assert_non_null(strstr(report(&header), "oom_kill was not asked for"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_probe_gets_its_reasons_and_its_cure),
		cmocka_unit_test(a_probe_nothing_helps_is_said_so),
		cmocka_unit_test(a_machine_where_all_works_needs_nothing),
		cmocka_unit_test(a_tier_of_zero_is_not_attached),
		cmocka_unit_test(an_empty_header_is_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
