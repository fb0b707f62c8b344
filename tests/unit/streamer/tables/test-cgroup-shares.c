/* SPDX-License-Identifier: Apache-2.0 */
/* What wire-share.h promises, with trees of cgroups as they are made; and that all is given back.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "bpf/wire/wire.h"
#include "streamer/tables/cgroup-shares.h"
#include "tests/lib/test.h"

#define PROBE WIRE_SECCOMP_DENIAL
#define ROWS 8192

struct tree {
	struct wire_share shares[WIRE_SHARE_SLOTS];
	uint32_t n;
};

static int tree_setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	tree->n = 1;
	*state = tree;
	return 0;
}

static int tree_teardown(void **state)
{
	free(*state);
	return 0;
}

/* As share.bpf.h does it, from the top down. */
static int64_t room_below(const struct tree *tree, uint32_t slot)
{
	const struct wire_share *share = &tree->shares[slot];

	if (slot == WIRE_SHARE_MACHINE)
		return (int64_t)WIRE_SHARES - share->groups;
	return wire_share_room(room_below(tree, share->parent), share->groups);
}

/* A cgroup below @parent; 0: there is no room. */
static uint32_t make(struct tree *tree, uint32_t parent)
{
	if (room_below(tree, parent) < 1)
		return 0;
	assert_true(tree->n < WIRE_SHARE_SLOTS);
	tree->shares[tree->n] = (struct wire_share){.parent = parent};
	for (uint32_t slot = tree->n;; slot = tree->shares[slot].parent) {
		tree->shares[slot].groups++;
		if (slot == WIRE_SHARE_MACHINE)
			break;
	}
	return tree->n++;
}

/* Likewise, from below. */
static bool add_row(struct tree *tree, uint32_t slot)
{
	int64_t needed = wire_share_needed(1, tree->shares[slot].own[PROBE]);
	uint32_t at = slot;

	for (; at != WIRE_SHARE_MACHINE; at = tree->shares[at].parent)
		needed = wire_share_needed(needed, tree->shares[at].rows[PROBE]);
	if (needed + tree->shares[at].rows[PROBE] > ROWS)
		return false;
	tree->shares[slot].own[PROBE]++;
	for (at = slot;; at = tree->shares[at].parent) {
		tree->shares[at].rows[PROBE]++;
		if (at == WIRE_SHARE_MACHINE)
			return true;
	}
}

/* The parent of containers: so many levels deep. */
static uint32_t descend(struct tree *tree, unsigned levels)
{
	uint32_t at = WIRE_SHARE_MACHINE;

	while (levels--) {
		at = make(tree, at);
		assert_true(at);
	}
	return at;
}

static unsigned greedy(struct tree *tree, uint32_t container)
{
	unsigned n = 0;

	while (make(tree, container))
		n++;
	return n;
}

/* Docker's are at the second level, below system.slice or docker. */
static void containers_find_a_place_beside_one_that_takes_all(void **state)
{
	struct tree *tree = *state;
	const uint32_t docker = descend(tree, 1), hostile = make(tree, docker);

	assert_true(greedy(tree, hostile) > 100);
	for (unsigned i = 0; i < WIRE_CONTAINERS; i++)
		assert_true(make(tree, docker));
}

static void and_it_finds_one_beside_them(void **state)
{
	struct tree *tree = *state;
	const uint32_t docker = descend(tree, 1);

	for (unsigned i = 0; i < WIRE_CONTAINERS; i++)
		assert_true(make(tree, docker));
	assert_true(greedy(tree, make(tree, docker)) > 100);
	assert_true(make(tree, docker));
}

/* kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod….slice/….scope: of a pod with two
 * containers and its own, which have four cgroups, as many as a node has at most. */
static void pods_find_theirs(void **state)
{
	struct tree *tree = *state;
	const uint32_t burstable = descend(tree, 2), hostile = make(tree, make(tree, burstable));
	const unsigned taken = greedy(tree, hostile);

	assert_in_range(taken, 50, 256);
	for (unsigned i = 0; i < 110; i++) {
		const uint32_t pod = make(tree, burstable);

		assert_true(pod);
		for (unsigned k = 0; k < 3; k++)
			assert_true(make(tree, pod));
	}
	assert_true(make(tree, burstable));
}

/* One after the other takes half of what is left. */
static void several_that_take_all_leave_something(void **state)
{
	struct tree *tree = *state;
	const uint32_t docker = descend(tree, 1);
	unsigned before = WIRE_SHARES;

	for (unsigned i = 0; i < 5; i++) {
		const unsigned taken = greedy(tree, make(tree, docker));

		assert_in_range(taken, 1, before);
		before = taken;
	}
	assert_true(make(tree, docker));
	assert_true(make(tree, WIRE_SHARE_MACHINE));
}

/* Cgroups of its own do not bring it more rows. */
static void a_subtree_has_one_share_of_rows(void **state)
{
	struct tree *tree = *state;
	const uint32_t docker = descend(tree, 1), one = make(tree, docker);
	unsigned alone = 0, together = 0;
	bool more = true;

	while (add_row(tree, one))
		alone++;
	for (unsigned i = 0; i < alone; i++)
		cgroup_shares_free_row(tree->shares, one, PROBE);
	for (uint32_t slot = 0; slot < tree->n; slot++)
		assert_int_equal(tree->shares[slot].rows[PROBE] | tree->shares[slot].own[PROBE], 0);
	for (unsigned i = 0; i < 32; i++)
		assert_true(make(tree, one));
	while (more) {
		more = false;
		for (uint32_t slot = one + 1; slot < tree->n; slot++)
			if (add_row(tree, slot)) {
				together++;
				more = true;
			}
	}
	assert_in_range(alone, ROWS / 10, ROWS / 8);
	assert_in_range(together, alone, 2 * alone + 1);
	/* a newcomer's */
	for (unsigned i = 0; i < 200; i++)
		assert_true(add_row(tree, make(tree, docker)));
}

static void what_is_gone_is_given_back(void **state)
{
	struct tree *tree = *state;
	const uint32_t docker = descend(tree, 1), one = make(tree, docker), two = make(tree, one);

	assert_true(add_row(tree, one));
	assert_true(add_row(tree, two));
	assert_true(add_row(tree, two));
	assert_true(cgroup_shares_has_children(tree->shares, one));
	assert_false(cgroup_shares_has_children(tree->shares, two));
	cgroup_shares_free_row(tree->shares, two, PROBE);
	assert_int_equal(tree->shares[WIRE_SHARE_MACHINE].rows[PROBE], 2);
	cgroup_shares_free(tree->shares, two); /* with the row that is left */
	assert_int_equal(tree->shares[WIRE_SHARE_MACHINE].rows[PROBE], 1);
	assert_int_equal(tree->shares[one].rows[PROBE], 1);
	assert_int_equal(tree->shares[docker].groups, 2);
	assert_false(cgroup_shares_has_children(tree->shares, one));
	cgroup_shares_free(tree->shares, one);
	cgroup_shares_free(tree->shares, docker);
	assert_int_equal(tree->shares[WIRE_SHARE_MACHINE].rows[PROBE], 0);
	assert_int_equal(tree->shares[WIRE_SHARE_MACHINE].groups, 0);
}

#define test_with_tree(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_tree(containers_find_a_place_beside_one_that_takes_all),
		test_with_tree(and_it_finds_one_beside_them),
		test_with_tree(pods_find_theirs),
		test_with_tree(several_that_take_all_leave_something),
		test_with_tree(a_subtree_has_one_share_of_rows),
		test_with_tree(what_is_gone_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
