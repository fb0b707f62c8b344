/* SPDX-License-Identifier: Apache-2.0 */
/* Rows, headings and broken text, letter by letter. */
#include "consumer/layout/columns.h"

#include "tests/lib/writer-fixture.h"

#define _cleanup_writer_ _cleanup_(fixture_writer_free)

static void cells_are_filled_to_their_width(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct columns columns;

	columns_init(&columns, writer, false);
	columns_cell(&columns, "a\x1b", 8, COLUMNS_RED);
	columns_cell(&columns, "ü", 4, NULL);
	columns_count(&columns, 12345, 8);
	columns_right(&columns, "wider", 3);
	columns_end_row(&columns);
	columns_cell(&columns, "as wide", 7, NULL);
	line_text(&columns.line, "|");
	columns_pad(&columns, 12);
	line_text(&columns.line, "|");
	columns_end_row(&columns);
	assert_string_equal(fixture_written(writer), "a\\x1b   ü     12,345wider\n"
						     "as wide |   |\n");
}

static void a_title_goes_on_and_a_heading_does_not(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct columns columns;

	columns_init(&columns, writer, true);
	columns_title(&columns, "Totals");
	columns_pad(&columns, 8);
	line_text(&columns.line, "lost");
	columns_end_row(&columns);
	columns_heading(&columns, "PROBE");
	columns_cell(&columns, "x", 3, COLUMNS_GREEN);
	columns_end_row(&columns);
	assert_string_equal(fixture_written(writer), "\n\x1b[1mTotals\x1b[0m  lost\n"
						     "\n\x1b[1mPROBE\x1b[0m\n"
						     "\x1b[32mx\x1b[0m  \n");
}

static void text_is_broken_and_indented(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct columns columns;
	struct line *line;

	columns_init(&columns, writer, false);
	line = columns_begin_row(&columns, "name");
	line_text(line, "one two three four five six seven eight nine ten eleven twelve 13\r 14");
	columns_end_row(&columns);
	columns_text(&columns, 4, "no cells");
	columns_row(&columns, "", "");
	assert_string_equal(
		fixture_written(writer),
		"name            one two three four five six seven eight nine ten eleven twelve\n"
		"                13\\x0d 14\n"
		"    no cells\n"
		"                \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_filled_to_their_width),
		cmocka_unit_test(a_title_goes_on_and_a_heading_does_not),
		cmocka_unit_test(text_is_broken_and_indented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
