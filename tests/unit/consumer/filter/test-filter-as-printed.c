/* SPDX-License-Identifier: Apache-2.0 */
/* A property: what we print of whose an event is, as a filter finds just that. */
#include "consumer/filter/filter.h"
#include "consumer/stats/toplist.h"
#include "tests/lib/words-fixture.h"

static struct filter *make_filter(const char *name, const char *arg)
{
	char error[256] = "";
	struct filter *filter;

	assert_ok(filter_new(&filter));
	for (size_t i = 0; filter_options[i].name; i++) {
		if (strcmp(filter_options[i].name, name) != 0)
			continue;
		if (filter_option(filter, filter_options[i].opt, arg, error, sizeof(error)))
			fail_msg("--%s %s: %s", name, arg, error);
		return filter;
	}
	fail_msg("no option --%s", name);
	return NULL;
}

static bool passes(const struct filter *filter, Ringside__V1__Container *c)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;

	denial.container = c;
	record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	record.seccomp_denial = &denial;
	return filter_match(filter, &record, NULL);
}

/* The same words, or what stands behind a "/" in it. */
static bool is_in(const char *text, const char *words)
{
	size_t size = strlen(words);

	return strncmp(text, words, size) == 0 && (!text[size] || text[size] == '/');
}

static void words_of_lines_find_just_what_they_stand_for(void **state)
{
	struct cases *cases = *state;

	for (size_t i = 0; i < cases->n; i++) {
		_cleanup_(filter_freep) struct filter *filter =
			make_filter("container", cases->texts[i]);

		for (size_t j = 0; j < cases->n; j++)
			if (passes(filter, &cases->list[j]) !=
			    is_in(cases->texts[j], cases->texts[i]))
				fail_msg("--container %s and %s", cases->texts[i],
					 cases->list[j].cgroup_path);
	}
}

/* Where two rows would be the same, and so have whole ids. */
static void words_of_stats_find_just_what_they_stand_for(void **state)
{
	struct cases *cases = *state;

	for (size_t i = 0; i < cases->n; i++) {
		struct toplist_row row = {0}, other = {0};
		const struct toplist_row *rows[] = {&row, &other};
		char name[TOPLIST_SHOWN_NAME];
		size_t at;
		const char *rest = text_id_rest(&cases->list[i], cases->texts[i], &at);

		if (!*rest)
			continue;
		(void)snprintf(row.name, sizeof(row.name), "%s", cases->texts[i]);
		(void)snprintf(row.rest, sizeof(row.rest), "%s", rest);
		row.rest_at = (uint16_t)at;
		other = row;
		_cleanup_(filter_freep) struct filter *filter =
			make_filter("container", toplist_name(rows, 2, 0, name));

		for (size_t j = 0; j < cases->n; j++) {
			const char *id = cases->list[j].id, *pod = cases->list[j].podman_pod_id;
			bool same = is_in(cases->texts[j], cases->texts[i]) &&
				    strstr(text_has(id) ? id : pod, rest);

			if (passes(filter, &cases->list[j]) != same)
				fail_msg("--container %s and %s", name, cases->list[j].cgroup_path);
		}
	}
}

static void finds(const char *option, const char *arg, Ringside__V1__Container *c)
{
	_cleanup_(filter_freep) struct filter *filter = NULL;

	if (!text_has(arg))
		return;
	filter = make_filter(option, arg);
	if (!passes(filter, c))
		fail_msg("--%s %s does not find %s", option, arg, c->cgroup_path);
}

static void fields_of_json_and_units_of_lines_are_found(void **state)
{
	struct cases *cases = *state;

	for (size_t i = 0; i < cases->n; i++) {
		Ringside__V1__Container *c = &cases->list[i];

		finds("container", c->id, c);
		finds("pod", c->pod_uid, c);
		finds("pod", c->podman_pod_id, c);
		finds("pod", c->ecs_task_id, c);
		finds("unit", c->systemd_unit, c);
		finds("unit", c->systemd_slice, c);
		finds("user-unit", c->systemd_user_unit, c);
		finds("user-unit", c->systemd_user_slice, c);
		finds("cgroup", c->cgroup_path, c);
		if (text_has(c->systemd_unit) && strncmp(cases->texts[i], "nspawn:", 7) != 0 &&
		    strncmp(cases->texts[i], "slurm:", 6) != 0 &&
		    strncmp(cases->texts[i], "pbs:", 4) != 0)
			finds("unit", cases->texts[i], c);
		if (!text_has(c->id) && (text_has(c->pod_uid) || text_has(c->podman_pod_id)))
			finds("pod", cases->texts[i], c);
	}
}

static void pods_are_found_as_they_are_printed(void **state)
{
	static const struct {
		const char *option, *arg;
		bool found;
	} rows[] = {
		{"container", "shop/web-7f9/app", true},
		{"container", "shop/web-7f9", true},
		{"container", "shop/*/app", true},
		{"container", "shop", false},
		{"container", "shop/web", false},
		{"container", "containerd:4f0c1e2d3b4a", true},
		{"container", "containerd:" ID, true},
		{"container", "docker:" ID, false},
		{"container", "other,app", true},
		{"container", "shop/db/app,shop/web-7f9/app", true},
		{"pod", "shop/web-7f9", true},
		{"pod", "shop/web-*", true},
		{"pod", "shop/web-7f9/app", true},
		{"pod", "prod/web-7f9", false},
		{"pod", "pod:" POD_UID, true},
		{"pod", "db,web-7f9", true},
		{"namespace", "shop,x", true},
		{"namespace", "x,y", false},
	};
	Ringside__V1__Container c;

	in_pod(&c, "app");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(filter_freep) struct filter *filter =
			make_filter(rows[i].option, rows[i].arg);

		if (passes(filter, &c) != rows[i].found)
			fail_msg("--%s %s", rows[i].option, rows[i].arg);
	}
}

/* Whoever has a unit can call a cgroup in it after any container. */
static void a_pattern_finds_none_that_is_elsewhere(void **state)
{
	static const char *const patterns[] = {"docker:*", "docker:46c*", "podman:46c1877ea1fd*",
					       "lxc:w?b", "nspawn:*"};
	struct cases *cases = *state;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		_cleanup_(filter_freep) struct filter *filter =
			make_filter("container", patterns[i]);
		size_t size = strcspn(patterns[i], ":") + 1;

		for (size_t j = 0; j < cases->n; j++)
			if (passes(filter, &cases->list[j]) &&
			    strncmp(cases->texts[j], patterns[i], size) != 0)
				fail_msg("--container %s and %s", patterns[i],
					 cases->list[j].cgroup_path);
	}
}

/* As systemctl takes them (unit_name_mangle). */
static void units_are_called_as_systemctl_takes_them(void **state)
{
	static const struct {
		const char *arg, *unit;
	} rows[] = {
		{"/mnt/x", "mnt-x.mount"},
		{"/mnt/x/", "mnt-x.mount"},
		{"//mnt//x", "mnt-x.mount"},
		{"/", "-.mount"},
		{"/mnt/a b-c", "mnt-a\\x20b\\x2dc.mount"},
		{"/.snap", "\\x2esnap.mount"},
		{"/dev/sda1", "dev-sda1.device"},
		{"mnt-x.mount", "mnt-x.mount"},
		{"my service", "my\\x20service.service"},
		{"nginx,redis", "redis.service"},
		{"nginx,redis", "nginx.service"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		Ringside__V1__Container c = RINGSIDE__V1__CONTAINER__INIT;

		c.systemd_unit = S(rows[i].unit);
		finds("unit", rows[i].arg, &c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_lines_find_just_what_they_stand_for),
		cmocka_unit_test(words_of_stats_find_just_what_they_stand_for),
		cmocka_unit_test(fields_of_json_and_units_of_lines_are_found),
		cmocka_unit_test(pods_are_found_as_they_are_printed),
		cmocka_unit_test(a_pattern_finds_none_that_is_elsewhere),
		cmocka_unit_test(units_are_called_as_systemctl_takes_them),
	};

	return cmocka_run_group_tests(tests, cases_setup, cases_teardown);
}
