/* SPDX-License-Identifier: Apache-2.0 */
/* Where there is no memory for it, nothing is known of a recording: neither is it called damaged,
 * nor does a repair leave out what could not be looked at, nor are its files taken for others. */
#include "consumer/repair/repair.h"
#include "consumer/verify/input-order.h"
#include "tests/lib/folder.h"
#include "tests/lib/starve.h"
#include "tests/lib/zstd-fixture.h"

static void fill(struct stream *stream)
{
	stream_init(stream);
	stream_header(stream);
	stream_counters(stream);
	stream_event(stream, STREAM_SECCOMP, 0);
	stream_event(stream, STREAM_OOM, 1);
	stream_counters(stream);
	stream_footer(stream);
}

/* The verdict on the file; NULL: it could not be read, and that is said. */
static const char *verify_file(const char *path)
{
	static char text[VERIFY_SUMMARY];
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_config config = {0};
	int r = verify_new(&verify);

	if (!r)
		r = damaged_reader_open(&damaged, path);
	if (!r)
		r = verify_input(verify, damaged, &config);
	if (r) {
		assert_int_equal(r, -ENOMEM);
		return NULL;
	}
	verify_summary(&verify->report, false, text);
	return text;
}

/* One allocation after the other finds no memory. */
static void starve_verify(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_string_equal(verify_file(path), "complete");
	for (unsigned long n = 1; n == 1 || starve_happened(); n++) {
		const char *text;

		starve_at(n);
		text = verify_file(path);
		if (text)
			assert_string_equal(text, "complete");
		else
			assert_true(starve_happened());
	}
	starve_at(0);
	assert_ok(close(fd));
}

static void no_recording_is_called_damaged_for_want_of_memory(void **state)
{
	struct packed packed;
	struct stream stream;

	fill(&stream);
	starve_verify(memory_file(stream.data, stream.size));
	packed_stream(&packed, &stream, 2);
	starve_verify(memory_file(packed.data, packed.size));
	packed_done(&packed);
	stream_done(&stream);
}

static void starve_repair(const char *in, const char *out, uint64_t records)
{
	const struct repair_config config = {0};

	for (unsigned long n = 1; n == 1 || starve_happened(); n++) {
		char error[REPAIR_ERROR_SIZE];
		struct repair_report report;
		int r;

		(void)unlink(out);
		starve_at(n);
		r = repair(in, out, &config, &report, error);
		if (r) {
			assert_int_equal(r, -ENOMEM);
			continue;
		}
		assert_int_equal(report.mend.saved, records);
		assert_false(report.mend.lost_unknown || report.mend.header_made);
		assert_string_equal(report.verdict, "complete");
	}
	starve_at(0);
}

static void no_record_is_left_out_for_want_of_memory(void **state)
{
	const struct folder_path out = in_folder(state, "out.pb");
	struct stream stream;
	char path[64];
	int fd;

	fill(&stream);
	fd = memory_file(stream.data, stream.size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	starve_repair(path, out.s, stream.seq);
	assert_ok(close(fd));
	stream_done(&stream);
}

static void say_nothing(void *data, const char *path, int error, const char *unread)
{
}

static void every_file_is_known_or_there_is_no_order(void **state)
{
	struct stream stream;
	char path[64];
	int fd;

	fill(&stream);
	fd = memory_file(stream.data, stream.size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (unsigned long n = 1; n == 1 || starve_happened(); n++) {
		_cleanup_(input_list_done) struct input_list order = {0};
		const char *paths[] = {path, path};
		int r;

		starve_at(n);
		r = input_list_new(&order, paths, 2, say_nothing, NULL);
		assert_true(r ? r == -ENOMEM : order.n + order.n_copies == 2 && order.all[0].known);
	}
	starve_at(0);
	assert_ok(close(fd));
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_recording_is_called_damaged_for_want_of_memory),
		test_in_folder(no_record_is_left_out_for_want_of_memory),
		cmocka_unit_test(every_file_is_known_or_there_is_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
