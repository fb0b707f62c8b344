/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer, the shapes, and the outputs made of them. */
#include "consumer/base/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumer/kinds/sentence.h"
#include "consumer/output/message-json.h"
#include "consumer/output/output.h"
#include "consumer/read/reader.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

static char written[4 * WRITER_SIZE];

/* What the writer's file holds now, as a string. */
static const char *content(struct writer *writer)
{
	ssize_t n;

	assert_ok(writer_flush(writer));
	n = pread(writer->fd, written, sizeof(written) - 1, 0);
	assert_true(n >= 0);
	written[n] = '\0';
	return written;
}

static struct writer *make_writer(void)
{
	struct writer *writer;
	int fd = memfd_create("test-json", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(writer_new(&writer, fd));
	return writer;
}

static void free_writer(struct writer **writer)
{
	assert_ok(close((*writer)->fd));
	*writer = writer_free(*writer);
}

#define _cleanup_writer_ _cleanup_(free_writer)

static void assert_json_string(const char *s, size_t size, const char *expected)
{
	_cleanup_writer_ struct writer *writer = make_writer();

	json_string(writer, s, size);
	assert_string_equal(content(writer), expected);
}

#define ASSERT_STRING(literal, expected) assert_json_string(literal, sizeof(literal) - 1, expected)

static void plain_text_is_copied(void **state)
{
	ASSERT_STRING("", "\"\"");
	ASSERT_STRING("nginx", "\"nginx\"");
	ASSERT_STRING("/usr/lib/systemd/systemd ~!", "\"/usr/lib/systemd/systemd ~!\"");
	ASSERT_STRING("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3",
		      "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3\"");
}

static void what_json_or_a_terminal_minds_is_escaped(void **state)
{
	ASSERT_STRING("\"\\", "\"\\\"\\\\\"");
	ASSERT_STRING("\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
	ASSERT_STRING("\0\x01\x0b\x1b\x1f", "\"\\u0000\\u0001\\u000b\\u001b\\u001f\"");
	ASSERT_STRING("a\x7f", "\"a\\u007f\"");
	ASSERT_STRING("\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\"");
	/* what reorders or hides others: U+202E, U+200B, U+00AD, U+2066, U+FEFF, U+E0041 */
	ASSERT_STRING("a\xe2\x80\xae\xe2\x80\x8b\xc2\xad\xe2\x81\xa6\xef\xbb\xbf\xf3\xa0\x81\x81z",
		      "\"a\\u202e\\u200b\\u00ad\\u2066\\ufeff\\udb40\\udc41z\"");
	/* their neighbours */
	ASSERT_STRING("\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0",
		      "\"\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0\"");
}

static void each_invalid_byte_becomes_a_replacement(void **state)
{
	ASSERT_STRING("\x80", "\"\\ufffd\"");
	ASSERT_STRING("a\xffz", "\"a\\ufffdz\"");
	ASSERT_STRING("\xc0\xaf", "\"\\ufffd\\ufffd\"");                       /* overlong */
	ASSERT_STRING("\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\"");            /* overlong */
	ASSERT_STRING("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");            /* surrogate */
	ASSERT_STRING("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* above 10ffff */
	ASSERT_STRING("\xe2\x82", "\"\\ufffd\\ufffd\"");                       /* cut */
	ASSERT_STRING("\xe2\x82\"", "\"\\ufffd\\ufffd\\\"\"");
}

/* The eight bytes a step looks at begin anywhere. */
static void a_special_byte_is_found_at_every_place(void **state)
{
	static const char specials[] = "\x01\x1f\"\\\x7f\x80\xff";

	for (size_t at = 0; at < 24; at++) {
		for (const char *c = specials; *c; c++) {
			char s[25] = "abcdefghijklmnopqrstuvwx", expected[64];
			static const char *const escapes[] = {"\\u0001", "\\u001f", "\\\"",
							      "\\\\",    "\\u007f", "\\ufffd",
							      "\\ufffd"};

			(void)snprintf(expected, sizeof(expected), "\"%.*s%s%s\"", (int)at, s,
				       escapes[c - specials], s + at + 1);
			s[at] = *c;
			assert_json_string(s, 24, expected);
		}
	}
}

static void a_string_longer_than_the_buffer_is_whole(void **state)
{
	_cleanup_free_ char *s = malloc(2 * WRITER_SIZE);
	_cleanup_writer_ struct writer *writer = make_writer();
	const char *p;

	assert_non_null(s);
	memset(s, 'x', 2 * WRITER_SIZE);
	s[WRITER_SIZE] = '\n';
	json_string(writer, s, 2 * WRITER_SIZE);
	p = content(writer);
	assert_int_equal(strlen(p), 2 * WRITER_SIZE + 3);
	assert_int_equal(strspn(p + 1, "x"), WRITER_SIZE);
	assert_memory_equal(p + 1 + WRITER_SIZE, "\\nxx", 4);
}

static void numbers_of_every_length_are_exact(void **state)
{
	for (unsigned digits = 0; digits < 20; digits++) {
		uint64_t power = 1;

		for (unsigned i = 0; i < digits; i++)
			power *= 10;
		for (uint64_t v = power - 1; v <= power + 1; v++) {
			char expected[32];
			uint8_t p[20];

			(void)snprintf(expected, sizeof(expected), "%" PRIu64, v);
			assert_int_equal(json_digits(p, v) - p, strlen(expected));
			assert_memory_equal(p, expected, strlen(expected));
		}
	}
}

static void addresses_of_every_length_are_exact(void **state)
{
	for (unsigned bits = 0; bits <= 64; bits++) {
		uint64_t v = bits < 64 ? UINT64_C(0xfedcba9876543210) >> bits : 0;
		char expected[32];
		uint8_t p[20];

		(void)snprintf(expected, sizeof(expected), "\"0x%" PRIx64 "\"", v);
		assert_int_equal(json_address_digits(p, v) - p, strlen(expected));
		assert_memory_equal(p, expected, strlen(expected));
	}
}

static void numbers_are_exact(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();

	json_uint(writer, 0);
	writer_string(writer, " ");
	json_uint(writer, 9);
	writer_string(writer, " ");
	json_uint(writer, 10);
	writer_string(writer, " ");
	json_uint(writer, 12345);
	writer_string(writer, " ");
	json_uint(writer, UINT64_MAX);
	writer_string(writer, " ");
	json_int(writer, INT64_MIN);
	writer_string(writer, " ");
	json_int(writer, -1);
	assert_string_equal(content(writer),
			    "0 9 10 12345 18446744073709551615 -9223372036854775808 -1");
}

static void bytes_are_strings(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();

	json_hex(writer, (const uint8_t *)"\x00\xff\x1a", 3);
	for (size_t i = 0; i < 5; i++)
		json_base64(writer, (const uint8_t *)"\xfb\xff\xbf\x01", i);
	assert_string_equal(content(writer), "\"00ff1a\"\"\"\"+w==\"\"+/8=\"\"+/+/\"\"+/+/AQ==\"");
}

static const char *through_memo(const struct output_ops *ops, const struct stream *stream,
				struct writer *writer, bool memo)
{
	struct output output = {.ops = ops, .writer = writer, .all = true};
	int fd = memfd_create("test-json", MFD_CLOEXEC);
	struct reader *reader;
	struct reader_record item;

	assert_ok(write_all(fd, stream->data, stream->size));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_ok(reader_new(&reader, fd, "test"));
	assert_ok(output_open(&output));
	while (!reader_next(reader, &item)) {
		output.header = reader_header(reader);
		output.cache = memo ? reader_memo(reader) : NULL;
		assert_ok(output_put(&output, item.record, item.frame, item.size));
	}
	assert_ok(output_close(&output));
	reader = reader_free(reader);
	assert_ok(close(fd));
	return content(writer);
}

/* All records of a stream through one output. */
static const char *through(const struct output_ops *ops, const struct stream *stream,
			   struct writer *writer)
{
	return through_memo(ops, stream, writer, true);
}

static const char *line_of(const char *text, unsigned number)
{
	static char line[4096];

	while (number--)
		text = strchr(text, '\n') + 1;
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	return line;
}

#define LABELS "\"labels\":{\"cluster\":\"eu1\"},\"stream_id\":\"000102030405060708090a0b0c0d0eff\""

static void json_of_an_event_has_the_envelope_and_the_fields(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;

	stream_init(&stream);
	stream_header(&stream);
	stream_event(&stream, STREAM_SECCOMP, 1);
	assert_string_equal(line_of(through(&output_json, &stream, writer), 1),
			    "{\"time\":\"2025-11-22T03:04:05.002000000Z\",\"host\":\"web-1\","
			    "\"kind\":\"seccomp_denial\",\"severity\":\"WARN\",\"where\":\"host\","
			    "\"pid\":77,\"comm\":\"nginx\",\"message\":\"host: nginx[77] keyctl "
			    "\u2192 EPERM\",\"advice\":\"the filter is the program's own or its "
			    "starter's: look into its sandbox settings\"," LABELS ",\"seq\":2,"
			    "\"process\":{\"pid\":77,\"comm\":\"nginx\"},"
			    "\"arch_number\":3221225534,\"syscall_number\":250,"
			    "\"syscall\":\"keyctl\",\"action\":\"ERRNO\","
			    "\"errno_number\":1,\"errno\":\"EPERM\","
			    "\"instruction_pointer\":\"0x7f0012345678\","
			    "\"args\":[\"0x1\",\"0x2\",\"0xffffffffffffffff\",\"0x0\",\"0x0\","
			    "\"0x6\"],\"logged\":false}");
	stream_done(&stream);
}

/* The same Header, but for one byte, where the other one lay. */
static void each_stream_has_its_own_host_and_labels(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream, next;
	const char *text;
	char *host;

	stream_init(&stream);
	stream_init(&next);
	stream_header(&stream);
	stream_event(&stream, STREAM_SECCOMP, 1);
	stream_header(&next);
	host = memmem(next.data, next.size, "web-1", 5);
	assert_non_null(host);
	host[4] = '2';
	stream_event(&next, STREAM_SECCOMP, 1);
	stream_raw(&stream, next.data, next.size);
	text = through(&output_json, &stream, writer);
	assert_non_null(strstr(line_of(text, 1), "\"host\":\"web-1\""));
	assert_non_null(strstr(line_of(text, 3), "\"host\":\"web-2\""));
	stream_done(&stream);
	stream_done(&next);
}

/* More than the writer holds, so that it is flushed at all kinds of places. */
static void what_the_memo_keeps_looks_the_same(void **state)
{
	_cleanup_writer_ struct writer *plain = make_writer();
	_cleanup_free_ char *expected = NULL;
	struct stream stream;

	stream_init(&stream);
	stream_header(&stream);
	for (unsigned i = 0; i < 500; i++) {
		stream_event(&stream, STREAM_OOM, 0);
		stream_event(&stream, STREAM_SECCOMP, 1);
	}
	stream_limited(&stream, STREAM_SECCOMP, 3);
	for (unsigned i = 0; outputs[i]; i++) {
		_cleanup_writer_ struct writer *writer = make_writer();

		assert_ok(ftruncate(plain->fd, 0));
		assert_int_equal(lseek(plain->fd, 0, SEEK_SET), 0);
		free(expected);
		expected = strdup(through_memo(outputs[i], &stream, plain, false));
		assert_non_null(expected);
		assert_true(outputs[i]->binary || strlen(expected) > WRITER_SIZE / 2);
		assert_string_equal(through_memo(outputs[i], &stream, writer, true), expected);
	}
	stream_done(&stream);
}

static void json_drops_the_prefixes_of_enums_and_has_seconds_since_boot(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;
	const char *line;

	stream_init(&stream);
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 0);
	line = line_of(through(&output_json, &stream, writer), 1);
	assert_non_null(strstr(line, ",\"limit_level\":\"CONTAINER\",\"limit_bytes\":536870912,"
				     "\"scope\":\"MEMCG\",\"oom_score_adj\":-998,"
				     "\"badness_points\":-5,\"gfp_mask\":\"0xcc0\","
				     "\"container_init\":false}"));
	assert_non_null(strstr(line, "\"start_boottime_seconds\":12345678.901234567"));
	stream_done(&stream);
}

static void json_writes_labels_as_an_object_and_no_name_twice(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;
	const char *line;

	stream_init(&stream);
	stream_header(&stream);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 312);
	line = line_of(through(&output_json, &stream, writer), 0);
	assert_non_null(strstr(line, "\"labels\":{\"cluster\":\"eu1\"}"));
	assert_non_null(strstr(line, "\"tier\":\"fentry\""));
	assert_null(strstr(strstr(line, "\"stream_id\"") + 1, "\"stream_id\""));
	line = line_of(written, 1);
	assert_non_null(strstr(line, "\"kind\":\"lost\""));
	assert_non_null(strstr(line, ",\"reason\":\"ring_full\",\"probe\":\"seccomp_denial\","
				     "\"count\":312,\"cpu\":1}"));
	stream_done(&stream);
}

/* Body 99 is nobody's yet. */
static void json_of_a_newer_body_says_unknown(void **state)
{
	static const uint8_t newer[] = {6, 0x9a, 0x06, 0x01, 0x00, 0x78, 0x02};
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;
	const char *line;

	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, newer, sizeof(newer));
	line = line_of(through(&output_json, &stream, writer), 1);
	assert_string_equal(line, "{\"host\":\"web-1\",\"kind\":\"unknown\",\"severity\":\"INFO\","
				  "\"message\":\"a record this version does not know\"," LABELS
				  ",\"seq\":2}");
	stream_done(&stream);
}

static void protojson_is_strict(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;

	stream_init(&stream);
	stream_header(&stream);
	stream_event(&stream, STREAM_SECCOMP, 1);
	(void)through(&output_protojson, &stream, writer);
	assert_non_null(strstr(line_of(written, 0), "\"streamId\":\"AAECAwQFBgcICQoLDA0O/w==\""));
	assert_string_equal(
		line_of(written, 1),
		"{\"seccompDenial\":{\"process\":{\"pid\":77,\"comm\":\"nginx\"},"
		"\"arch\":3221225534,\"syscallNumber\":250,\"syscallName\":\"keyctl\","
		"\"action\":\"SECCOMP_RET_ERRNO\",\"errorNumber\":1,\"errorName\":\"EPERM\","
		"\"instructionPointer\":\"139638282147448\",\"args\":[\"1\",\"2\","
		"\"18446744073709551615\",\"0\",\"0\",\"6\"],\"logged\":false},"
		"\"cpuSums\":{\"cpu\":1,\"seen\":\"1\",\"limited\":\"0\",\"dropped\":\"0\"},"
		"\"boottimeNano\":\"2000000\",\"timeUnixNano\":\"1763780645002000000\","
		"\"seq\":\"2\"}");
	stream_done(&stream);
}

static void name_a_newer_action(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL)
		record->seccomp_denial->action = (Ringside__V1__SeccompAction)77;
}

static void an_enum_value_without_a_name_is_a_number_or_left_out(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;
	const char *line;

	stream_init(&stream);
	stream_header(&stream);
	stream.mangle = name_a_newer_action;
	stream_event(&stream, STREAM_SECCOMP, 0);
	line = line_of(through(&output_json, &stream, writer), 1);
	assert_non_null(strstr(line, "\"action\":77,"));
	assert_ok(ftruncate(writer->fd, 0));
	assert_int_equal(lseek(writer->fd, 0, SEEK_SET), 0);
	line = line_of(through(&output_protojson, &stream, writer), 1);
	assert_null(strstr(line, "action"));
	stream_done(&stream);
}

static void label_twice(Ringside__V1__Record *record)
{
	static Ringside__V1__Header__LabelsEntry last = RINGSIDE__V1__HEADER__LABELS_ENTRY__INIT;
	static Ringside__V1__Header__LabelsEntry bare = RINGSIDE__V1__HEADER__LABELS_ENTRY__INIT;
	static Ringside__V1__Header__LabelsEntry *labels[3];
	static char key[] = "cluster", value[] = "us2";

	if (record->body_case != RINGSIDE__V1__RECORD__BODY_HEADER)
		return;
	last.key = key;
	last.value = value;
	labels[0] = record->header->labels[0];
	labels[1] = &last;
	labels[2] = &bare;
	record->header->labels = labels;
	record->header->n_labels = 3;
}

static void of_a_label_given_twice_the_last_counts(void **state)
{
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;

	stream_init(&stream);
	stream.mangle = label_twice;
	stream_header(&stream);
	assert_non_null(strstr(through(&output_protojson, &stream, writer),
			       "\"labels\":{\"cluster\":\"us2\",\"\":\"\"}"));
	stream_done(&stream);
}

static void pb_is_the_input_byte_for_byte(void **state)
{
	static const uint8_t newer[] = {8, 0x42, 0x00, 0x78, 0x02, 0xc2, 0x0c, 0x01, 'x'};
	_cleanup_writer_ struct writer *writer = make_writer();
	struct stream stream;

	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, newer, sizeof(newer));
	stream_event(&stream, STREAM_OOM, 0);
	stream_counters(&stream);
	stream_footer(&stream);
	assert_memory_equal(through(&output_pb, &stream, writer), stream.data, stream.size);
	assert_int_equal(lseek(writer->fd, 0, SEEK_CUR), stream.size);
	stream_done(&stream);
}

static void a_write_error_stays_and_nothing_more_is_written(void **state)
{
	struct writer *writer;
	int fds[2];

	assert_ok(pipe2(fds, O_CLOEXEC));
	assert_ok(close(fds[0]));
	assert_ok(writer_new(&writer, fds[1]));
	writer_string(writer, "x");
	assert_int_equal(writer_flush(writer), -EPIPE);
	for (int i = 0; i < 3 * (int)WRITER_SIZE; i++)
		writer_put(writer, "y", 1);
	assert_int_equal(writer_flush(writer), -EPIPE);
	assert_int_equal(writer->error, -EPIPE);
	assert_ok(close(fds[1]));
	writer = writer_free(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_copied),
		cmocka_unit_test(what_json_or_a_terminal_minds_is_escaped),
		cmocka_unit_test(each_invalid_byte_becomes_a_replacement),
		cmocka_unit_test(a_special_byte_is_found_at_every_place),
		cmocka_unit_test(a_string_longer_than_the_buffer_is_whole),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(numbers_of_every_length_are_exact),
		cmocka_unit_test(addresses_of_every_length_are_exact),
		cmocka_unit_test(bytes_are_strings),
		cmocka_unit_test(json_of_an_event_has_the_envelope_and_the_fields),
		cmocka_unit_test(each_stream_has_its_own_host_and_labels),
		cmocka_unit_test(what_the_memo_keeps_looks_the_same),
		cmocka_unit_test(json_drops_the_prefixes_of_enums_and_has_seconds_since_boot),
		cmocka_unit_test(json_writes_labels_as_an_object_and_no_name_twice),
		cmocka_unit_test(json_of_a_newer_body_says_unknown),
		cmocka_unit_test(protojson_is_strict),
		cmocka_unit_test(an_enum_value_without_a_name_is_a_number_or_left_out),
		cmocka_unit_test(of_a_label_given_twice_the_last_counts),
		cmocka_unit_test(pb_is_the_input_byte_for_byte),
		cmocka_unit_test(a_write_error_stays_and_nothing_more_is_written),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
