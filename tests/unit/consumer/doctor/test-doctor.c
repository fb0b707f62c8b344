/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumer/doctor/doctor.h"
#include "consumer/layout/char-width.h"
#include "consumer/layout/columns.h"

static char text[16384];

/* What is written to the writer that is returned comes back from written(). */
static struct writer *writer_begin(int *ret_fd)
{
	struct writer *writer;

	*ret_fd = memfd_create("report", MFD_CLOEXEC);
	assert_true(*ret_fd >= 0);
	assert_ok(writer_new(&writer, *ret_fd));
	return writer;
}

static const char *written(struct writer *writer, int fd)
{
	ssize_t n;

	assert_ok(writer_flush(writer));
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	(void)writer_free(writer);
	assert_ok(close(fd));
	return text;
}

static const char *report(const struct diagnosis *diagnosis)
{
	int fd;
	struct writer *writer = writer_begin(&fd);

	doctor_report(writer, diagnosis, false);
	return written(writer, fd);
}

static const char *json(const struct diagnosis *diagnosis)
{
	int fd;
	struct writer *writer = writer_begin(&fd);

	doctor_json(writer, diagnosis);
	return written(writer, fd);
}

#define GOLDEN_TEXT                                                                                \
	"machine         web1, Linux 6.1.0-18-amd64 x86_64, 2 CPUs, ringside 0.1.0\n"              \
	"\n"                                                                                       \
	"PROBE           TIER        HERE     WHAT IT COSTS, OR WHY NOT\n"                         \
	"oom_kill        fentry      CHOSEN   Only who is killed.\n"                               \
	"                                     on fentry/oom_kill_process,\n"                       \
	"                                     raw_tp/mark_victim\n"                                \
	"                kprobe      untried  no streamer could try it\n"                          \
	"                tracepoint  offered  -\n"                                                 \
	"seccomp_denial  fentry      refused  the kernel refuses programs on\n"                    \
	"                                     __secure_computing: Operation not permitted\n"       \
	"                kprobe      refused  this kernel was built without kprobes\n"             \
	"                tracepoint  offered  only with --allow-syscall-tax\n"                     \
	"                                     0.1 to 0.2 µs for every system call of\n"           \
	"                                     every process\n"                                     \
	"                                     measured now, a call: without a filter none\n"       \
	"                                     (±4 ns), with one +240 ns (±5), denied\n"          \
	"                                     +1,400 ns (±22)\n"                                  \
	"\n"                                                                                       \
	"PROBE           TIER        CANNOT SEE, OR MAY MISS\n"                                    \
	"oom_kill        fentry      - Kills in flight while attaching.\n"                         \
	"                            - Nothing else.\n"                                            \
	"seccomp_denial  tracepoint  - which call it was, when a tracer replaced its\n"            \
	"                              number by -1\n"                                             \
	"\n"                                                                                       \
	"rings           262,144 bytes for OOM kills, 8,388,608 bytes for all else\n"              \
	"                (--ring-size)\n"                                                          \
	"maps            1,908,040 bytes for counters, limits and names\n"                         \
	"limits          20 at once, then 1 a second of each container, system call,\n"            \
	"                action and errno; 1,000 a second of each container\n"                     \
	"shares          1,000 containers find rows of their own, whatever one of them\n"          \
	"                does; what is beyond is summed up, exactly\n"                             \
	"measured        100 ns a call, 150 ns with a filter, 130 ns denied, without our\n"        \
	"                hooks, now; ± is the noise\n"                                            \
	"\n"                                                                                       \
	"result          OOM kills        seen, by fentry\n"                                       \
	"                seccomp denials  NOT SEEN\n"                                              \
	"to do           sudo ringside-streamer --allow-syscall-tax\n"                             \
	"                seccomp_denial is seen then, at the cost above for every\n"               \
	"                process. `ringside live` permits it by itself\n"

#define GOLDEN_JSON                                                                                \
	"{\"version\":1,\"works\":false,\"machine\":{\"system\":\"Linux\",\"host\":\"web1\","      \
	"\"kernel_release\":\"6.1.0-18-amd64\",\"architecture\":\"x86_64\","                       \
	"\"streamer_version\":\"0.1.0\",\"possible_cpus\":2},"                                     \
	"\"probes\":[{\"kind\":\"oom_kill\",\"attached\":true,\"tier\":\"fentry\","                \
	"\"tiers\":[{\"tier\":\"fentry\",\"state\":\"chosen\",\"needs_syscall_tax\":false,"        \
	"\"hooks\":[\"fentry/oom_kill_process\",\"raw_tp/mark_victim\"],"                          \
	"\"blind_spots\":[\"Kills in flight while attaching.\",\"Nothing else.\"],"                \
	"\"cost\":\"Only who is killed.\"},{\"tier\":\"kprobe\",\"state\":\"untried\","            \
	"\"needs_syscall_tax\":false,\"reasons\":[]},{\"tier\":\"tracepoint\","                    \
	"\"state\":\"offered\",\"needs_syscall_tax\":false,\"hooks\":[],"                          \
	"\"blind_spots\":[]}]},{\"kind\":\"seccomp_denial\",\"attached\":false,"                   \
	"\"tiers\":[{\"tier\":\"fentry\",\"state\":\"refused\",\"needs_syscall_tax\":false,"       \
	"\"reasons\":[\"the kernel refuses programs on __secure_computing: Operation not "         \
	"permitted\"]},{\"tier\":\"kprobe\","                                                      \
	"\"state\":\"refused\",\"needs_syscall_tax\":false,"                                       \
	"\"reasons\":[\"this kernel was built without kprobes\"]},{\"tier\":\"tracepoint\","       \
	"\"state\":\"offered\",\"needs_syscall_tax\":true,"                                        \
	"\"hooks\":[\"raw_tp/sys_exit\"],"                                                         \
	"\"blind_spots\":[\"which call it was, when a tracer replaced its number by -1\"],"        \
	"\"cost\":\"0.1 to 0.2 µs for every system call of every process\","                      \
	"\"measured\":{\"unfiltered\":{\"nano\":1,\"noise_nano\":4},"                              \
	"\"filtered\":{\"nano\":240,\"noise_nano\":5},\"denied\":{\"nano\":1400,"                  \
	"\"noise_nano\":22}}}]}],\"memory\":{\"critical_ring_bytes\":262144,"                      \
	"\"bulk_ring_bytes\":8388608,\"map_bytes\":1908040},"                                      \
	"\"limits\":{\"per_second\":1,\"burst\":20,\"container_per_second\":1000,"                 \
	"\"containers\":1000},"                                                                    \
	"\"notes\":[],\"without_hooks\":{\"unfiltered\":{\"nano\":100,\"noise_nano\":2},"          \
	"\"filtered\":{\"nano\":150,\"noise_nano\":4},\"denied\":{\"nano\":130,"                   \
	"\"noise_nano\":4}},"                                                                      \
	"\"command\":\"sudo ringside-streamer --allow-syscall-tax\","                              \
	"\"advice\":\"seccomp_denial is seen then, at the cost above for every process. "          \
	"`ringside live` permits it by itself\"}\n"

struct machine {
	Ringside__V1__Header header;
	Ringside__V1__Probe kills, denials, *probes[2];
	Ringside__V1__Attempt fentry, kprobe, tracepoint, *attempts[3];
	Ringside__V1__Limits limits;
	char *hooks[2], *spots[2];
	/* what a streamer said that had to take tracepoints */
	Ringside__V1__Header tax_header;
	Ringside__V1__Probe tax_kills, tax_denials, *tax_probes[2];
	char *tax_hooks[1], *tax_spots[1];
	struct diagnosis diagnosis;
};

static void fill_tax(struct machine *m)
{
	m->tax_header = (Ringside__V1__Header)RINGSIDE__V1__HEADER__INIT;
	m->tax_kills = (Ringside__V1__Probe)RINGSIDE__V1__PROBE__INIT;
	m->tax_denials = (Ringside__V1__Probe)RINGSIDE__V1__PROBE__INIT;
	m->tax_kills.kind = S("oom_kill");
	SET(&m->tax_kills, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	m->tax_denials.kind = S("seccomp_denial");
	SET(&m->tax_denials, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	m->tax_hooks[0] = S("raw_tp/sys_exit");
	m->tax_denials.hooks = m->tax_hooks;
	m->tax_denials.n_hooks = 1;
	m->tax_spots[0] = S("which call it was, when a tracer replaced its number by -1");
	m->tax_denials.blind_spots = m->tax_spots;
	m->tax_denials.n_blind_spots = 1;
	m->tax_denials.cost = S("0.1 to 0.2 µs for every system call of every process");
	m->tax_probes[0] = &m->tax_kills;
	m->tax_probes[1] = &m->tax_denials;
	m->tax_header.probes = m->tax_probes;
	m->tax_header.n_probes = 2;
}

static void fill_costs(struct machine *m)
{
	m->diagnosis.before = (struct syscall_cost_sample){true, {{100, 2}, {150, 4}, {130, 4}}};
	m->diagnosis.after = (struct syscall_cost_sample){true, {{104, 2}, {150, 4}, {130, 4}}};
	m->diagnosis.with[RINGSIDE__V1__TIER__TIER_TRACEPOINT] =
		(struct syscall_cost_sample){true, {{103, 2}, {390, 6}, {1530, 40}}};
}

/* OOM kills through fentry, denials not at all: fentry failed, and tracepoints need leave. */
static void fill(struct machine *m)
{
	*m = (struct machine){
		.header = RINGSIDE__V1__HEADER__INIT,
		.kills = RINGSIDE__V1__PROBE__INIT,
		.denials = RINGSIDE__V1__PROBE__INIT,
		.fentry = RINGSIDE__V1__ATTEMPT__INIT,
		.kprobe = RINGSIDE__V1__ATTEMPT__INIT,
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
	m->fentry.error =
		S("the kernel refuses programs on __secure_computing: Operation not permitted");
	SET(&m->tracepoint, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	m->tracepoint.error = S("not permitted; --allow-syscall-tax permits it");
	SET(&m->kprobe, tier, RINGSIDE__V1__TIER__TIER_KPROBE);
	m->kprobe.error = S("this kernel was built without kprobes");
	m->attempts[0] = &m->fentry;
	m->attempts[1] = &m->kprobe;
	m->attempts[2] = &m->tracepoint;
	m->denials.attempts = m->attempts;
	m->denials.n_attempts = 3;
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
	SET(&m->limits, containers, 1000);
	SET(&m->header, map_bytes, 1908040);
	fill_tax(m);
	fill_costs(m);
	m->diagnosis.header = &m->header;
	m->diagnosis.tried[RINGSIDE__V1__TIER__TIER_TRACEPOINT] = &m->tax_header;
}

static void the_table_says_what_works_what_it_costs_and_what_to_do(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	assert_false(diagnosis_works(&m.diagnosis));
	assert_string_equal(report(&m.diagnosis), GOLDEN_TEXT);
}

static void the_object_says_the_same(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	assert_string_equal(json(&m.diagnosis), GOLDEN_JSON);
}

static void no_line_is_wider_than_a_terminal(void **state)
{
	struct machine m;
	const char *line;

	(void)state;
	fill(&m);
	m.fentry.error = S("a_word_without_any_blank_that_is_far_longer_than_the_room_for_it_"
			   "\xc2\xb5\xc2\xb5\xc2\xb5\xc2\xb5\xc2\xb5 and more \x1b[31m");
	line = report(&m.diagnosis);
	assert_null(strchr(line, '\x1b'));
	while (*line) {
		size_t size = strcspn(line, "\n");

		assert_in_range(char_width(line, size), 0, COLUMNS_WIDTH);
		line += size + 1;
	}
}

static void only_what_is_open_is_tried(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	/* kills: fentry is answered, kprobe and tracepoint are not */
	assert_false(diagnosis_wants(&m.diagnosis, RINGSIDE__V1__TIER__TIER_FENTRY));
	assert_true(diagnosis_wants(&m.diagnosis, RINGSIDE__V1__TIER__TIER_KPROBE));
	assert_true(diagnosis_wants(&m.diagnosis, RINGSIDE__V1__TIER__TIER_TRACEPOINT));
	m.header.probes = &m.probes[1];
	m.header.n_probes = 1;
	assert_false(diagnosis_wants(&m.diagnosis, RINGSIDE__V1__TIER__TIER_KPROBE));
	/* not permitted is no answer */
	assert_true(diagnosis_wants(&m.diagnosis, RINGSIDE__V1__TIER__TIER_TRACEPOINT));
}

static void a_command_in_a_reason_is_what_to_do(void **state)
{
	struct machine m;
	struct remedy remedy;

	(void)state;
	fill(&m);
	m.kprobe.error =
		S("CAP_SYS_ADMIN is missing, or `sudo sysctl kernel.perf_event_paranoid=2`");
	diagnosis_remedy(&m.diagnosis, &remedy);
	assert_string_equal(remedy.command, "sudo sysctl kernel.perf_event_paranoid=2");
	assert_string_equal(remedy.text, "seccomp_denial can use kprobe then");
	/* also where something less good works */
	SET(&m.denials, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	diagnosis_remedy(&m.diagnosis, &remedy);
	assert_string_equal(remedy.command, "sudo sysctl kernel.perf_event_paranoid=2");
	/* but not where something better does */
	SET(&m.denials, tier, RINGSIDE__V1__TIER__TIER_FENTRY);
	diagnosis_remedy(&m.diagnosis, &remedy);
	assert_string_equal(remedy.command, "");
	assert_true(diagnosis_works(&m.diagnosis));
}

static void a_probe_nothing_helps_is_said_so(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	SET(&m.tax_denials, tier, RINGSIDE__V1__TIER__TIER_UNSPECIFIED);
	assert_non_null(strstr(report(&m.diagnosis),
			       "to do           seccomp_denial does not work on this kernel"));
}

static void only_what_was_asked_for_is_judged(void **state)
{
	struct machine m;
	const char *said;

	(void)state;
	fill(&m);
	m.header.n_probes = 1;
	assert_true(diagnosis_works(&m.diagnosis));
	said = report(&m.diagnosis);
	assert_null(strstr(said, "NOT SEEN"));
	assert_null(strstr(said, "denials  "));
	assert_non_null(strstr(said, "to do           nothing: "));
	m.kills.kind = S("tcp_queue");
	assert_true(diagnosis_works(&m.diagnosis));
	assert_non_null(strstr(report(&m.diagnosis), "TCP queues       seen, by fentry\n"));
	SET(&m.kills, tier, RINGSIDE__V1__TIER__TIER_UNSPECIFIED);
	assert_false(diagnosis_works(&m.diagnosis));
}

/* Iterators hook nothing: there is no better tier to ask for, nor a worse one. */
static void a_probe_without_hooks_is_fine_as_it_is(void **state)
{
	struct machine m;
	const char *said;

	(void)state;
	fill(&m);
	m.header.n_probes = 1;
	m.kills.kind = S("bpf_object");
	SET(&m.kills, tier, RINGSIDE__V1__TIER__TIER_ITERATOR);
	assert_true(diagnosis_works(&m.diagnosis));
	for (int tier = 1; tier < DIAGNOSIS_TIERS; tier++)
		assert_false(diagnosis_wants(&m.diagnosis, tier));
	said = report(&m.diagnosis);
	assert_non_null(strstr(said, "bpf_object      iterator    CHOSEN   Only who is killed.\n"));
	assert_null(strstr(said, "untried"));
	assert_non_null(strstr(said, "bpf_object      iterator    - Kills in flight"));
	assert_non_null(strstr(said, "BPF objects      seen, by iterator\n"));
	assert_non_null(strstr(said, "to do           nothing: "));
	said = json(&m.diagnosis);
	assert_non_null(strstr(said, "\"attached\":true,\"tier\":\"iterator\",\"tiers\":[{\"tier\":"
				     "\"iterator\",\"state\":\"chosen\","));
	assert_null(strstr(said, "fentry\",\"state"));

	/* refused: the reason is all there is to tell */
	SET(&m.kills, tier, RINGSIDE__V1__TIER__TIER_UNSPECIFIED);
	m.kills.n_hooks = 0;
	SET(&m.fentry, tier, RINGSIDE__V1__TIER__TIER_ITERATOR);
	m.kills.attempts = m.attempts;
	m.kills.n_attempts = 1;
	assert_false(diagnosis_wants(&m.diagnosis, RINGSIDE__V1__TIER__TIER_FENTRY));
	said = report(&m.diagnosis);
	assert_non_null(strstr(said, "bpf_object      iterator    refused  the kernel refuses"));
	assert_null(strstr(said, "untried"));
	assert_non_null(strstr(said, "BPF objects      NOT SEEN\n"));
	assert_non_null(strstr(said, "bpf_object does not work on this kernel"));
}

static void a_tier_of_a_newer_version_is_borne(void **state)
{
	const int tiers[] = {5, 1000, INT32_MAX, -1, INT32_MIN};
	struct machine m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tiers); i++) {
		fill(&m);
		SET(&m.kills, tier, (Ringside__V1__Tier)tiers[i]);
		SET(&m.denials, tier, (Ringside__V1__Tier)tiers[i]);
		m.tracepoint.tier = (Ringside__V1__Tier)tiers[i];
		assert_true(diagnosis_works(&m.diagnosis));
		assert_non_null(strstr(report(&m.diagnosis), "OOM kills        seen, by ?\n"));
		assert_non_null(strstr(json(&m.diagnosis), "{\"tier\":\"?\",\"state\":\"chosen\""));
	}
}

static void a_machine_where_all_works_needs_nothing(void **state)
{
	struct machine m;
	const char *said;

	(void)state;
	fill(&m);
	SET(&m.denials, tier, RINGSIDE__V1__TIER__TIER_TRACEPOINT);
	m.limits.per_second = m.limits.container_per_second = 0;
	assert_true(diagnosis_works(&m.diagnosis));
	said = report(&m.diagnosis);
	assert_non_null(strstr(said, "limits          none\n"));
	assert_non_null(strstr(said, "seccomp denials  seen, by tracepoint\n"));
	assert_non_null(strstr(said, "to do           nothing: "));
}

static void the_kernels_own_count_is_told_where_it_is_known(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	assert_null(strstr(report(&m.diagnosis), "since boot"));
	assert_null(strstr(json(&m.diagnosis), "kernel_oom_kills"));
	SET(&m.header, kernel_oom_kills, 1234);
	assert_non_null(strstr(report(&m.diagnosis),
			       "\nOOM kills       1,234 since boot, the kernel says\n"));
	assert_non_null(strstr(json(&m.diagnosis), "\"kernel_oom_kills\":1234}"));
}

static void what_could_not_be_given_up_is_said(void **state)
{
	struct machine m;
	Ringside__V1__Privileges left = RINGSIDE__V1__PRIVILEGES__INIT;
	char *capabilities[] = {S("CAP_BPF")},
	     *kept[] = {S("It stays root: there is no other user.")};

	(void)state;
	fill(&m);
	m.header.privileges = &left;
	left.user = S("ringside");
	SET(&left, uid, 998);
	SET(&left, landlock, 4);
	left.seccomp_filter = left.has_seccomp_filter = 1;
	assert_non_null(
		strstr(report(&m.diagnosis),
		       "it runs         as user ringside (998), without capabilities, in "
		       "Landlock,\n"
		       "                behind a seccomp filter of its own, once attached\n"));
	left = (Ringside__V1__Privileges)RINGSIDE__V1__PRIVILEGES__INIT;
	left.user = S("root");
	SET(&left, uid, 0);
	left.n_capabilities = left.n_kept = 1;
	left.capabilities = capabilities;
	left.kept = kept;
	assert_non_null(strstr(report(&m.diagnosis),
			       "it runs         as user root, with CAP_BPF, once attached\n"
			       "                It stays root: there is no other user.\n"));
}

static void what_was_not_measured_is_left_out(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	m.diagnosis.before.known = false;
	assert_null(strstr(report(&m.diagnosis), "measured"));
	assert_null(strstr(json(&m.diagnosis), "nano"));
}

static void a_difference_is_what_its_noise_lets_be_seen(void **state)
{
	const struct syscall_cost_sample before = {true, {{100, 2}}}, after = {true, {{110, 2}}};
	const struct syscall_cost_sample with = {true, {{120, 4}}};
	struct syscall_cost cost = syscall_cost_added(&with, &before, &after, SYSCALL_COST_PLAIN);

	(void)state;
	assert_int_equal(cost.median, 15);
	assert_int_equal(cost.noise, 10); /* the base itself has moved as far */
	cost = syscall_cost_added(&with, &before, &before, SYSCALL_COST_PLAIN);
	assert_int_equal(cost.median, 20);
	assert_int_equal(cost.noise, 3);
}

static void a_call_is_measured(void **state)
{
	struct syscall_cost_sample sample;

	(void)state;
	syscall_cost_measure(1, &sample);
	assert_true(sample.known);
	for (int i = 0; i < SYSCALL_COST_KINDS; i++)
		assert_in_range(sample.of[i].median, 1, 1000000);
}

static void an_empty_header_is_no_crash(void **state)
{
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__Probe probe = RINGSIDE__V1__PROBE__INIT, *probes[] = {&probe};
	struct diagnosis diagnosis = {.header = &header};

	(void)state;
	assert_false(diagnosis_works(&diagnosis));
	assert_non_null(strstr(report(&diagnosis), "NOT SEEN"));
	header.probes = probes;
	header.n_probes = 1;
	assert_non_null(strstr(report(&diagnosis), "untried"));
	assert_non_null(strstr(json(&diagnosis), "\"works\":false"));
}

static void what_keeps_a_streamer_from_starting_is_an_object_too(void **state)
{
	const struct diagnosis diagnosis = {0};

	(void)state;
	assert_ptr_equal(strstr(json(&diagnosis), "{\"version\":1,\"works\":false,\"missing\":["),
			 text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_says_what_works_what_it_costs_and_what_to_do),
		cmocka_unit_test(the_object_says_the_same),
		cmocka_unit_test(no_line_is_wider_than_a_terminal),
		cmocka_unit_test(only_what_is_open_is_tried),
		cmocka_unit_test(a_command_in_a_reason_is_what_to_do),
		cmocka_unit_test(a_probe_nothing_helps_is_said_so),
		cmocka_unit_test(only_what_was_asked_for_is_judged),
		cmocka_unit_test(a_probe_without_hooks_is_fine_as_it_is),
		cmocka_unit_test(a_tier_of_a_newer_version_is_borne),
		cmocka_unit_test(a_machine_where_all_works_needs_nothing),
		cmocka_unit_test(the_kernels_own_count_is_told_where_it_is_known),
		cmocka_unit_test(what_could_not_be_given_up_is_said),
		cmocka_unit_test(what_was_not_measured_is_left_out),
		cmocka_unit_test(a_difference_is_what_its_noise_lets_be_seen),
		cmocka_unit_test(a_call_is_measured),
		cmocka_unit_test(an_empty_header_is_no_crash),
		cmocka_unit_test(what_keeps_a_streamer_from_starting_is_an_object_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
