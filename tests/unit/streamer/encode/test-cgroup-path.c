/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "streamer/encode/cgroup-path.h"
#include "tests/lib/test.h"

#define LONG_NAME (WIRE_NAME_SIZE - 1)

struct record {
	struct wire_head head;
	char tail[WIRE_PATH_DEPTH * WIRE_NAME_SIZE];
};

#define FIXED sizeof(struct wire_head)

/* Puts a name behind those that are there, which are inside it. */
static void add(struct record *record, struct wire_names *names, const char *name)
{
	memcpy(record->tail + names->size, name, strlen(name) + 1);
	names->offset = FIXED;
	names->size = (uint16_t)(names->size + strlen(name) + 1);
	names->count++;
	record->head.size = FIXED + names->size;
}

static void assert_path(const struct record *record, const struct wire_names *names,
			const char *want, bool cut)
{
	struct path path;

	assert_ok(path_unpack(&path, &record->head, FIXED, names));
	assert_int_equal(path.size, strlen(want));
	assert_memory_equal(path.text, want, path.size);
	assert_int_equal(path.cut, cut);
}

static void names_become_a_path(void **state)
{
	struct record record = {0};
	struct wire_names names = {.count = WIRE_NAMES_ROOT};

	assert_path(&record, &names, "/", false);
	names.count = 0;
	add(&record, &names, "c");
	add(&record, &names,
	    "\xff"
	    "b");
	assert_path(&record, &names,
		    "/\xef\xbf\xbd"
		    "b/c",
		    false);
	add(&record, &names, "");
	assert_path(&record, &names,
		    "/\xef\xbf\xbd"
		    "b/c",
		    false);
	names.flags = WIRE_NAMES_CUT;
	assert_path(&record, &names,
		    "\xef\xbf\xbd"
		    "b/c",
		    true);
}

static void a_middle_the_kernel_left_out_is_marked(void **state)
{
	struct record record = {0};
	struct wire_names names = {.flags = WIRE_NAMES_MIDDLE};

	for (char name[] = "a"; *name < 'a' + WIRE_PATH_INNER + 2; (*name)++)
		add(&record, &names, name);
	assert_path(&record, &names, "/j/i/" PATH_GAP "/h/g/f/e/d/c/b/a", true);
}

static void what_is_too_long_keeps_its_ends(void **state)
{
	struct record record = {0};
	struct wire_names names = {0};
	char name[LONG_NAME + 1] = "", text[PATH_SIZE + 1] = "";
	struct path path;

	memset(name + 1, '\xfe', LONG_NAME - 1); /* each is three bytes when it is clean */
	for (*name = 'a'; *name < 'a' + WIRE_PATH_DEPTH; (*name)++)
		add(&record, &names, name);
	assert_ok(path_unpack(&path, &record.head, FIXED, &names));
	assert_true(path.cut);
	assert_in_range(path.size, PATH_SIZE / 2, PATH_SIZE);
	memcpy(text, path.text, path.size);
	assert_ptr_equal(strstr(text, "/p\xef\xbf\xbd"), text);
	assert_non_null(strstr(text, "/o"));
	assert_non_null(strstr(text, "/" PATH_GAP "/"));
	assert_non_null(strstr(text, "/b\xef\xbf\xbd"));
	assert_int_equal(strlen(strstr(text, "/a")), 2 + 3 * (LONG_NAME - 1));
}

static void assert_bad(const struct record *record, struct wire_names names)
{
	struct path path;

	assert_int_equal(path_unpack(&path, &record->head, FIXED, &names), -EBADMSG);
}

static void names_that_are_not_there_are_refused(void **state)
{
	struct record record = {0};
	struct wire_names good = {0}, bad;

	add(&record, &good, "b");
	add(&record, &good, "a");
	assert_path(&record, &good, "/a/b", false);
	assert_bad(&record, (bad = good, bad.offset--, bad));
	assert_bad(&record, (struct wire_names){.offset = FIXED - 1, .size = 3, .count = 2});
	assert_bad(&record, (bad = good, bad.offset++, bad));
	assert_bad(&record, (bad = good, bad.size--, bad)); /* the last one has no end */
	assert_bad(&record, (bad = good, bad.count--, bad));
	assert_bad(&record, (bad = good, bad.count++, bad));
	assert_bad(&record, (bad = good, bad.count = 0, bad));
	memset(record.tail, 'x', WIRE_NAME_SIZE);
	record.head.size = FIXED + WIRE_NAME_SIZE + 1;
	assert_bad(&record,
		   (struct wire_names){.offset = FIXED, .size = WIRE_NAME_SIZE + 1, .count = 1});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_a_path),
		cmocka_unit_test(a_middle_the_kernel_left_out_is_marked),
		cmocka_unit_test(what_is_too_long_keeps_its_ends),
		cmocka_unit_test(names_that_are_not_there_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
