/* SPDX-License-Identifier: Apache-2.0 */
/* Whose limit it was, by what points at it, in memory cgroups that are laid out as those of this
 * kernel. Needs root. */
#include <stdbool.h>

#include "proto/base/util.h"
#include "tests/lib/in-kernel.h"

#define LEVELS 4u
#define UNLIMITED (INT64_MAX / 4096)
#define UNKNOWN (-1)

/* A limit far from reached. */
#define AMPLE                                                                                      \
	{                                                                                          \
		.usage = 100, .max = 10000                                                         \
	}

struct level {
	uint64_t usage, max; /* pages */
	uint64_t events;     /* how often this limit was hit */
	bool locked;
};

static bool put(const struct in_kernel *programs, uint32_t at, const struct level *level)
{
	const uint64_t args[] = {at, level->usage, level->max, level->events, level->locked};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	assert_ok(bpf_prog_test_run_opts(bpf_program__fd(programs->progs.test_memcg), &opts));
	return opts.retval;
}

/* @levels: from the root down to the victim's. */
static int guess(const struct in_kernel *programs, const struct level levels[LEVELS])
{
	for (uint32_t at = 0; at < LEVELS; at++)
		(void)put(programs, at, &levels[at]);
	return in_kernel_run(programs->progs.test_guess, 0);
}

static void nothing_points_at_any(void **state)
{
	struct level levels[LEVELS] = {{.usage = 5000, .max = UNLIMITED}, AMPLE, AMPLE, AMPLE};

	assert_int_equal(guess(*state, levels), UNKNOWN);
	levels[2].usage = levels[2].max * 7 / 8 - 1; /* not full enough */
	assert_int_equal(guess(*state, levels), UNKNOWN);
	levels[1].events = levels[3].events = 7; /* seen first now: it may be long ago */
	assert_int_equal(guess(*state, levels), UNKNOWN);
}

static void the_one_with_the_least_room_is_it(void **state)
{
	struct level levels[LEVELS] = {{.usage = UNLIMITED - 1, .max = UNLIMITED},
				       {.usage = 9990, .max = 10000},
				       {.usage = 9995, .max = 10000},
				       {.usage = 9800, .max = 10000}};

	assert_int_equal(guess(*state, levels), 2);
	levels[1].usage = 10001; /* charged beyond it, as a task that dies may */
	assert_int_equal(guess(*state, levels), 1);
	/* a small one is full only up to half of it, however many CPUs hold pages in stock */
	levels[1] = levels[2] = (struct level)AMPLE;
	levels[3] = (struct level){.usage = 49, .max = 100};
	assert_int_equal(guess(*state, levels), UNKNOWN);
	levels[3].usage = 51;
	assert_int_equal(guess(*state, levels), 3);
}

static void the_one_whose_limit_was_hit_since_is_it(void **state)
{
	struct level levels[LEVELS] = {AMPLE,
				       {.usage = 100, .max = 10000, .events = 5},
				       AMPLE,
				       {.usage = 100, .max = 100}};

	assert_int_equal(guess(*state, levels), 3);
	levels[1].events++;
	assert_int_equal(guess(*state, levels), 1);
	assert_int_equal(guess(*state, levels), 3); /* that was the kill before */
	levels[2].events = 1;                       /* the first ever */
	assert_int_equal(guess(*state, levels), 2);
	levels[1].events++;
	levels[2].events++; /* one of the two may be of a kill that nobody looked at */
	assert_int_equal(guess(*state, levels), 3);
	levels[3].usage = 0;
	assert_int_equal(guess(*state, levels), UNKNOWN);
}

static void the_topmost_that_is_locked_is_it(void **state)
{
	struct level levels[LEVELS] = {{.usage = 100, .max = UNLIMITED},
				       {.usage = 100, .max = 10000, .locked = true},
				       {.usage = 100, .max = 10000, .locked = true, .events = 1},
				       {.usage = 100, .max = 100, .locked = true}};
	/* since 6.12 only with CONFIG_MEMCG_V1 */
	const bool kernel_locks = put(*state, 0, &levels[0]);

	assert_int_equal(guess(*state, levels), kernel_locks ? 1 : 2);
	levels[1].locked = levels[2].locked = levels[3].locked = false;
	assert_int_equal(guess(*state, levels), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, in_kernel_setup, in_kernel_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_points_at_any),
		TEST(the_one_with_the_least_room_is_it),
		TEST(the_one_whose_limit_was_hit_since_is_it),
		TEST(the_topmost_that_is_locked_is_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
