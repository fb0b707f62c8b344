/* SPDX-License-Identifier: Apache-2.0 */
/* ringside tail nats://...: the last records of a fleet, as they came, and those that come. */
#include <errno.h>
#include <poll.h>

#include "consumer/commands/tail.h"
#include "consumer/filter/filter-remote.h"
#include "proto/base/util.h"

/* Records are looked at from the end on, so many first, and so many times as many if those that are
 * wanted are not among them. */
#define SPAN_FIRST 1000u
#define SPAN_TIMES 32u

struct following {
	struct tail *tail;
	struct reader *reader;
};

/* What is there is shown before we wait for more. */
static void show_all(void *data)
{
	const struct following *remote = data;
	struct pollfd fds[] = {
		{.fd = reader_fd(remote->reader), .events = POLLIN},
		{.fd = STDOUT_FILENO}, /* a pipe that nobody reads any more is an error */
	};

	if (printer_flush(&remote->tail->printer) ||
	    (poll(fds, ARRAY_SIZE(fds), -1) > 0 && fds[1].revents & POLLERR))
		reader_end_remote(remote->reader);
}

/* A fleet, by arrival. 0 or -errno. */
static int follow(struct tail *tail, const struct each_record_ops *ops)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	const char *url = tail->rotation.path;
	int answer, r = filter_open_remote(&reader, url, tail->printer.filter,
					   (struct filter_part){.follow = true});

	if (r) {
		printer_say_error(&tail->printer, url, r);
		return 0;
	}
	input_on_idle(reader_input(reader), show_all,
		      &(struct following){.tail = tail, .reader = reader});
	printer_begin(&tail->printer, reader, url);
	r = each_record(reader, ops, &tail->printer, &tail->memory, &answer);
	printer_end(&tail->printer, reader, url, answer);
	return r;
}

struct counting {
	struct printer *printer;
	uint64_t n;
};

static int count_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct counting *counting = data;
	int r = printer_wants(counting->printer, reader, item);

	counting->n += r == 1;
	return r < 0 ? r : 0;
}

/* What is wrong is said when it is printed. */
static void say_nothing(void *data, const char *problem)
{
}

/* How many of @part are wanted. 0 or -errno. */
static int count_part(struct tail *tail, struct filter_part part, uint64_t *ret)
{
	static const struct each_record_ops ops = {.put = count_record, .complain = say_nothing};
	_cleanup_(reader_freep) struct reader *reader = NULL;
	_cleanup_(record_memory_done) struct record_memory memory = {0};
	struct counting counting = {.printer = &tail->printer};
	int answer, r;

	r = filter_open_remote(&reader, tail->rotation.path, tail->printer.filter, part);
	if (r)
		return r;
	memory.sides.one = tail->printer.one_stream;
	r = seen_records_begin(&memory.seen, tail->rotation.path);
	if (!r)
		r = each_record(reader, &ops, &counting, &memory, &answer);
	*ret = counting.n;
	return r;
}

/* @part, as short as it may be and have the last ones, and how many that are wanted there are in it
 * before these. 0 or -errno. */
static int choose_part(struct tail *tail, struct filter_part *part)
{
	const struct filter *filter = tail->printer.filter;
	const uint64_t least = part->first;
	uint64_t n = 0;
	int r = 0;
	bool whole;

	for (uint64_t span = SPAN_FIRST;; span *= SPAN_TIMES) {
		/* from --since on there is no need to ask how far back it is */
		whole = tail->lines == UINT64_MAX || filter_since(filter) ||
			part->last - least < span;
		part->first = whole ? least : part->last - span + 1;
		r = count_part(tail, *part, &n);
		if (r || whole || n >= tail->lines)
			break;
	}
	tail->skip = n > tail->lines ? n - tail->lines : 0;
	tail->printer.partly = !whole;
	return r;
}

/* each_record_ops.put: what is before the last ones is passed over. A raw output puts the Header of
 * the first by itself. */
static int put_last(void *data, struct reader *reader, struct reader_record *item)
{
	struct tail *tail = container_of(data, struct tail, printer);

	if (!tail->skip)
		return tail->ops->put(data, reader, item);
	tail->skip -= printer_wants(data, reader, item) == 1;
	return 0;
}

static int print_part(struct tail *tail, const struct each_record_ops *ops, struct filter_part part)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	const char *url = tail->rotation.path;
	struct each_record_ops last = *ops;
	int answer, r = filter_open_remote(&reader, url, tail->printer.filter, part);

	if (r)
		return r;
	last.put = put_last;
	tail->ops = ops;
	printer_begin(&tail->printer, reader, url);
	r = each_record(reader, &last, &tail->printer, &tail->memory, &answer);
	printer_end(&tail->printer, reader, url, answer);
	return r;
}

int tail_print_remote(struct tail *tail, const struct each_record_ops *ops)
{
	const char *url = tail->rotation.path;
	struct filter_part part = {0};
	int r = seen_records_begin(&tail->memory.seen, url);

	tail->memory.sides.one = tail->printer.one_stream;
	if (r)
		return r;
	if (tail->rotation.following)
		return follow(tail, ops);
	r = filter_remote_numbers(url, tail->printer.filter, &part);
	if (!r && part.last && tail->lines)
		r = choose_part(tail, &part);
	if (!r && part.last && tail->lines)
		r = print_part(tail, ops, part);
	if (r && r != -EPIPE)
		printer_say_error(&tail->printer, url, r);
	return r == -EPIPE ? r : 0;
}
