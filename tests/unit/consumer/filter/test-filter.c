/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/test.h"

#include <errno.h>
#include <stdlib.h>

#include "consumer/filter/filter.h"
#include "proto/base/util.h"
#include "tests/lib/starve.h"

#define S(s) ((char *)(s))
#define SET(message, field, value) ((message)->has_##field = true, (message)->field = (value))
#define ID "4f0c1e2d3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define POD_UID "0d2f8a1c-5a3b-4c6d-8e7f-112233445566"

/* 2026-11-22 03:04:05 UTC */
#define TIME UINT64_C(1795316645000000000)

struct fixture {
	struct filter *filter;
	Ringside__V1__Header header;
	Ringside__V1__OomKill kill;
	Ringside__V1__SeccompDenial denial;
	Ringside__V1__Limited limited;
	Ringside__V1__Lost lost;
	Ringside__V1__Counters counters;
	Ringside__V1__Clock clock;
	Ringside__V1__Footer footer;
	Ringside__V1__Process python, java, nginx;
	Ringside__V1__Container app, service;
	Ringside__V1__Record records[8];
};

enum { HEADER, OOM, SECCOMP, LIMITED, LOST, COUNTERS, CLOCK, FOOTER, RECORDS };

#define BIT(record) (1u << (record))
#define ALL (BIT(RECORDS) - 1)
#define ALWAYS (BIT(HEADER) | BIT(LOST)) /* of a filter on an event's fields */

static void fill_processes(struct fixture *f)
{
	f->python = f->java = f->nginx = (Ringside__V1__Process)RINGSIDE__V1__PROCESS__INIT;
	f->python.comm = S("worker-3");
	f->python.leader_comm = S("python3");
	SET(&f->python, pid, 1234);
	SET(&f->python, tid, 1240);
	SET(&f->python, uid, 0);
	f->java.comm = S("java");
	SET(&f->java, pid, 99);
	SET(&f->java, uid, 7);
	f->nginx.comm = S("nginx");
	SET(&f->nginx, pid, 77);
	SET(&f->nginx, uid, 33);
}

static void fill_containers(struct fixture *f)
{
	f->app = f->service = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->app.id = S(ID);
	f->app.runtime = S("docker");
	f->app.pod_uid = S(POD_UID);
	f->app.namespace_name = S("shop");
	f->app.pod_name = S("web-7f9");
	f->app.container_name = S("app");
	f->app.cgroup_path = S("/kubepods/burstable/pod1/" ID);
	f->service.systemd_unit = S("dev-disk\\x2dby.service");
	f->service.systemd_slice = S("system.slice");
	f->service.cgroup_path = S("/system.slice/nginx.service");
}

static void fill_events(struct fixture *f)
{
	f->kill = (Ringside__V1__OomKill)RINGSIDE__V1__OOM_KILL__INIT;
	f->kill.victim = &f->python;
	f->kill.victim_container = &f->app;
	f->kill.trigger = &f->java;
	f->kill.trigger_container = &f->service;
	f->kill.limit_owner = &f->service;
	f->denial = (Ringside__V1__SeccompDenial)RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	f->denial.process = &f->nginx;
	f->denial.container = &f->service;
	f->denial.syscall_name = S("keyctl");
	SET(&f->denial, syscall_number, 250);
	SET(&f->denial, action, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	SET(&f->denial, error_number, 1);
	f->denial.error_name = S("EPERM");
	f->limited = (Ringside__V1__Limited)RINGSIDE__V1__LIMITED__INIT;
	f->limited.kind = S("seccomp_denial");
	f->limited.container = &f->app;
	f->limited.syscall_name = S("clone3");
	SET(&f->limited, syscall_number, 435);
	SET(&f->limited, action, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_THREAD);
	SET(&f->limited, error_number, 38);
	f->limited.error_name = S("ENOSYS");
	f->lost = (Ringside__V1__Lost)RINGSIDE__V1__LOST__INIT;
	f->lost.kind = S("oom_kill");
}

static void fill_records(struct fixture *f)
{
	for (size_t i = 0; i < RECORDS; i++) {
		f->records[i] = (Ringside__V1__Record)RINGSIDE__V1__RECORD__INIT;
		SET(&f->records[i], time_unix_nano, TIME + i * 1000000000);
	}
#define BODY(index, name, NAME)                                                                    \
	(f->records[index].body_case = RINGSIDE__V1__RECORD__BODY_##NAME,                          \
	 f->records[index].name = &f->name)
	BODY(HEADER, header, HEADER);
	BODY(LIMITED, limited, LIMITED);
	BODY(LOST, lost, LOST);
	BODY(COUNTERS, counters, COUNTERS);
	BODY(CLOCK, clock, CLOCK);
	BODY(FOOTER, footer, FOOTER);
#undef BODY
	f->records[OOM].body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	f->records[OOM].oom_kill = &f->kill;
	f->records[SECCOMP].body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	f->records[SECCOMP].seccomp_denial = &f->denial;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || setenv("TZ", "UTC0", 1) < 0)
		return -1;
	f->header = (Ringside__V1__Header)RINGSIDE__V1__HEADER__INIT;
	f->header.host_name = S("web1");
	f->counters = (Ringside__V1__Counters)RINGSIDE__V1__COUNTERS__INIT;
	f->clock = (Ringside__V1__Clock)RINGSIDE__V1__CLOCK__INIT;
	f->footer = (Ringside__V1__Footer)RINGSIDE__V1__FOOTER__INIT;
	fill_processes(f);
	fill_containers(f);
	fill_events(f);
	fill_records(f);
	*state = f;
	return filter_new(&f->filter);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	filter_free(f->filter);
	free(f);
	return 0;
}

static int opt_of(const char *name)
{
	for (size_t i = 0; filter_options[i].name; i++)
		if (strcmp(filter_options[i].name, name) == 0)
			return filter_options[i].opt;
	fail_msg("no option --%s", name);
	return 0;
}

static void refilter(struct fixture *f)
{
	filter_free(f->filter);
	assert_ok(filter_new(&f->filter));
}

static void option(struct fixture *f, const char *name, const char *arg)
{
	char error[256] = "";

	if (filter_option(f->filter, opt_of(name), arg, error, sizeof(error)))
		fail_msg("--%s %s: %s", name, arg, error);
	assert_string_equal(error, "");
}

static unsigned matches(const struct fixture *f)
{
	unsigned matched = 0;

	for (size_t i = 0; i < RECORDS; i++)
		if (filter_match(f->filter, &f->records[i], &f->header))
			matched |= BIT(i);
	return matched;
}

struct expect {
	const char *name, *arg;
	unsigned matched;
};

static void check(struct fixture *f, const struct expect *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		refilter(f);
		option(f, cases[i].name, cases[i].arg);
		if (matches(f) != cases[i].matched)
			fail_msg("--%s %s matches %#x instead of %#x", cases[i].name, cases[i].arg,
				 matches(f), cases[i].matched);
	}
}

static void no_filter_lets_everything_pass(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(matches(f), ALL);
	assert_false(filter_names_kinds(f->filter));
}

static void what_ringside_made_itself_has_to_be_asked_for(void **state)
{
	struct fixture *f = *state;

	SET(&f->records[SECCOMP], self_test, true);
	SET(&f->records[LIMITED], self_test, true);
	assert_int_equal(matches(f), ALL & ~BIT(SECCOMP) & ~BIT(LIMITED));
	assert_false(filter_shows_self_tests(f->filter));
	option(f, "comm", "nginx");
	assert_int_equal(matches(f), ALWAYS);
	option(f, "self-tests", NULL);
	assert_int_equal(matches(f), ALWAYS | BIT(SECCOMP));
	assert_true(filter_shows_self_tests(f->filter));
	refilter(f);
	filter_show_self_tests(f->filter);
	assert_int_equal(matches(f), ALL);
}

static void kinds_are_known_by_name_and_alias(void **state)
{
	static const struct expect cases[] = {
		{"kind", "oom", BIT(OOM) | BIT(LOST)}, /* the lost ones were OOM kills */
		{"kind", "oom_kill", BIT(OOM) | BIT(LOST)},
		{"kind", "OOM", BIT(OOM) | BIT(LOST)}, /* as our lines have it */
		{"kind", "oom-kill", BIT(OOM) | BIT(LOST)},
		{"kind", "seccomp", BIT(SECCOMP) | BIT(LIMITED)},
		{"kind", "seccomp_denial", BIT(SECCOMP) | BIT(LIMITED)},
		{"kind", "oom,seccomp", BIT(OOM) | BIT(SECCOMP) | BIT(LIMITED) | BIT(LOST)},
		{"kind", "lost", BIT(LOST)},
		{"kind", "limited", BIT(LIMITED)},
		{"kind", "counters", BIT(COUNTERS)},
		{"kind", "header", BIT(HEADER)},
		{"kind", "footer", BIT(FOOTER)},
		{"kind", "clock", BIT(CLOCK)},
	};
	struct fixture *f = *state;

	check(f, cases, ARRAY_SIZE(cases));
	assert_true(filter_names_kinds(f->filter));
}

static void a_loss_of_unknown_kind_may_be_of_any(void **state)
{
	struct fixture *f = *state;

	f->lost.kind = NULL;
	option(f, "kind", "seccomp");
	assert_int_equal(matches(f), BIT(SECCOMP) | BIT(LIMITED) | BIT(LOST));
}

static void the_host_is_the_headers(void **state)
{
	static const struct expect cases[] = {
		{"host", "web1", ALL},
		{"host", "web*", ALL},
		{"host", "web", 0},
	};
	struct fixture *f = *state;

	check(f, cases, ARRAY_SIZE(cases));
	refilter(f);
	option(f, "host", "web1");
	assert_false(filter_match(f->filter, &f->records[OOM], NULL));
	assert_true(filter_match(f->filter, &f->records[HEADER], NULL));
}

static void containers_are_the_victims(void **state)
{
	const unsigned app = BIT(OOM) | BIT(LIMITED) | ALWAYS, service = BIT(SECCOMP) | ALWAYS;
	const struct expect cases[] = {
		{"container", "app", app},
		{"container", "a?p", app},
		{"container", "ap", ALWAYS},
		{"container", ID, app},
		{"container", "4f0c1e", app},
		{"container", "4f0c1e2d3b4a", app},
		{"container", "docker:4f0c1e2d3b4a", app},
		{"container", "podman:4f0c1e2d3b4a", ALWAYS},
		{"container", "4f0c1", ALWAYS}, /* too short for an id */
		{"container", "4f0c1f", ALWAYS},
		{"container", "*", app},
		{"pod", "web-7f9", app},
		{"pod", "web-*", app},
		{"pod", "web", ALWAYS},
		{"pod", POD_UID, app},
		{"namespace", "shop", app},
		{"namespace", "sho?", app},
		{"namespace", "kube-system", ALWAYS},
		{"unit", "dev-disk\\x2dby.service", service},
		{"unit", "dev-disk\\x2dby", service},
		{"unit", "dev-*", service},
		{"unit", "system.slice", service},
		{"unit", "nginx", ALWAYS},
		{"cgroup", "/system.slice", service},
		{"cgroup", "system.slice/", service},
		{"cgroup", "/system.slice/nginx.service", service},
		{"cgroup", "/system.sli", ALWAYS},
		{"cgroup", "/system.slice/nginx", ALWAYS},
		{"cgroup", "*nginx*", service},
		{"cgroup", "/kubepods*", app},
		{"cgroup", "/", app | service},
	};

	check(*state, cases, ARRAY_SIZE(cases));
}

/* As journalctl's -u and --user-unit do. */
static void units_are_the_systems_unless_a_users_are_asked_for(void **state)
{
	struct fixture *f = *state;
	const unsigned app = BIT(OOM) | BIT(LIMITED) | ALWAYS;
	const struct expect cases[] = {
		{"unit", "redis.service", ALWAYS},
		{"unit", "user@1000.service", app},
		{"unit", "user@*", app},
		{"unit", "user-1000.slice", app},
		{"unit", "app.slice", ALWAYS},
		{"unit", "nested.service", ALWAYS},
		{"user-unit", "redis", app},
		{"user-unit", "redis.service", app},
		{"user-unit", "re*", app},
		{"user-unit", "app.slice", app},
		{"user-unit", "user@1000.service", ALWAYS},
		{"user-unit", "system.slice", ALWAYS},
		{"pod", "4f0c1e", app},
		{"pod", "5a0d5ceddf6c", app},
		{"container", "lxc:we*", ALWAYS}, /* it is below a unit */
		{"container", "docker:we*", ALWAYS},
		{"container", "inner", ALWAYS},
	};

	f->app.systemd_unit = S("user@1000.service");
	f->app.systemd_slice = S("user-1000.slice");
	f->app.systemd_user_unit = S("redis.service");
	f->app.systemd_user_slice = S("app.slice");
	f->app.nested_unit = S("nested.service");
	f->app.nested_slice = S("app.slice");
	f->app.nested_id = S("inner");
	f->app.id = S("web");
	f->app.runtime = S("lxc");
	f->app.podman_pod_id = S(ID);
	f->app.ecs_task_id = S("5a0d5ceddf6c44c1928d367a815d890f");
	check(f, cases, ARRAY_SIZE(cases));
}

/* Only random digits may be cut, and only a type of systemd's ends a unit's name. */
static void names_with_numbers_and_dots_are_whole(void **state)
{
	struct fixture *f = *state;
	const unsigned app = BIT(OOM) | BIT(LIMITED) | ALWAYS;
	const struct expect cases[] = {
		{"container", "slurm:123456", ALWAYS},   {"container", "123456", ALWAYS},
		{"container", "1234567", app},           {"unit", "redis@10.0.0.1", app},
		{"unit", "redis@10.0.0.1.service", app}, {"unit", "redis@10.0.0", ALWAYS},
	};
	const struct expect job = {"container", "slurm:1234567", app};

	f->app.id = S("1234567");
	f->app.runtime = S("slurm");
	f->app.systemd_unit = S("redis@10.0.0.1.service");
	check(f, cases, ARRAY_SIZE(cases));
	f->app.systemd_unit = S("slurmstepd.scope");
	f->app.pod_name = NULL;
	f->app.cgroup_path = S("/system.slice/slurmstepd.scope/job_1234567");
	check(f, &job, 1);
}

static void processes_are_the_victims(void **state)
{
	const unsigned victim = BIT(OOM) | ALWAYS, caller = BIT(SECCOMP) | ALWAYS;
	const struct expect cases[] = {
		{"comm", "python3", victim}, {"comm", "worker-*", victim},
		{"comm", "java", ALWAYS}, /* it only asked for the memory */
		{"comm", "nginx", caller},   {"comm", "ngin", ALWAYS},
		{"pid", "1234", victim},     {"pid", "1240", victim}, /* the thread */
		{"pid", "99", ALWAYS},       {"pid", "77,1234", victim | caller},
		{"uid", "0", victim},        {"uid", "33", caller},
		{"uid", "7", ALWAYS},        {"uid", "root", victim},
	};

	check(*state, cases, ARRAY_SIZE(cases));
}

static void calls_actions_and_errors_are_found_by_name_and_number(void **state)
{
	const unsigned keyctl = BIT(SECCOMP) | ALWAYS, clone3 = BIT(LIMITED) | ALWAYS;
	const struct expect cases[] = {
		{"syscall", "keyctl", keyctl},
		{"syscall", "250", keyctl},
		{"syscall", "key*", keyctl},
		{"syscall", "clone3,keyctl", keyctl | clone3},
		{"syscall", "clone", ALWAYS},
		{"syscall", "0", ALWAYS},
		{"action", "ERRNO", keyctl},
		{"action", "errno", keyctl},
		{"action", "SECCOMP_RET_ERRNO", keyctl},
		{"action", "seccomp_ret_errno", keyctl},
		{"action", "KILL", clone3},
		{"action", "KILL_THREAD", clone3},
		{"action", "KILL_PROCESS", ALWAYS},
		{"action", "LOG,TRAP", ALWAYS},
		{"errno", "EPERM", keyctl},
		{"errno", "eperm", keyctl},
		{"errno", "1", keyctl},
		{"errno", "38", clone3},
		{"errno", "ENOSYS,EPERM", keyctl | clone3},
		{"errno", "EACCES", ALWAYS},
		{"errno", "0", ALWAYS},
	};

	check(*state, cases, ARRAY_SIZE(cases));
}

/* Lists, and what is left out; an event that has nothing of it cannot be left out by it. */
static void every_filter_takes_lists_and_negation(void **state)
{
	const unsigned oom = BIT(OOM), deny = BIT(SECCOMP), limited = BIT(LIMITED);
	const unsigned stream = ALWAYS | BIT(COUNTERS) | BIT(CLOCK) | BIT(FOOTER);
	const unsigned all = oom | deny | limited;
	const struct expect cases[] = {
		{"comm", "nginx,python3", oom | deny | ALWAYS},
		{"comm", "!nginx", oom | limited | stream},
		{"comm", "!nginx,!python3", limited | stream},
		{"comm", "n*,!nginx", ALWAYS},
		{"comm", "*,!nginx", oom | ALWAYS},
		{"comm", "!n*", oom | limited | stream},
		{"pid", "77,1234", oom | deny | ALWAYS},
		{"pid", "!77", oom | limited | stream},
		{"uid", "!root", deny | limited | stream},
		{"namespace", "shop,other", oom | limited | ALWAYS},
		{"namespace", "!shop", deny | stream},
		{"namespace", "!other", all | stream},
		{"pod", "!web-*", deny | stream},
		{"pod", "x,web-7f9", oom | limited | ALWAYS},
		{"pod-uid", POD_UID ",x", oom | limited | ALWAYS},
		{"container", "!app", deny | stream},
		{"container", "x,app", oom | limited | ALWAYS},
		{"container", "!/system.slice/nginx.service,!/x", all | stream},
		{"container-id", "4f0c1e2d", oom | limited | ALWAYS},
		{"container-id", "!4f0c1e2d", deny | stream},
		{"runtime", "docker,podman", oom | limited | ALWAYS},
		{"runtime", "!docker", deny | stream},
		{"unit", "dev-*,x", deny | ALWAYS},
		{"unit", "!system.slice", oom | limited | stream},
		{"slice", "system.slice", deny | ALWAYS},
		{"slice", "!system.slice", oom | limited | stream},
		{"cgroup", "/system.slice,/kubepods", all | ALWAYS},
		{"cgroup", "!/system.slice", oom | limited | stream},
		{"cgroup", "!/system.slice,!/kubepods", stream},
		{"cgroup", "/system.slice,!/system.slice/nginx.service", ALWAYS},
		{"cgroup", "/system.slice,x", ALWAYS}, /* one path, with a comma */
		{"cgroup", "system.slice,kubepods", all | ALWAYS},
		{"syscall", "!keyctl", oom | limited | stream},
		{"syscall", "!250", oom | limited | stream},
		{"syscall", "KeyCtl,CLONE3", deny | limited | ALWAYS},
		{"syscall", "key*,!keyctl", ALWAYS},
		{"action", "!ERRNO", oom | limited | stream},
		{"action", "errno,!kill", deny | ALWAYS},
		{"errno", "!EPERM", oom | limited | stream},
		{"errno", "eagain,eperm", deny | ALWAYS},
		{"arch", "x86_64", deny | ALWAYS},
		{"arch", "AMD64,arm64", deny | ALWAYS},
		{"arch", "x86*", deny | ALWAYS},
		{"arch", "!x86_64", oom | limited | stream},
		{"host", "!web1", 0},
		{"host", "!web2", ALL},
		{"host", "web2,web1", ALL},
		{"host", "web*,!web1", 0},
		{"kind", "!oom", deny | limited | (stream & ~BIT(LOST))},
		{"kind", "!lost", ALL & ~BIT(LOST)},
		{"kind", "!seccomp,!lost", oom | (stream & ~BIT(LOST))},
		{"kind", "oom,!lost", oom},
		{"label", "cluster=eu1", ALL},
		{"label", "cluster=us1,eu1", ALL},
		{"label", "cluster=eu*", ALL},
		{"label", "cluster=us1", 0},
		{"label", "!cluster=us1", ALL},
		{"label", "!cluster=eu1", 0},
		{"label", "cluster=!eu1", 0},
		{"label", "cluster=eu*,!eu1", 0},
		{"label", "cluster", ALL},
		{"label", "!cluster", 0},
		{"label", "rack", 0},
		{"label", "!rack", ALL},
		{"label", "cluster,rack", 0},
		{"label", "note=", ALL},
		{"label", "note", ALL},
	};
	struct fixture *f = *state;
	Ringside__V1__Header__LabelsEntry labels[] = {{.key = S("cluster"), .value = S("eu1")},
						      {.key = S("note"), .value = S("")}};
	Ringside__V1__Header__LabelsEntry *all_labels[] = {&labels[0], &labels[1]};

	f->denial.arch_name = S("x86_64");
	f->header.labels = all_labels;
	f->header.n_labels = ARRAY_SIZE(labels);
	check(f, cases, ARRAY_SIZE(cases));
	assert_false(filter_names_kinds(f->filter));
}

/* The words of JSON, /metrics and /check; of those that are no filter, another one stands for them:
 * user_slice is --user-unit, limited is a kind. */
static void the_vocabulary_can_be_asked_for(void **state)
{
	static const char *const words[] = {"kind",      "host",      "label",        "unit",
					    "user-unit", "slice",     "namespace",    "pod",
					    "pod-uid",   "container", "container-id", "runtime",
					    "cgroup",    "comm",      "pid",          "uid",
					    "syscall",   "action",    "errno",        "arch",
					    "signal"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		(void)opt_of(words[i]);
}

static void labels_of_two_keys_must_both_fit(void **state)
{
	struct fixture *f = *state;
	Ringside__V1__Header__LabelsEntry labels[] = {{.key = S("cluster"), .value = S("eu1")},
						      {.key = S("rack"), .value = S("7")}};
	Ringside__V1__Header__LabelsEntry *all_labels[] = {&labels[0], &labels[1]};

	f->header.labels = all_labels;
	f->header.n_labels = ARRAY_SIZE(labels);
	option(f, "label", "cluster=eu1,eu2");
	option(f, "label", "rack=7");
	assert_int_equal(matches(f), ALL);
	labels[1].value = S("8");
	assert_int_equal(matches(f), 0);
	option(f, "label", "rack=8");
	assert_int_equal(matches(f), ALL);
	f->header.n_labels = 0;
	assert_int_equal(matches(f), 0);
	assert_false(filter_match(f->filter, &f->records[OOM], NULL));
}

static void signals_are_found_by_name_and_number(void **state)
{
	static const struct {
		const char *arg;
		bool matched;
	} cases[] = {{"SIGKILL", true}, {"kill", true}, {"9", true},         {"!9", false},
		     {"SEGV", false},   {"11", false},  {"SEGV,KILL", true}, {"!sigsegv", true}};
	struct fixture *f = *state;
	Ringside__V1__SignalKill kill = RINGSIDE__V1__SIGNAL_KILL__INIT;

	SET(&kill, signal, 9);
	kill.signal_name = S("SIGKILL");
	f->records[OOM].body_case = RINGSIDE__V1__RECORD__BODY_SIGNAL_KILL;
	f->records[OOM].signal_kill = &kill;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		refilter(f);
		option(f, "signal", cases[i].arg);
		if (filter_match(f->filter, &f->records[OOM], &f->header) != cases[i].matched)
			fail_msg("--signal %s", cases[i].arg);
	}
	f->records[OOM].signal_kill = NULL;
}

static void severities_are_those_of_json(void **state)
{
	static const struct expect cases[] = {
		{"severity", "ERROR", BIT(OOM) | BIT(LOST)},
		{"severity", "err,fatal", BIT(OOM) | BIT(LOST)},
		{"severity", "warn", BIT(SECCOMP)},
		{"severity", "!error", BIT(SECCOMP)},
		{"severity", "FATAL", 0},
		{"severity", "!info", BIT(OOM) | BIT(LOST) | BIT(SECCOMP)},
	};
	const unsigned looked_at = BIT(OOM) | BIT(LOST) | BIT(SECCOMP);
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		refilter(f);
		option(f, cases[i].name, cases[i].arg);
		assert_int_equal(matches(f) & looked_at, cases[i].matched);
	}
}

/* Of any architecture, and those that this libseccomp does not know yet. */
static void calls_of_all_architectures_are_known(void **state)
{
	static const char *const calls[] = {"keyctl",
					    "socketcall",
					    "s390_pci_mmio_read",
					    "riscv_flush_icache",
					    "cacheflush",
					    "arm_fadvise64_64",
					    "mseal",
					    "listns",
					    "uretprobe",
					    "READ",
					    "clone?",
					    "*"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		option(f, "syscall", calls[i]);
}

static void an_absent_field_matches_nothing(void **state)
{
	struct fixture *f = *state;
	const struct expect cases[] = {
		{"errno", "0", ALWAYS},     {"syscall", "0", ALWAYS},   {"pid", "0", ALWAYS},
		{"uid", "0", ALWAYS},       {"comm", "*", ALWAYS},      {"container", "*", ALWAYS},
		{"unit", "*", ALWAYS},      {"pod", "*", ALWAYS},       {"cgroup", "*", ALWAYS},
		{"namespace", "*", ALWAYS}, {"action", "KILL", ALWAYS},
	};

	f->kill = (Ringside__V1__OomKill)RINGSIDE__V1__OOM_KILL__INIT;
	f->denial = (Ringside__V1__SeccompDenial)RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	f->limited = (Ringside__V1__Limited)RINGSIDE__V1__LIMITED__INIT;
	check(f, cases, ARRAY_SIZE(cases));
}

static void an_errno_of_0_can_be_asked_for(void **state)
{
	struct fixture *f = *state;

	f->denial.error_number = 0;
	f->denial.error_name = NULL;
	option(f, "errno", "0");
	assert_int_equal(matches(f), BIT(SECCOMP) | ALWAYS);
}

static void one_option_twice_means_either_and_two_options_mean_both(void **state)
{
	struct fixture *f = *state;

	option(f, "comm", "nginx");
	option(f, "comm", "python3");
	assert_int_equal(matches(f), BIT(OOM) | BIT(SECCOMP) | ALWAYS);
	option(f, "uid", "33");
	assert_int_equal(matches(f), BIT(SECCOMP) | ALWAYS);
	option(f, "kind", "oom,seccomp");
	assert_int_equal(matches(f), BIT(SECCOMP) | BIT(LOST));
}

static void time_holds_for_all_but_the_header(void **state)
{
	struct fixture *f = *state;
	const unsigned late = BIT(LOST) | BIT(COUNTERS) | BIT(CLOCK) | BIT(FOOTER);

	option(f, "since", "2026-11-22 03:04:09"); /* the fourth second */
	assert_int_equal(matches(f), BIT(HEADER) | late);
	option(f, "until", "2026-11-22T03:04:10Z");
	assert_int_equal(matches(f), BIT(HEADER) | BIT(LOST) | BIT(COUNTERS));
	f->records[LOST].has_time_unix_nano = false;
	assert_int_equal(matches(f), BIT(HEADER) | BIT(COUNTERS));
}

/* A time that is copied from a line: what happened in that second, or millisecond, is meant. */
static void until_includes_what_its_digits_stand_for(void **state)
{
	static const struct {
		const char *until;
		bool matched;
	} cases[] = {
		{"2026-11-22 03:04:06", true},
		{"2026-11-22 03:04:05", false},
		{"2026-11-22 03:04:06.12", true},
		{"2026-11-22 03:04:06.123", true},
		{"2026-11-22 03:04:06.122", false},
		{"2026-11-22T03:04:06.123456Z", true},
		{"2026-11-22T03:04:06.123455Z", false},
		{"1795316646.123456", true},
		{"@1795316646", true},
		{"2026-11-22 03:04", false},
		{"boot+7.123", true},
		{"boot+7.122", false},
		{"boot+7", true},
	};
	struct fixture *f = *state;

	f->records[OOM].time_unix_nano = TIME + 1123456789;
	SET(&f->records[OOM], boottime_nano, 7123456789);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		refilter(f);
		option(f, "until", cases[i].until);
		if (filter_match(f->filter, &f->records[OOM], &f->header) != cases[i].matched)
			fail_msg("--until %s", cases[i].until);
	}
	refilter(f);
	option(f, "since", "2026-11-22 03:04:06.123");
	option(f, "until", "2026-11-22 03:04:06.123");
	assert_true(filter_match(f->filter, &f->records[OOM], &f->header));
}

static void relative_times_are_relative_to_now(void **state)
{
	struct fixture *f = *state;

	f->records[OOM].time_unix_nano = 1000000000;
	option(f, "since", "-1h");
	assert_false(filter_match(f->filter, &f->records[OOM], &f->header));
	refilter(f);
	option(f, "until", "now");
	assert_true(filter_match(f->filter, &f->records[OOM], &f->header));
}

static void a_wrong_value_gets_a_sentence_with_the_right_ones(void **state)
{
	static const struct {
		const char *name, *arg, *says;
	} cases[] = {
		{"kind", "ooms", "'ooms' is not a kind: did you mean oom?"},
		{"kind", "deny", "'deny' is not a kind: did you mean seccomp?"},
		{"kind", "KILL", "'KILL' is not a kind: did you mean oom,signal?"},
		{"kind", "sigkill", "'sigkill' is not a kind: did you mean signal?"},
		{"kind", "sig", "'sig' is not a kind: did you mean signal?"},
		{"kind", "oom,LOG", "'LOG' is not a kind: did you mean seccomp?"},
		{"kind", "INFO",
		 "'INFO' is not a kind: did you mean header,counters,footer,clock?"},
		{"kind", "whatever",
		 "'whatever' is not a kind: say header, oom, seccomp, counters, lost, footer, "
		 "limited, "
		 "clock"},
		{"kind", "", "'' is not a kind"},
		{"kind", "oom,", "'' is not a kind"},
		{"kind", "boottime_nano", "'boottime_nano' is not a kind"},
		{"pid", "12x", "'12x' is not a number"},
		{"pid", "-1", "'-1' is not a number"},
		{"pid", "4294967296", "'4294967296' is not a number from 0 to 4294967295"},
		{"uid", "www-data",
		 "'www-data' is a name: say its number, which `id -u www-data` tells"},
		{"uid", "x;reboot", "'x;reboot' is not a number"},
		{"uid", "", "'' is not a number"},
		{"syscall", "key ctl", "'key ctl' is not a system call"},
		{"syscall", "", "empty"},
		{"action", "DENY", "'DENY' is not an action: say KILL_PROCESS"},
		{"action", "UNSPECIFIED", "'UNSPECIFIED' is not an action"},
		{"action", "KILL_", "'KILL_' is not an action"},
		{"action", "SECCOMP_RET_", "'SECCOMP_RET_' is not an action"},
		{"errno", "EPREM", "'EPREM' is not an errno: did you mean EPERM?"},
		{"errno", "denied", "'denied' is not an errno: say EPERM or 1"},
		{"errno", "", "'' is not an errno"},
		{"syscall", "keyctll", "'keyctll' is not a system call: did you mean keyctl?"},
		{"syscall", "keyctl,Conect",
		 "'Conect' is not a system call: did you mean connect?"},
		{"syscall", "zzzzzzzz",
		 "'zzzzzzzz' is not a system call: say keyctl, clone* or 250"},
		{"syscall", "zz*", "'zz*' matches the name of no system call"},
		{"syscall", "!", "empty"},
		{"action", "ERNO", "'ERNO' is not an action: did you mean ERRNO?"},
		{"action", "kil", "'kil' is not an action: did you mean KILL?"},
		{"arch", "x86_46", "'x86_46' is not an architecture: did you mean x86_64?"},
		{"arch", "vax", "'vax' is not an architecture: say x86_64"},
		{"arch", "", "'' is not an architecture"},
		{"severity", "notice",
		 "'notice' is not a severity: say INFO, WARN, ERROR or FATAL"},
		{"signal", "SIGKIL", "'SIGKIL' is not a signal: did you mean SIGKILL?"},
		{"signal", "0", "'0' is not a signal: say SIGKILL or 9"},
		{"signal", "whatever", "'whatever' is not a signal"},
		{"kind", "!ooms", "'ooms' is not a kind: did you mean oom?"},
		{"container", "docker:4f0c1", "'docker:4f0c1': say at least 6 digits of the id"},
		{"container-id", "4f0c1", "'4f0c1': say at least 6 digits of the id"},
		{"pod", "podman-pod:12ab", "'podman-pod:12ab': say at least 6 digits of the id"},
		{"label", "=eu1", "is not a label: say cluster=eu1, or cluster"},
		{"label", "", "is not a label"},
		{"errno", "5000", "'5000' is not an errno"},
		{"unit", "a.service,user@1.service/b.service", "give the option once for each"},
		{"comm", "", "empty"},
		{"unit", "", "empty"},
		{"since", "soon", "'soon' is not a time: say \"2026-11-22 03:00\""},
		{"until", "1960-01-01", "'1960-01-01' is too early"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char error[256] = "";
		int r = filter_option(f->filter, opt_of(cases[i].name), cases[i].arg, error,
				      sizeof(error));

		assert_int_equal(r, -EINVAL);
		if (!strstr(error, cases[i].says))
			fail_msg("--%s %s: %s", cases[i].name, cases[i].arg, error);
	}
	assert_int_equal(matches(f) & BIT(OOM), BIT(OOM));
}

static void what_can_never_match_is_refused(void **state)
{
	struct fixture *f = *state;
	char error[256];

	option(f, "since", "2026-11-22");
	assert_int_equal(filter_option(f->filter, opt_of("until"), "2026-11-21", error,
				       sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "--since 2026-11-22 is later than --until 2026-11-21"));
}

static void too_many_values_are_refused(void **state)
{
	struct fixture *f = *state;
	char error[256];

	for (int i = 0; i < 64; i++)
		option(f, "comm", "x");
	assert_int_equal(filter_option(f->filter, opt_of("comm"), "x", error, sizeof(error)),
			 -EINVAL);
}

static void other_options_are_left_to_the_command(void **state)
{
	struct fixture *f = *state;
	char error[256];

	assert_int_equal(filter_option(f->filter, 'o', "json", error, sizeof(error)), -ENOENT);
}

static void a_filter_that_finds_no_memory_is_refused(void **state)
{
	struct fixture *f = *state;
	char error[64] = "";

	starve_at(1);
	assert_int_equal(filter_option(f->filter, 'u', "nginx", error, sizeof(error)), -ENOMEM);
	assert_true(starve_happened());
	assert_string_equal(error, "out of memory");
	starve_at(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_filter_lets_everything_pass),
		TEST(what_ringside_made_itself_has_to_be_asked_for),
		TEST(kinds_are_known_by_name_and_alias),
		TEST(a_loss_of_unknown_kind_may_be_of_any),
		TEST(the_host_is_the_headers),
		TEST(containers_are_the_victims),
		TEST(units_are_the_systems_unless_a_users_are_asked_for),
		TEST(names_with_numbers_and_dots_are_whole),
		TEST(processes_are_the_victims),
		TEST(calls_actions_and_errors_are_found_by_name_and_number),
		TEST(every_filter_takes_lists_and_negation),
		TEST(the_vocabulary_can_be_asked_for),
		TEST(labels_of_two_keys_must_both_fit),
		TEST(signals_are_found_by_name_and_number),
		TEST(severities_are_those_of_json),
		TEST(calls_of_all_architectures_are_known),
		TEST(an_absent_field_matches_nothing),
		TEST(an_errno_of_0_can_be_asked_for),
		TEST(one_option_twice_means_either_and_two_options_mean_both),
		TEST(time_holds_for_all_but_the_header),
		TEST(until_includes_what_its_digits_stand_for),
		TEST(relative_times_are_relative_to_now),
		TEST(a_wrong_value_gets_a_sentence_with_the_right_ones),
		TEST(what_can_never_match_is_refused),
		TEST(too_many_values_are_refused),
		TEST(other_options_are_left_to_the_command),
		TEST(a_filter_that_finds_no_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
