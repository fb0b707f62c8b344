/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: put-records URL FILE [NAME=VALUE...]
 *
 * Gives a target all records of a recording, and says what became of them: for tests of the
 * targets alone. */
#include <inttypes.h>
#include <stdio.h>

#include "consumer/read/body.h"
#include "consumer/targets/targets.h"

#define MEMORY (4u << 20)

static int refuse_record(void *data, const uint8_t *stream_id, uint64_t seq, const char *status,
			 const char *why, const uint8_t *frame, size_t size)
{
	(void)fprintf(stderr, "refused %" PRIu64 ": %s: %s\n", seq, status, why);
	return 0;
}

static void say(void *data, const char *text)
{
	(void)fprintf(stderr, "%s\n", text);
}

static struct target_item item_of(struct reader *reader, const struct reader_record *record)
{
	static const uint8_t none[TARGET_ID];
	const Ringside__V1__Header *header = reader_header(reader);
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->record->body_case);

	return (struct target_item){
		.stream_id = header && header->stream_id.len == TARGET_ID ? header->stream_id.data
									  : none,
		.seq = record->peek.seq,
		.last_seq = record->peek.seq,
		.kind = field ? field->name : "",
		.host = header && header->host_name ? header->host_name : "",
		.time_unix_nano = record->peek.time_unix_nano,
		.frame = record->frame,
		.size = record->size,
		.record = record->unknown ? NULL : record->record,
		.header = header,
		.reader = reader,
		.event = body_is_event(record->record),
		.redacted = "",
	};
}

/* Lets it work; says what is wrong, once. 0 or -errno. */
static int run(const struct target_ops *ops, struct target *target, int timeout_ms, bool flush)
{
	static char problem[TARGET_PROBLEM];
	int r = ops->run(target, timeout_ms, flush);
	const struct target_sums *sums = ops->sums(target);

	if (strcmp(problem, sums->problem)) {
		memcpy(problem, sums->problem, sizeof(problem));
		(void)fprintf(stderr, "%s\n", *problem ? problem : "it goes on");
	}
	return r;
}

static int put_all(const struct target_ops *ops, struct target *target, struct reader *reader)
{
	struct reader_record record;
	int r;

	while (!(r = reader_next(reader, &record))) {
		const struct target_item item = item_of(reader, &record);

		while ((r = ops->put(target, &item)) == -EAGAIN)
			if ((r = run(ops, target, 1000, false)))
				return r;
		r = r ? r : run(ops, target, 0, false);
		if (r)
			return r;
	}
	while (r == READER_END && ops->sums(target)->settled < ops->sums(target)->taken)
		if ((r = run(ops, target, 1000, true)) == 0)
			r = READER_END;
	return r == READER_END ? 0 : r;
}

/* And what it took of memory, and how often it woke up. */
static void print_sums(const struct target_sums *sums)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");

	printf("taken %" PRIu64 " settled %" PRIu64 " sent %" PRIu64 " acknowledged %" PRIu64
	       " retried %" PRIu64 " refused %" PRIu64 " doubled %" PRIu64 " bytes %" PRIu64 "\n",
	       sums->taken, sums->settled, sums->sent, sums->acknowledged, sums->retried,
	       sums->refused, sums->doubled, sums->bytes);
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "RssAnon", 7) || !strncmp(line, "voluntary", 9))
			(void)fputs(line, stderr);
	if (status)
		(void)fclose(status);
}

int main(int argc, char **argv)
{
	const struct target_ops *ops = argc > 2 ? target_find(argv[1]) : NULL;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	char problem[TARGET_PROBLEM] = "";
	struct target_options options = {.memory = MEMORY, .refuse = refuse_record, .say = say};
	struct target *target;
	int r;

	if (!ops || reader_open(&reader, argv[2]))
		return 2;
	options.url = argv[1];
	options.rest = strchr(argv[1], ':') + 1;
	options.set = (const char *const *)argv + 3;
	r = ops->open(&target, &options, problem);
	if (r) {
		(void)fprintf(stderr, "%s\n", problem);
		return 1;
	}
	r = put_all(ops, target, reader);
	if (r)
		(void)fprintf(stderr, "%s: %s\n", strerror(-r), ops->sums(target)->problem);
	print_sums(ops->sums(target));
	ops->close(target);
	return r ? 1 : 0;
}
