/* SPDX-License-Identifier: Apache-2.0 */
/* A property: no two containers, units or jobs read alike. */
#include "consumer/stats/stats.h"
#include "tests/lib/words-fixture.h"

static bool begins_alike(const Ringside__V1__Container *a, const Ringside__V1__Container *b)
{
	const char *p = text_has(a->id) ? a->id : a->podman_pod_id;
	const char *q = text_has(b->id) ? b->id : b->podman_pod_id;

	return text_has(p) && text_has(q) && strcmp(p, q) != 0 && strncmp(p, q, 12) == 0;
}

/* Random ids of the machine's own runtimes are cut at 12 digits, and nothing else is. */
static void no_two_read_alike(void **state)
{
	struct cases *cases = *state;
	unsigned cut = 0;

	for (size_t i = 0; i < cases->n; i++) {
		for (size_t j = 0; j < i; j++) {
			const Ringside__V1__Container *a = &cases->list[i], *b = &cases->list[j];

			if (strcmp(cases->texts[i], cases->texts[j]) != 0)
				continue;
			if (begins_alike(a, b) && !text_has(a->nested) &&
			    !text_has(a->systemd_unit) && ++cut)
				continue;
			fail_msg("%s and %s are both %s", a->cgroup_path, b->cgroup_path,
				 cases->texts[i]);
		}
	}
	/* of the machine's: docker's two, and podman's two pods */
	assert_int_equal(cut, 2);
}

static void add_event(struct stats *stats, Ringside__V1__Container *c)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;

	kill.victim_container = c;
	record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	record.oom_kill = &kill;
	assert_ok(stats_add(stats, NULL, &record));
}

static void check_rows(const struct toplist *list, size_t n)
{
	const struct toplist_row *rows[CASES_MAX];
	static char names[CASES_MAX][TOPLIST_SHOWN_NAME];

	/* those of the deepest cgroups found no room */
	assert_int_equal(2 * list->n + list->others.delivered, 2 * n);
	assert_true(list->n > 350);
	n = list->n;
	for (size_t i = 0; i < n; i++)
		rows[i] = &list->rows[i];
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i]->count.delivered, 2);
		(void)toplist_name(rows, n, i, names[i]);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(names[i], names[j]))
				fail_msg("two rows are %s", names[i]);
	}
}

static void no_two_are_one_row_or_read_alike_in_stats(void **state)
{
	struct cases *cases = *state;
	_cleanup_(stats_freep) struct stats *stats = NULL;

	assert_ok(stats_new(&stats));
	for (size_t i = 0; i < 2 * cases->n; i++)
		add_event(stats, &cases->list[i % cases->n]);
	check_rows(stats->lists[STATS_CONTAINERS], cases->n);
	check_rows(stats->lists[STATS_OF_KINDS + KIND_oom_kill], cases->n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_read_alike),
		cmocka_unit_test(no_two_are_one_row_or_read_alike_in_stats),
	};

	return cmocka_run_group_tests(tests, cases_setup, cases_teardown);
}
