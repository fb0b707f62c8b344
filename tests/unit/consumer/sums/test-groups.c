/* SPDX-License-Identifier: Apache-2.0 */
/* However much runs on a machine, /metrics has few series of it, and nothing is missing in them. */
#include "consumer/sums/groups.h"

#include "consumer/base/packed-texts.h"
#include "consumer/serve/metrics.h"
#include "tests/lib/ledger-fixture.h"
#include "tests/lib/writer-fixture.h"

#define _cleanup_ledger_ _cleanup_(ledger_done)
#define AT(second) ((REAL_ZERO + (second)) * SECOND)
#define S(s) ((char *)(s))

#define CONTAINERS 1000u
#define NAMESPACES 100u /* and as many units, of every third container */
#define STREAMS 20u

static char *const kinds[] = {S("oom_kill"),  S("seccomp_denial"), S("signal_kill"),
			      S("tcp_queue"), S("bpf_object"),     S("of_a_newer_version")};
#define KINDS ARRAY_SIZE(kinds)

/* The @n-th container of a machine, in a namespace or a unit. */
struct place {
	Ringside__V1__Container container;
	char name[32], namespace[32], unit[32], path[64];
};

static void fill_place(struct place *place, unsigned n)
{
	Ringside__V1__Container *c = &place->container;

	*c = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	(void)snprintf(place->name, sizeof(place->name), "c%u", n);
	(void)snprintf(place->namespace, sizeof(place->namespace), "ns%u", n % NAMESPACES);
	(void)snprintf(place->unit, sizeof(place->unit), "u%u.service", n % NAMESPACES);
	(void)snprintf(place->path, sizeof(place->path), "/pods/%u", n);
	c->container_name = place->name;
	c->cgroup_path = place->path;
	c->cgroup_id = n + 1;
	if (n % 3)
		c->namespace_name = place->namespace;
	else
		c->systemd_unit = place->unit;
}

static void take_row(struct ledger *ledger, struct fixture_stream *stream, uint64_t second,
		     Ringside__V1__CounterRow *row)
{
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	counters.part = counters.parts = 1;
	counters.n_rows = 1;
	counters.rows = &row;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	fixture_take(ledger, stream, &record, second);
}

/* A row of each kind, of which @n + 1 were seen. */
static void take_rows(struct ledger *ledger, struct fixture_stream *stream, unsigned n)
{
	Ringside__V1__QueueFill fill = RINGSIDE__V1__QUEUE_FILL__INIT;
	Ringside__V1__TcpQueue queue = RINGSIDE__V1__TCP_QUEUE__INIT;
	Ringside__V1__BpfMap map = RINGSIDE__V1__BPF_MAP__INIT;
	Ringside__V1__BpfObject object = RINGSIDE__V1__BPF_OBJECT__INIT;
	struct place place;

	fill_place(&place, n);
	fill.max_bytes = fill.max_buffer_bytes = n + 1;
	queue.receive = queue.send = &fill;
	object.has_id = true;
	object.id = n;
	object.map = &map;
	for (unsigned k = 0; k < KINDS; k++) {
		Ringside__V1__CounterRow row = RINGSIDE__V1__COUNTER_ROW__INIT;

		row.kind = kinds[k];
		row.container = &place.container;
		row.count = n + 1;
		row.has_action = k == 1;
		row.action = 1 + n % 7;
		row.tcp_queue = k == 3 ? &queue : NULL;
		row.bpf_object = k == 4 ? &object : NULL;
		take_row(ledger, stream, 100 + n / 100, &row);
	}
}

/* With sums, losses and all that a stream tells of a kind. */
static void take_sums(struct ledger *ledger, struct fixture_stream *stream, uint64_t second)
{
	Ringside__V1__CpuCounters cpu = RINGSIDE__V1__CPU_COUNTERS__INIT, *cpus[] = {&cpu};
	Ringside__V1__ProbeSums sums[KINDS], *all[KINDS];
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__StreamerCost cost = RINGSIDE__V1__STREAMER_COST__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	for (unsigned k = 0; k < KINDS; k++) {
		sums[k] = (Ringside__V1__ProbeSums)RINGSIDE__V1__PROBE_SUMS__INIT;
		sums[k].kind = kinds[k];
		sums[k].n_cpus = 1;
		sums[k].cpus = cpus;
		sums[k].has_missed_runs = true;
		all[k] = &sums[k];
	}
	cost.has_user_cpu_nano = cost.has_anonymous_bytes = cost.has_map_bytes = true;
	counters.part = counters.parts = 1;
	counters.n_probes = KINDS;
	counters.probes = all;
	counters.has_kernel_oom_kills = true;
	counters.cost = &cost;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	fixture_take(ledger, stream, &record, second);
}

static void take_losses(struct ledger *ledger, struct fixture_stream *stream, uint64_t second)
{
	for (unsigned k = 0; k < KINDS - 1; k++) {
		for (int reason = 1; reason <= 5; reason++) {
			Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
			Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

			lost.has_reason = true;
			lost.reason = (Ringside__V1__Lost__Reason)reason;
			lost.kind = kinds[k];
			lost.has_count = true;
			lost.count = 1;
			record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
			record.lost = &lost;
			fixture_take(ledger, stream, &record, second);
		}
	}
}

static const char *page_of(struct writer *writer, const struct ledger *ledger, bool per_container)
{
	const struct metrics_server server = {.per_container = per_container};
	struct prometheus e = {.writer = writer};

	metrics_write(&e, ledger, &server, AT(131));
	return fixture_written(writer);
}

static unsigned count_samples(const char *page)
{
	unsigned n = 0;

	for (const char *line = page; *line; line = strchr(line, '\n') + 1)
		n += *line != '#';
	return n;
}

/* The sum over all samples of a family. */
static uint64_t sum_of(const char *page, const char *family)
{
	const size_t size = strlen(family);
	uint64_t sum = 0;

	for (const char *line = page; *line; line = strchr(line, '\n') + 1)
		if (!strncmp(line, family, size) && (line[size] == '{' || line[size] == ' '))
			sum += strtoull(strchr(strchr(line, '}') ? strchr(line, '}') : line, ' '),
					NULL, 10);
	return sum;
}

static void a_machine_of_any_size_has_few_series(void **state)
{
	_cleanup_(fixture_writer_free) struct writer *writer = fixture_writer();
	_cleanup_ledger_ struct ledger ledger;
	struct fixture_stream streams[STREAMS];
	const uint64_t all = (uint64_t)CONTAINERS * (CONTAINERS + 1) / 2;
	const char *page;

	ledger_init(&ledger, 50000);
	for (unsigned i = 0; i < STREAMS; i++) {
		streams[i] = fixture_stream((uint8_t)(i + 1));
		fixture_header(&ledger, &streams[i], 99);
	}
	take_sums(&ledger, &streams[0], 100);
	take_losses(&ledger, &streams[0], 100);
	for (unsigned n = 0; n < CONTAINERS; n++)
		take_rows(&ledger, &streams[0], n);
	for (unsigned i = 1; i < STREAMS; i++)
		take_sums(&ledger, &streams[i], 130);
	page = page_of(writer, &ledger, false);
	assert_in_range(count_samples(page), 100, METRICS_FEW);
	assert_int_equal(sum_of(page, "ringside_oom_kills_total"), all);
	assert_int_equal(sum_of(page, "ringside_seccomp_denials_total"), all);
	assert_int_equal(sum_of(page, "ringside_of_a_newer_versions_total"), all);
	assert_non_null(strstr(page, "\nringside_oom_kills_total{namespace=\"ns1\"} "));
	assert_non_null(strstr(page, "\nringside_oom_kills_total{unit=\"u0.service\"} "));
	assert_non_null(strstr(page, "\nringside_oom_kills_total{others=\"true\"} "));
	assert_null(strstr(page, "container=\""));
	assert_null(strstr(page, "cgroup=\""));
}

/* And each has its own, for who wants them. */
static void who_asks_has_all(void **state)
{
	_cleanup_(fixture_writer_free) struct writer *writer = fixture_writer();
	_cleanup_ledger_ struct ledger ledger;
	struct fixture_stream stream = fixture_stream(1);
	const char *page;

	ledger_init(&ledger, 50000);
	fixture_header(&ledger, &stream, 99);
	for (unsigned n = 0; n < 60; n++)
		take_rows(&ledger, &stream, n);
	page = page_of(writer, &ledger, true);
	assert_true(count_samples(page) > 60 * 10);
	assert_int_equal(sum_of(page, "ringside_oom_kills_total"), 60 * 61 / 2);
	assert_null(strstr(page, "others=\"true\""));
}

static Ringside__V1__CounterRow row_of(Ringside__V1__Container *container)
{
	Ringside__V1__CounterRow row = RINGSIDE__V1__COUNTER_ROW__INIT;

	row.container = container;
	return row;
}

static void a_pods_unit_is_not_told_beside_its_namespace(void **state)
{
	struct groups groups = {0};
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;
	Ringside__V1__CounterRow row = row_of(&container);
	const struct group *group;

	container.namespace_name = S("shop");
	container.systemd_unit = S("k3s.service");
	group = groups_get(&groups, 0, &row, 1);
	assert_string_equal(packed_texts_get(group->text, GROUP_NAMESPACE), "shop");
	assert_string_equal(packed_texts_get(group->text, GROUP_UNIT), "");
	container.namespace_name = S("");
	assert_string_equal(packed_texts_get(groups_get(&groups, 0, &row, 1)->text, GROUP_UNIT),
			    "k3s.service");
	row.container = NULL;
	assert_string_equal(packed_texts_get(groups_get(&groups, 0, &row, 1)->text, GROUP_UNIT),
			    "");
	assert_int_equal(groups.n[0], 3);
	assert_int_equal(groups.n[1], 0);
	groups_done(&groups);
}

/* Units that come and go, as those of timers do. */
static void one_that_is_gone_for_long_makes_room(void **state)
{
	struct groups groups = {0};
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;
	Ringside__V1__CounterRow row = row_of(&container);
	struct group *group, *others;
	char unit[32];

	container.systemd_unit = unit;
	for (unsigned i = 0; i < GROUPS_MAX - 1; i++) {
		(void)snprintf(unit, sizeof(unit), "run-%u.service", i);
		group = groups_get(&groups, 0, &row, SECOND * (1000 + i));
		assert_string_equal(packed_texts_get(group->text, GROUP_UNIT), unit);
		group->refs = i == 0; /* this one lives */
	}
	(void)snprintf(unit, sizeof(unit), "late.service");
	others = groups_get(&groups, 0, &row, SECOND * 1100);
	assert_string_equal(packed_texts_get(others->text, GROUP_OTHERS), "true");
	assert_ptr_equal(groups_get(&groups, 0, &row, SECOND * 1600), others);
	group = groups_get(&groups, 0, &row, SECOND * 1601);
	assert_string_equal(packed_texts_get(group->text, GROUP_UNIT), unit);
	(void)snprintf(unit, sizeof(unit), "run-0.service");
	assert_int_equal(groups_get(&groups, 0, &row, SECOND * 9000)->refs, 1);
	(void)snprintf(unit, sizeof(unit), "run-1.service"); /* it was the oldest that was gone */
	assert_ptr_equal(groups_get(&groups, 0, &row, SECOND * 1601), others);
	assert_int_equal(groups.n[0], GROUPS_MAX);
	groups_done(&groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_of_any_size_has_few_series),
		cmocka_unit_test(who_asks_has_all),
		cmocka_unit_test(a_pods_unit_is_not_told_beside_its_namespace),
		cmocka_unit_test(one_that_is_gone_for_long_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
