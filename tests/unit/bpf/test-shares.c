/* SPDX-License-Identifier: Apache-2.0 */
/* Shares as the programs make them, in this kernel: of cgroups that are seen by two CPUs at once,
 * of some that are gone, of more than there is room for. Needs root. */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "tests/lib/in-kernel.h"

#define CGROUP "ringside-kernel-shares"
#define ROUNDS 3000u
#define CPUS 2u

static const struct wire_share *share_at(const struct in_kernel *programs, uint32_t slot,
					 struct wire_share *to)
{
	assert_ok(bpf_map_lookup_elem(bpf_map__fd(programs->maps.rs_shares), &slot, to));
	return to;
}

static uint32_t slot_of(const struct in_kernel *programs, const struct wire_cgroup_key *key)
{
	struct wire_group group = {0};

	(void)bpf_map_lookup_elem(bpf_map__fd(programs->maps.rs_groups), key, &group);
	return group.slot;
}

/* Whether every count is that of the shares there are. */
static bool counts_are_right(const struct in_kernel *programs)
{
	struct wire_cgroup_key key, *last = NULL;
	static int32_t groups[WIRE_SHARE_SLOTS];
	struct wire_share share;
	bool right = true;

	memset(groups, 0, sizeof(groups));
	while (!bpf_map_get_next_key(bpf_map__fd(programs->maps.rs_groups), last, &key)) {
		uint32_t slot = slot_of(programs, &key);

		for (; slot != WIRE_SHARE_MACHINE; slot = share_at(programs, slot, &share)->parent)
			groups[slot]++;
		groups[WIRE_SHARE_MACHINE]++;
		last = &key;
	}
	last = NULL;
	while (!bpf_map_get_next_key(bpf_map__fd(programs->maps.rs_groups), last, &key)) {
		const uint32_t slot = slot_of(programs, &key);

		right = right && share_at(programs, slot, &share)->groups == groups[slot];
		last = &key;
	}
	return right &&
	       share_at(programs, WIRE_SHARE_MACHINE, &share)->groups == groups[WIRE_SHARE_MACHINE];
}

static void forget_all(const struct in_kernel *programs)
{
	const struct wire_share none = {0};
	const uint32_t machine = WIRE_SHARE_MACHINE;
	struct wire_cgroup_key key;

	while (!bpf_map_get_next_key(bpf_map__fd(programs->maps.rs_groups), NULL, &key)) {
		const uint32_t slot = slot_of(programs, &key);

		assert_ok(bpf_map_delete_elem(bpf_map__fd(programs->maps.rs_claims), &slot));
		assert_ok(bpf_map_delete_elem(bpf_map__fd(programs->maps.rs_groups), &key));
	}
	assert_ok(bpf_map_update_elem(bpf_map__fd(programs->maps.rs_shares), &machine, &none,
				      BPF_ANY));
}

struct race {
	const struct in_kernel *programs;
	uint64_t address;
	unsigned ready; /* threads that came to the start of a round, of all rounds */
	unsigned done;
};

static void meet(unsigned *count, unsigned round)
{
	__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < CPUS * (round + 1))
		(void)sched_yield(); /* the other may have to wait for this CPU */
}

static void run_round(struct race *race, unsigned round, unsigned cpu)
{
	const unsigned late = round % 64;

	meet(&race->ready, round);
	/* One of the two is a little late, each round by something else. */
	if (cpu == round / 64 % CPUS)
		for (volatile unsigned i = 0; i < 32 * late; i++)
			;
	(void)in_kernel_run(race->programs->progs.test_slot, race->address);
	meet(&race->done, round);
}

static void pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_ok(sched_setaffinity(0, sizeof(set), &set));
}

static void *other_cpu(void *data)
{
	pin(1);
	for (unsigned round = 0; round < ROUNDS; round++)
		run_round(data, round, 1);
	return NULL;
}

/* Each makes some of the shares of one path, and counts what it made itself. */
static void two_cpus_may_make_a_path_at_once(void **state)
{
	struct in_kernel *programs = *state;
	struct race race = {.programs = programs};
	unsigned wrong = 0;
	struct memcg memcg;
	pthread_t thread;

	assert_in_range(sysconf(_SC_NPROCESSORS_ONLN), CPUS, 4096);
	assert_ok(memcg_make(&memcg, CGROUP "/a/b/c/d/e/f"));
	race.address = cgroup_address(programs, &memcg);
	forget_all(programs);
	assert_ok(pthread_create(&thread, NULL, other_cpu, &race));
	pin(0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		run_round(&race, round, 0);
		wrong += !counts_are_right(programs);
		forget_all(programs);
	}
	assert_ok(pthread_join(thread, NULL));
	assert_ok(memcg_remove(&memcg));
	assert_int_equal(wrong, 0);
}

/* Nobody would ever take it away. */
static void what_is_gone_gets_no_share(void **state)
{
	struct in_kernel *programs = *state;
	struct memcg outer, inner;
	struct wire_share share;
	uint64_t alive, dead;
	int slot;

	assert_ok(memcg_make(&outer, CGROUP));
	assert_ok(memcg_make_child(&inner, &outer, "a/b"));
	alive = cgroup_address(programs, &outer);
	dead = cgroup_address(programs, &inner);
	assert_ok(memcg_remove(&inner));

	slot = in_kernel_run(programs->progs.test_slot, dead);
	assert_int_not_equal(slot, WIRE_SHARE_MACHINE);
	assert_int_equal(share_at(programs, (uint32_t)slot, &share)->address, alive);
	assert_true(counts_are_right(programs));
	assert_int_equal(in_kernel_run(programs->progs.test_slot, alive), slot);

	/* a row neither: what comes in for it is its parent's */
	assert_int_equal(in_kernel_run(programs->progs.test_sample, dead), 0);
	assert_int_equal(programs->bss->test_key.id, share.cgroup.id);
	assert_ok(memcg_remove(&outer));
}

/* Of a new cgroup, whose id goes to *ret_id. Returns whose the row is. */
static uint64_t sample_in(struct in_kernel *programs, const char *name, uint64_t *ret_id)
{
	struct memcg memcg;
	uint64_t address;

	assert_ok(memcg_make(&memcg, name));
	address = cgroup_address(programs, &memcg);
	assert_ok(in_kernel_run(programs->progs.test_sample, address));
	*ret_id = programs->bss->test_id;
	assert_ok(memcg_remove(&memcg));
	return programs->bss->test_key.id;
}

static uint64_t samples_of(const struct in_kernel *programs)
{
	const int fd = bpf_map__fd(programs->maps.rs_tcp);
	const int cpus = libbpf_num_possible_cpus();
	struct wire_cgroup_key key, *last = NULL;
	struct wire_tcp_row rows[64];
	uint64_t n = 0;

	assert_in_range(cpus, 1, ARRAY_SIZE(rows));
	for (; !bpf_map_get_next_key(fd, last, &key); last = &key) {
		assert_ok(bpf_map_lookup_elem(fd, &key, rows));
		for (int cpu = 0; cpu < cpus; cpu++)
			for (unsigned i = 0; i < WIRE_FILLS; i++)
				n += rows[cpu].receive.samples[i];
	}
	return n;
}

#define ROOM 64u

static int small_setup(void **state)
{
	static const struct wire_tcp_row none[64];
	const struct wire_cgroup_key others = {0};
	struct in_kernel *programs = in_kernel_open();

	programs->rodata->rs_tcp_room = ROOM;
	assert_ok(in_kernel__load(programs));
	/* as the streamer does it */
	assert_ok(bpf_map_update_elem(bpf_map__fd(programs->maps.rs_tcp), &others, none, BPF_ANY));
	*state = programs;
	return 0;
}

/* Of @n cgroups, PARENT/0 and so on. Returns how many got a row of their own; *ret_whose is
 * whose that of the last was. */
static unsigned sample_in_many(struct in_kernel *programs, const char *parent, unsigned n,
			       uint64_t *ret_whose)
{
	unsigned own = 0;
	char name[64];
	uint64_t id;

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%s/%u", parent, i);
		*ret_whose = sample_in(programs, name, &id);
		own += *ret_whose == id;
	}
	return own;
}

/* However many cgroups one makes below its own: those beyond its share are on its parent's account,
 * others get rows as before, and beyond all is the row of all others. */
static void rows_beyond_a_share_are_the_parents(void **state)
{
	struct in_kernel *programs = *state;
	uint64_t whose, id, parent;
	struct memcg outer;
	unsigned own;

	assert_ok(memcg_make(&outer, CGROUP));
	(void)cgroup_address(programs, &outer);
	parent = programs->bss->test_id;
	own = sample_in_many(programs, CGROUP, 2 * ROOM, &whose);
	assert_in_range(own, ROOM / 4, ROOM / 2);
	assert_int_equal(whose, parent);
	assert_int_equal(samples_of(programs), 2 * ROOM);

	whose = sample_in(programs, CGROUP "-beside", &id);
	assert_int_equal(whose, id);
	for (unsigned i = 0; i < ROOM; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), CGROUP "-%u", i);
		whose = sample_in(programs, name, &id);
	}
	assert_int_equal(whose, 0);
	assert_int_equal(samples_of(programs), 3 * ROOM + 1);
	assert_ok(memcg_remove(&outer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, in_kernel_setup, in_kernel_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_cpus_may_make_a_path_at_once),
		TEST(what_is_gone_gets_no_share),
		cmocka_unit_test_setup_teardown(rows_beyond_a_share_are_the_parents, small_setup,
						in_kernel_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
