/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups of all runtimes in all kinds of places, each another identity, with their words. */
#pragma once

#include <stdio.h>

#include "consumer/base/arena.h"
#include "consumer/text/phrases.h"
#include "tests/lib/text-fixture.h"

#define CASES_MAX 512

struct cases {
	size_t n;
	struct arena arena;
	Ringside__V1__Container list[CASES_MAX];
	char texts[CASES_MAX][TEXT_MAX];
};

/* Makes the cases for a group of tests. */
int cases_setup(void **state);

/* Frees the cases. */
int cases_teardown(void **state);
