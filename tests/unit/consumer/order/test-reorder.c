/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/reorder.h"

#include <inttypes.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"
#include "tests/lib/test.h"

/* What comes out: a letter of the stream and a number, "a1 a2 "; Headers in capitals; of a Lost
 * "<first:count>". */
struct output {
	char text[512];
	struct reorder *reorder;
};

static int put(void *data, const void *record, size_t size)
{
	struct output *output = data;
	char *to = output->text + strlen(output->text);
	const size_t room = sizeof(output->text) - strlen(output->text);
	Ringside__V1__Record *lost = ringside__v1__record__unpack(NULL, size, record);

	if (lost)
		(void)snprintf(to, room, "<%" PRIu64 ":%" PRIu64 "> ", lost->seq,
			       lost->lost->count);
	else
		(void)snprintf(to, room, "%.*s ", (int)size, (const char *)record);
	if (lost)
		ringside__v1__record__free_unpacked(lost, NULL);
	return 0;
}

/* Every stream has a Header somewhere. */
static void find(void *data, const uint8_t *stream, uint64_t seq)
{
	struct output *output = data;
	const char name[] = {(char)(stream[0] - 'a' + 'A'), '0'};

	const struct reorder_message header = {
		.stream = stream,
		.seq = seq - 1,
		.header = true,
		.data = name,
		.size = sizeof(name),
	};

	assert_int_equal(reorder_header(output->reorder, &header), 0);
}

static void begin(struct output *output, bool live, bool from_start)
{
	*output = (struct output){0};
	assert_int_equal(reorder_new(&output->reorder, live, from_start, put, find, output), 0);
}

/* "a3": a record; "A1": a Header; "a9.": a Footer. */
static void take(struct output *output, const char *name)
{
	uint8_t stream[IDS_STREAM] = {(uint8_t)(name[0] | 32)};
	uint64_t seq = strtoull(name + 1, NULL, 10);
	const struct reorder_message message = {
		.stream = stream,
		.seq = seq,
		.last = seq,
		.header = name[0] < 'a',
		.footer = strchr(name, '.'),
		.data = name,
		.size = strlen(name),
	};

	assert_int_equal(reorder_take(output->reorder, &message), 0);
}

static void end(struct output *output, const char *expected)
{
	assert_int_equal(reorder_flush(output->reorder), 0);
	assert_false(reorder_waits(output->reorder));
	assert_string_equal(output->text, expected);
	output->reorder = reorder_free(output->reorder);
}

static void late_ones_come_in_their_place(void **state)
{
	struct output output;

	begin(&output, false, true);
	take(&output, "a2");
	take(&output, "a4");
	assert_string_equal(output.text, "");
	take(&output, "A1");
	assert_string_equal(output.text, "A1 a2 ");
	take(&output, "a3");
	end(&output, "A1 a2 a3 a4 ");
}

static void doubles_come_once(void **state)
{
	struct output output;

	begin(&output, false, true);
	take(&output, "A1");
	take(&output, "a3");
	take(&output, "a3");
	take(&output, "A1");
	take(&output, "a2");
	take(&output, "a2");
	end(&output, "A1 a2 a3 ");
}

static void what_is_missing_stays_missing(void **state)
{
	struct output output;

	begin(&output, false, true);
	take(&output, "A1");
	take(&output, "a5");
	take(&output, "a4");
	end(&output, "A1 a4 a5 ");
}

/* "a9" whose latest before it was @previous, @left_out having been left out. */
static void take_link(struct output *output, const char *name, uint64_t previous, uint64_t left_out)
{
	uint8_t stream[IDS_STREAM] = {(uint8_t)(name[0] | 32)};
	uint64_t seq = strtoull(name + 1, NULL, 10);
	const struct reorder_message message = {
		.stream = stream,
		.seq = seq,
		.last = seq,
		.header = name[0] < 'a',
		.link = {.known = true, .previous_seq = previous, .left_out = left_out},
		.data = name,
		.size = strlen(name),
	};

	assert_int_equal(reorder_take(output->reorder, &message), 0);
}

static void what_a_filter_left_out_is_not_waited_for(void **state)
{
	struct output output;

	begin(&output, false, true);
	take_link(&output, "A1", 0, 0);
	take_link(&output, "a5", 1, 3);
	assert_string_equal(output.text, "A1 a5 ");
	take_link(&output, "a9", 7, 5);
	take_link(&output, "a7", 5, 4);
	assert_string_equal(output.text, "A1 a5 a7 a9 ");
	end(&output, "A1 a5 a7 a9 ");
}

static void what_is_missing_of_a_chain_is_told(void **state)
{
	struct output output;

	begin(&output, false, true);
	take_link(&output, "A1", 0, 0);
	take_link(&output, "a20", 12, 9);
	take_link(&output, "a22", 20, 10);
	end(&output, "A1 <2:9> a20 a22 ");
	/* a part of a stream begins with a file */
	begin(&output, false, true);
	take_link(&output, "A30", 28, 9);
	take_link(&output, "a33", 32, 9);
	end(&output, "A30 <31:2> a33 ");
	/* what was before is not known */
	begin(&output, true, false);
	take_link(&output, "a20", 12, 9);
	take_link(&output, "a30", 25, 9);
	end(&output, "A0 a20 <21:5> a30 ");
}

/* Then all is sent, from the number behind the latest on, and its Header still says of a filter. */
static void what_is_missing_behind_a_filter_that_is_gone_is_told(void **state)
{
	struct output output;

	begin(&output, false, true);
	take_link(&output, "A1", 0, 0);
	take_link(&output, "a5", 1, 3);
	take(&output, "a6");
	take(&output, "a9");
	take_link(&output, "a12", 9, 5);
	end(&output, "A1 a5 A1 a6 <7:2> a9 A1 a12 ");
	/* how many of these the filter had left out is not known */
	begin(&output, false, true);
	take_link(&output, "A1", 0, 0);
	take_link(&output, "a5", 1, 3);
	take(&output, "a9");
	end(&output, "A1 a5 <6:0> A1 a9 ");
}

static void take_chosen(struct output *output, const char *name, uint64_t previous,
			uint64_t left_out, const char *filter)
{
	uint8_t stream[IDS_STREAM] = {(uint8_t)(name[0] | 32)};
	uint64_t seq = strtoull(name + 1, NULL, 10);
	char *copy = strdup(filter); /* the message's, which is gone behind it */
	const struct reorder_message message = {
		.stream = stream,
		.seq = seq,
		.last = seq,
		.header = name[0] < 'a',
		.link = {true, previous, left_out, copy},
		.data = name,
		.size = strlen(name),
	};

	assert_non_null(copy);
	assert_int_equal(reorder_take(output->reorder, &message), 0);
	free(copy);
}

static void where_the_filter_changes_its_header_stands(void **state)
{
	struct output output;

	begin(&output, false, true);
	take_chosen(&output, "A1", 0, 0, "x");
	take_chosen(&output, "a4", 1, 2, "x");
	take_chosen(&output, "a9", 7, 4, "y"); /* waits for its place */
	take_chosen(&output, "a7", 4, 4, "y");
	take(&output, "a10");
	take(&output, "a11");
	take_chosen(&output, "a13", 11, 6, "y");
	end(&output, "A1 a4 A1 a7 a9 A1 a10 a11 A1 a13 ");
	/* what is missing where it does was left out by either */
	begin(&output, false, true);
	take_chosen(&output, "A1", 0, 0, "x");
	take_chosen(&output, "a9", 7, 4, "y");
	end(&output, "A1 <2:0> A1 a9 ");
}

/* What another filter chose of what was there before comes late, and is no damage. */
static void what_comes_late_by_another_filter_has_its_header(void **state)
{
	struct output output;

	begin(&output, false, true);
	take_chosen(&output, "A1", 0, 0, "x");
	take_chosen(&output, "a5", 1, 3, "x");
	take_chosen(&output, "a2", 1, 0, "y");
	take_chosen(&output, "a3", 2, 0, "y");
	take_chosen(&output, "a5", 3, 1, "y");
	take_chosen(&output, "a4", 3, 1, "y");
	take_chosen(&output, "a2", 1, 0, "y");
	take_chosen(&output, "a8", 5, 3, "x");
	end(&output, "A1 a5 A1 a2 a3 a4 a8 ");
}

static void a_cursor_that_begins_behind_what_came_is_a_gap(void **state)
{
	struct output output;

	begin(&output, false, true);
	take_chosen(&output, "A1", 0, 0, "x");
	take_chosen(&output, "a5", 1, 3, "x");
	take_chosen(&output, "A9", 0, 0, "y");
	end(&output, "A1 a5 <6:0> A9 ");
}

static void streams_come_one_behind_the_other(void **state)
{
	struct output output;

	begin(&output, false, true);
	take(&output, "A1");
	take(&output, "B1");
	take(&output, "b2");
	take(&output, "a2");
	assert_string_equal(output.text, "A1 a2 ");
	take(&output, "a3.");
	assert_string_equal(output.text, "A1 a2 a3. B1 b2 ");
	take(&output, "b3");
	end(&output, "A1 a2 a3. B1 b2 b3 ");
}

static void live_ones_come_at_once_behind_their_headers(void **state)
{
	struct output output;

	begin(&output, true, false);
	take(&output, "a7");
	take(&output, "B1");
	take(&output, "b2");
	take(&output, "a8");
	take(&output, "a10");
	assert_string_equal(output.text, "A0 a7 B1 b2 A0 a8 ");
	end(&output, "A0 a7 B1 b2 A0 a8 a10 ");
}

static void so_late_that_nobody_waits_any_more(void **state)
{
	struct output output;

	begin(&output, true, false);
	take(&output, "a7");
	take(&output, "a9");
	assert_int_equal(reorder_flush(output.reorder), 0);
	take(&output, "a8");
	take(&output, "a8");
	end(&output, "A0 a7 a9 a8 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_ones_come_in_their_place),
		cmocka_unit_test(doubles_come_once),
		cmocka_unit_test(what_is_missing_stays_missing),
		cmocka_unit_test(what_a_filter_left_out_is_not_waited_for),
		cmocka_unit_test(what_is_missing_of_a_chain_is_told),
		cmocka_unit_test(what_is_missing_behind_a_filter_that_is_gone_is_told),
		cmocka_unit_test(where_the_filter_changes_its_header_stands),
		cmocka_unit_test(what_comes_late_by_another_filter_has_its_header),
		cmocka_unit_test(a_cursor_that_begins_behind_what_came_is_a_gap),
		cmocka_unit_test(streams_come_one_behind_the_other),
		cmocka_unit_test(live_ones_come_at_once_behind_their_headers),
		cmocka_unit_test(so_late_that_nobody_waits_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
