/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/chain.h"

#include <errno.h>
#include <stdlib.h>

#include "consumer/order/hashes.h"
#include "proto/ringside.pb-c.h"
#include "tests/lib/test.h"

static const struct chain_link by_x = {true, 3, 1, "--kind x"};
static const struct chain_link by_y = {true, 3, 1, "--kind y"};
static const struct chain_link by_header = {true, 3, 1, NULL};
static const struct chain_link whole = {.known = false};

static void what_chooses_changes(void **state)
{
	struct chain chain = {0};

	assert_false(chain_changes(&chain, &whole));
	assert_true(chain_changes(&chain, &by_x));
	assert_true(chain_changes(&chain, &by_header));
	assert_int_equal(chain_choose(&chain, &by_x), 0);
	assert_false(chain_changes(&chain, &by_x));
	assert_true(chain_changes(&chain, &by_y));
	assert_true(chain_changes(&chain, &by_header));
	assert_true(chain_changes(&chain, &whole));
	assert_int_equal(chain_choose(&chain, &by_header), 0);
	assert_false(chain_changes(&chain, &by_header));
	assert_int_equal(chain_choose(&chain, &whole), 0);
	assert_false(chain_changes(&chain, &whole));
	chain_done(&chain);
}

/* What a Header with @excerpt (NULL: none) says then; "-": it stays as it is. */
static void assert_marked(const struct chain *chain, const char *excerpt, bool linked,
			  const char *expected)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT, *marked;
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	uint8_t buf[256], *ret = NULL;
	size_t size, ret_size;
	int r;

	header.excerpt = (char *)(uintptr_t)excerpt;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = &header;
	size = ringside__v1__record__pack(&record, buf);
	r = chain_mark(chain, buf, size, linked, &ret, &ret_size);
	if (!strcmp(expected, "-")) {
		assert_int_equal(r, -EBADMSG);
		return;
	}
	assert_int_equal(r, 0);
	marked = ringside__v1__record__unpack(NULL, ret_size, ret);
	assert_non_null(marked);
	assert_string_equal(marked->header->excerpt, expected);
	assert_true(marked->header->excerpt_checked);
	ringside__v1__record__free_unpacked(marked, NULL);
	free(ret);
}

static void headers_say_what_chooses(void **state)
{
	struct chain chain = {0};

	assert_marked(&chain, NULL, false, "-");
	assert_marked(&chain, "--pid 1", false, "-");
	assert_int_equal(chain_choose(&chain, &by_x), 0);
	assert_marked(&chain, NULL, false, "--kind x");
	assert_marked(&chain, "--kind y", true, "--kind x");
	assert_int_equal(chain_choose(&chain, &by_header), 0);
	assert_marked(&chain, "--kind y", true, "--kind y");
	assert_marked(&chain, NULL, true, "a filter that was not told");
	/* of a recording that was forwarded whole before */
	assert_marked(&chain, "--pid 1", false, "a filter that was not told");
	chain_take(&chain, &by_header, 4);
	assert_int_equal(chain_choose(&chain, &whole), 0);
	assert_marked(&chain, NULL, false, "");
	assert_marked(&chain, "--kind y", true, "");
	/* the recording is an excerpt itself */
	assert_marked(&chain, "--pid 1, and of that --kind y", true, "--pid 1");
	assert_marked(&chain, "--pid 1", false, "-");
	chain_done(&chain);
}

static void what_is_no_header_stays(void **state)
{
	const uint8_t junk[] = {0xff, 1, 2};
	struct chain chain = {0};
	uint8_t *ret = NULL;
	size_t size;

	assert_int_equal(chain_choose(&chain, &by_x), 0);
	assert_int_equal(chain_mark(&chain, junk, sizeof(junk), true, &ret, &size), -EBADMSG);
	assert_int_equal(chain_mark(&chain, junk, 0, true, &ret, &size), -EBADMSG);
	assert_int_equal(hashes_drop(junk, sizeof(junk), &ret, &size), -EBADMSG);
	assert_null(ret);
	chain_done(&chain);
}

static void hashes_are_dropped_and_nothing_else(void **state)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT, *less;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	uint8_t buf[256], *ret = NULL;
	size_t size, ret_size;

	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	counters.has_part = 1;
	counters.part = 7;
	size = ringside__v1__record__pack(&record, buf);
	assert_int_equal(hashes_drop(buf, size, &ret, &ret_size), -EBADMSG);
	counters.has_xxh3 = counters.has_hashed_bytes = 1;
	size = ringside__v1__record__pack(&record, buf);
	assert_int_equal(hashes_drop(buf, size, &ret, &ret_size), 0);
	less = ringside__v1__record__unpack(NULL, ret_size, ret);
	assert_non_null(less);
	assert_false(less->counters->has_xxh3 || less->counters->has_hashed_bytes);
	assert_int_equal(less->counters->part, 7);
	ringside__v1__record__free_unpacked(less, NULL);
	free(ret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_chooses_changes),
		cmocka_unit_test(headers_say_what_chooses),
		cmocka_unit_test(what_is_no_header_stays),
		cmocka_unit_test(hashes_are_dropped_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
