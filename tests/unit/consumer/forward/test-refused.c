/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/refused.h"

#include <errno.h>
#include <stdio.h>

#include "proto/base/util.h"
#include "tests/lib/bad-disk.h"
#include "tests/lib/folder.h"
#include "tests/lib/test.h"

static const uint8_t stream_id[16];

static void put(struct refused *refused, uint64_t seq)
{
	assert_ok(refused_put(refused, stream_id, seq, "400", "never", (const uint8_t *)"abc", 3));
}

/* The seqs of its lines, "1 2 3 ". */
static void assert_lines(void **state, const char *expected)
{
	struct folder_path path = in_folder(state, "refused");
	_cleanup_fclose_ FILE *file = fopen(path.s, "re");
	char line[1024], text[256] = "";

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *id = strstr(line, "\"id\":\""), *seq = id ? strstr(id, "00:") : NULL;

		assert_non_null(seq);
		assert_non_null(strchr(line, '\n'));
		(void)strncat(text, seq + 3, strcspn(seq + 3, "\""));
		(void)strcat(text, " ");
	}
	assert_string_equal(text, expected);
}

static void many_are_put_on_the_disk_at_once(void **state)
{
	struct folder_path path = in_folder(state, "refused");
	struct refused refused;
	unsigned before = bad_disk_calls();

	assert_ok(refused_open(&refused, path.s, "otlp:"));
	for (uint64_t seq = 1; seq <= 5; seq++)
		put(&refused, seq);
	assert_int_equal(bad_disk_calls(), before);
	assert_ok(refused_sync(&refused));
	assert_int_equal(bad_disk_calls(), before + 1);
	assert_ok(refused_sync(&refused));
	assert_int_equal(bad_disk_calls(), before + 1);
	refused_close(&refused);
	assert_lines(state, "1 2 3 4 5 ");
}

static void what_the_disk_did_not_take_is_put_again(void **state)
{
	struct folder_path path = in_folder(state, "refused");
	struct refused refused;

	assert_ok(refused_open(&refused, path.s, "otlp:"));
	put(&refused, 1);
	assert_ok(refused_sync(&refused));
	put(&refused, 2);
	put(&refused, 3);
	bad_disk_fail(ENOSPC);
	assert_int_equal(refused_sync(&refused), -ENOSPC);
	assert_lines(state, "1 ");
	bad_disk_fail(0);
	put(&refused, 2);
	put(&refused, 3);
	assert_ok(refused_sync(&refused));
	refused_close(&refused);
	assert_lines(state, "1 2 3 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(many_are_put_on_the_disk_at_once),
		test_in_folder(what_the_disk_did_not_take_is_put_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
