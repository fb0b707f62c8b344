/* SPDX-License-Identifier: Apache-2.0 */
/* What several threads make of records is what one makes of them, in the same place. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "consumer/output/output-threads.h"
#include "consumer/read/reader.h"
#include "proto/record/pb.h"
#include "proto/ringside-fields.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/writer-fixture.h"

#define EVENTS 9000u /* some times what all batches hold */

#define _cleanup_writer_ _cleanup_(fixture_writer_free)
#define _cleanup_reader_ _cleanup_(reader_freep)

static struct stream stream;

/* A denial by its frame, and none inside. The next event seems to go on with its run. */
static void add_unreadable(void)
{
	uint8_t record[64], *mark;
	struct pb pb = pb_make(record + 1, sizeof(record) - 1);

	pb_bytes(&pb, RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL, (const uint8_t[]){0xff, 0xff}, 2);
	mark = pb_open(&pb, FIELD_RECORD_CPU_SUMS);
	pb_uint(&pb, FIELD_CPU_SUMS_CPU, 0);
	pb_uint(&pb, FIELD_CPU_SUMS_BETWEEN, 7);
	pb_close(&pb, mark);
	pb_fixed64(&pb, FIELD_RECORD_TIME_UNIX_NANO, STREAM_NANO_UNIX + stream.nano);
	pb_uint(&pb, FIELD_RECORD_SEQ, ++stream.seq);
	record[0] = (uint8_t)(pb.p - record - 1);
	stream_raw(&stream, record, (size_t)(pb.p - record));
}

static int make_stream(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	stream_init(&stream);
	stream.runs = true;
	stream_header(&stream);
	for (unsigned i = 1; i <= EVENTS; i++) {
		stream_event(&stream, i % 7 ? STREAM_SECCOMP : STREAM_OOM, i % STREAM_CPUS);
		if (i % 1000 == 0)
			stream_limited(&stream, STREAM_SECCOMP, 3);
		if (i % 2500 == 0)
			stream_header(&stream);
		if (i % 1700 <= 2)
			add_unreadable();
	}
	return 0;
}

static int free_stream(void **state)
{
	stream_done(&stream);
	return 0;
}

struct side {
	struct output output;
	bool said;
};

/* The first one is said, as the printer does. */
static void complain(void *data, const struct output_unreadable *record)
{
	struct side *side = data;
	char line[64];

	if (side->said)
		return;
	side->said = true;
	(void)snprintf(line, sizeof(line), "! %zu at %" PRIu64 " %d\n", record->source.size,
		       record->source.offset, record->starved);
	writer_string(side->output.writer, line);
}

static struct reader *read_stream(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);
	struct reader *reader;

	assert_ok(write_all(fd, stream.data, stream.size));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_ok(reader_new(&reader, fd, "stream"));
	reader_set_raw(reader, true);
	reader_set_framed(reader);
	return reader;
}

/* Returns whether it was readable. */
static bool put_here(struct side *side, struct reader *reader, struct reader_record *item)
{
	const struct output_unreadable unreadable = {.source = {item->offset, item->size}};

	if (reader_unpack(reader, item)) {
		complain(side, &unreadable);
		return false;
	}
	side->output.header = reader_header(reader);
	side->output.cache = reader_memo(reader);
	(void)output_put(&side->output, item->record, item->frame, item->size);
	return true;
}

static int next_record(struct reader *reader, struct reader_record *item)
{
	int r = reader_next(reader, item);

	if (r) /* nothing else is wrong with it */
		assert_int_equal(r, READER_END);
	return r;
}

/* Returns how many were not readable. */
static uint64_t put_all(struct side *side)
{
	uint64_t unreadable = 0;
	struct reader *reader = read_stream();
	int fd = reader_fd(reader);
	struct reader_record item;

	assert_ok(output_open(&side->output));
	while (!next_record(reader, &item))
		unreadable += !put_here(side, reader, &item);
	assert_ok(output_close(&side->output));
	(void)reader_free(reader);
	assert_ok(close(fd));
	return unreadable;
}

static int put_there(struct output_threads *threads, const struct reader_record *item)
{
	const struct output_source source = {item->offset, item->size, item->derived->parts};

	return output_threads_put(threads, item->frame, item->size, &source);
}

/* The same by @n threads, of which none is used for the first @alone records. */
static uint64_t share_all(struct side *side, unsigned n, unsigned alone)
{
	_cleanup_(output_threads_freep) struct output_threads *threads = NULL;
	struct reader *reader = read_stream();
	int fd = reader_fd(reader);
	struct reader_record item;
	uint64_t unreadable = 0;

	assert_ok(output_open(&side->output));
	assert_ok(output_threads_new(&threads, &side->output, n, complain, side));
	for (unsigned i = 0; !next_record(reader, &item); i++) {
		if (item.header || i < alone) {
			unreadable += output_threads_finish(threads);
			unreadable += !put_here(side, reader, &item);
			assert_ok(output_threads_header(threads, reader_header(reader)));
			continue;
		}
		assert_ok(put_there(threads, &item));
	}
	unreadable += output_threads_finish(threads);
	assert_int_equal(output_threads_finish(threads), 0);
	threads = output_threads_free(threads);
	assert_ok(output_close(&side->output));
	(void)reader_free(reader);
	assert_ok(close(fd));
	return unreadable;
}

static void assert_same_files(int one, int two)
{
	struct stat st_one, st_two;
	const uint8_t *p, *q;
	size_t size;

	assert_ok(fstat(one, &st_one));
	assert_ok(fstat(two, &st_two));
	assert_int_equal(st_one.st_size, st_two.st_size);
	size = (size_t)st_one.st_size;
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, one, 0);
	q = mmap(NULL, size, PROT_READ, MAP_SHARED, two, 0);
	assert_true(p != MAP_FAILED && q != MAP_FAILED);
	assert_true(!memcmp(p, q, size));
	(void)munmap((void *)(uintptr_t)p, size);
	(void)munmap((void *)(uintptr_t)q, size);
}

static void assert_same(const struct output_ops *ops)
{
	_cleanup_writer_ struct writer *alone = fixture_writer();
	struct side side = {.output = {.ops = ops, .writer = alone}};
	uint64_t unreadable;

	unreadable = put_all(&side);
	assert_true(unreadable > 6);
	for (unsigned n = 1; n <= OUTPUT_THREADS_MAX; n++) {
		_cleanup_writer_ struct writer *shared = fixture_writer();

		side = (struct side){.output = {.ops = ops, .writer = shared}};
		assert_int_equal(share_all(&side, n, 0), unreadable);
		assert_same_files(shared->fd, alone->fd);
	}
}

static void json_is_the_same(void **state)
{
	assert_same(&output_json);
	assert_same(&output_protojson);
}

/* A column that widens, culprits that are remembered. */
static void text_goes_on_where_it_was(void **state)
{
	_cleanup_writer_ struct writer *alone = fixture_writer();
	struct side side = {.output = {.ops = &output_text, .writer = alone}};

	(void)put_all(&side);
	for (unsigned first = 0; first <= EVENTS; first += EVENTS / 3) {
		_cleanup_writer_ struct writer *shared = fixture_writer();

		side = (struct side){.output = {.ops = &output_text, .writer = shared}};
		(void)share_all(&side, OUTPUT_THREADS_MAX, first);
		assert_same_files(shared->fd, alone->fd);
	}
}

static char *long_name(void)
{
	static char name[3 * WRITER_SIZE];

	memset(name, 'x', sizeof(name) - 1);
	return name;
}

static void lengthen_name(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->host_name = long_name();
}

/* Each batch has many times the output that there is room for. */
static void much_more_output_than_room_is_the_same(void **state)
{
	const struct stream all = stream;

	stream_init(&stream);
	stream.runs = true;
	stream.mangle = lengthen_name;
	stream_header(&stream);
	for (unsigned i = 0; i < 200; i++) {
		stream_event(&stream, STREAM_SECCOMP, 0);
		if (i % 20 == 3)
			add_unreadable();
	}
	assert_same(&output_json);
	stream_done(&stream);
	stream = all;
}

static void nobody_reads_any_more(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct side side = {.output = {.ops = &output_json, .writer = writer}};
	_cleanup_(output_threads_freep) struct output_threads *threads = NULL;
	_cleanup_reader_ struct reader *reader = read_stream();
	int fd = reader_fd(reader), fds[2], r = 0;
	struct reader_record item;

	assert_ok(pipe2(fds, O_CLOEXEC));
	assert_ok(close(fds[0]));
	assert_ok(dup2(fds[1], writer->fd) - writer->fd);
	assert_ok(close(fds[1]));
	assert_ok(output_open(&side.output));
	assert_ok(output_threads_new(&threads, &side.output, 2, complain, &side));
	while (!r && !next_record(reader, &item))
		r = put_there(threads, &item);
	assert_int_equal(r, -EPIPE);
	(void)output_threads_finish(threads);
	threads = output_threads_free(threads);
	assert_int_equal(output_close(&side.output), -EPIPE);
	assert_ok(close(fd));
}

/* Also while a thread waits for somebody to write what is in its way. */
static void what_is_not_finished_is_dropped(void **state)
{
	for (unsigned n = 0; n < 3000; n = 2 * n + 1) {
		_cleanup_writer_ struct writer *writer = fixture_writer();
		struct side side = {.output = {.ops = &output_json, .writer = writer}};
		struct output_threads *threads;
		Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
		const struct output_source source = {0};
		static const uint8_t clock[] = {RINGSIDE__V1__RECORD__BODY_CLOCK << 3 | 2, 0};

		header.host_name = long_name();
		assert_ok(output_open(&side.output));
		assert_ok(output_threads_new(&threads, &side.output, 2, complain, &side));
		assert_ok(output_threads_header(threads, &header));
		for (unsigned i = 0; i < n; i++)
			assert_ok(output_threads_put(threads, clock, sizeof(clock), &source));
		assert_null(output_threads_free(threads));
		assert_ok(output_close(&side.output));
	}
}

static void without_a_thread_there_is_nothing(void **state)
{
	_cleanup_writer_ struct writer *writer = fixture_writer();
	struct output output = {.ops = &output_json, .writer = writer};
	struct output_threads *threads = NULL;
	pthread_attr_t usual, vast;

	assert_ok(pthread_getattr_default_np(&usual));
	assert_ok(pthread_attr_init(&vast));
	assert_ok(pthread_attr_setstacksize(&vast, (size_t)1 << 50));
	assert_ok(pthread_setattr_default_np(&vast));
	assert_ok(output_open(&output));
	assert_true(output_threads_new(&threads, &output, 2, complain, NULL) < 0);
	assert_null(threads);
	assert_ok(pthread_setattr_default_np(&usual));
	assert_int_equal(output_threads_new(&threads, &output, 0, complain, NULL), -EAGAIN);
	assert_ok(output_close(&output));
	(void)pthread_attr_destroy(&usual);
	(void)pthread_attr_destroy(&vast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_the_same),
		cmocka_unit_test(text_goes_on_where_it_was),
		cmocka_unit_test(much_more_output_than_room_is_the_same),
		cmocka_unit_test(nobody_reads_any_more),
		cmocka_unit_test(what_is_not_finished_is_dropped),
		cmocka_unit_test(without_a_thread_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, make_stream, free_stream);
}
