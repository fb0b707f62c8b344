/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/side-streams.h"

#include "proto/base/util.h"
#include "tests/lib/test.h"

#define SECOND UINT64_C(1000000000)
#define OOM (UINT32_C(1) << RINGSIDE__V1__RECORD__BODY_OOM_KILL)
#define DENIAL (UINT32_C(1) << RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL)

/* A streamer whose events come once a second, from @from on. */
struct one {
	Ringside__V1__Header header;
	Ringside__V1__Probe probe, *probes[1];
	uint8_t id[SIDE_ID];
	uint64_t from;
};

static void make_one(struct one *one, char id, const char *boot, const char *kind, uint64_t from)
{
	*one = (struct one){.from = from};
	ringside__v1__header__init(&one->header);
	ringside__v1__probe__init(&one->probe);
	memset(one->id, id, sizeof(one->id));
	one->header.stream_id.data = one->id;
	one->header.stream_id.len = sizeof(one->id);
	one->header.boot_id = (char *)(uintptr_t)boot;
	one->probe.kind = (char *)(uintptr_t)kind;
	one->probe.has_tier = true;
	one->probe.tier = RINGSIDE__V1__TIER__TIER_FENTRY;
	one->probes[0] = &one->probe;
	one->header.probes = one->probes;
	one->header.n_probes = kind ? 1 : 0;
}

/* Its records from the @first second on, @n of them. Returns how many are left out. */
static unsigned read_some(struct side_streams *sides, const struct one *one, uint32_t kind,
			  uint64_t first, unsigned n)
{
	unsigned out = 0;

	side_streams_go_on(sides, &one->header);
	for (uint64_t second = first; second < first + n; second++) {
		uint64_t seq = second - one->from + 1, nano = second * SECOND;

		out += !side_streams_next(sides, seq, nano) &&
		       side_streams_take(sides, kind, seq, nano);
	}
	return out;
}

static void one_of_two_tells_of_each_moment(void **state)
{
	static struct one a, b;
	char text[512];

	make_one(&a, 'a', "boot", NULL, 100);
	make_one(&b, 'b', "boot", NULL, 150);
	/* one behind the other, in either order, or by turns as files are rotated */
	for (unsigned by = 0; by < 3; by++) {
		_cleanup_(side_streams_done) struct side_streams sides = {.one = true};
		unsigned out = 0;

		for (unsigned i = 0; i < 10 && by == 2; i++) {
			out += read_some(&sides, &a, OOM, 100 + 10 * i, 10);
			out += read_some(&sides, &b, OOM, 150 + 10 * i, 10);
		}
		if (by < 2) {
			out += read_some(&sides, by ? &b : &a, OOM, by ? 150 : 100, 100);
			out += read_some(&sides, by ? &a : &b, OOM, by ? 100 : 150, 100);
		}
		assert_int_equal(out, 50); /* 150 to 199 */
		assert_true(side_streams_tell(&sides, text, sizeof(text)));
		assert_non_null(strstr(text, "streams 61616161 and 62626262")
					?: strstr(text, "62626262 and 61616161"));
		assert_non_null(strstr(text, "50 left out"));
		assert_false(side_streams_tell(&sides, text, sizeof(text)));
	}
}

static void both_count_where_nothing_else_is_asked_for(void **state)
{
	_cleanup_(side_streams_done) struct side_streams sides = {0};
	static struct one a, b;
	char text[512];

	make_one(&a, 'a', "boot", NULL, 100);
	make_one(&b, 'b', "boot", NULL, 150);
	assert_int_equal(read_some(&sides, &a, OOM, 100, 100), 0);
	assert_int_equal(read_some(&sides, &b, OOM, 150, 100), 0);
	assert_true(side_streams_tell(&sides, text, sizeof(text)));
	assert_non_null(strstr(text, "for 49 s"));
	assert_non_null(strstr(text, "50 of them twice"));
}

static void what_the_other_has_no_probe_for_is_told(void **state)
{
	_cleanup_(side_streams_done) struct side_streams sides = {.one = true};
	static struct one a, b, other_boot, later;
	char text[512];

	make_one(&a, 'a', "boot", "oom_kill", 100);
	make_one(&b, 'b', "boot", "seccomp_denial", 100);
	make_one(&other_boot, 'c', "another", "oom_kill", 100);
	make_one(&later, 'd', "boot", "oom_kill", 200);
	assert_int_equal(read_some(&sides, &a, OOM, 100, 100), 0);
	assert_int_equal(read_some(&sides, &b, DENIAL, 100, 100), 0);
	assert_int_equal(read_some(&sides, &other_boot, OOM, 100, 100), 0);
	assert_int_equal(read_some(&sides, &later, OOM, 200, 100), 0);
	assert_false(side_streams_tell(&sides, text, sizeof(text)));
	assert_int_equal(read_some(&sides, &a, OOM, 150, 50), 0); /* its own time */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_two_tells_of_each_moment),
		cmocka_unit_test(both_count_where_nothing_else_is_asked_for),
		cmocka_unit_test(what_the_other_has_no_probe_for_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
