/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: json-writers FILE
 *
 * For bench-json.sh: ns per event of the consumer's JSON writer and of one made with jansson, which
 * says the same (that is checked first). All in one process, in turns; medians.
 *   decode N          the file is read and decoded by the consumer's reader, nothing is written
 *   ringside N N      the same and each event is written to /dev/null; and, of events that are
 *   jansson N N       decoded already, by protobuf-c and without a memo, the writing alone */
#include <fcntl.h>
#include <time.h>

#include "consumer/output/output.h"
#include "consumer/read/body.h"
#include "consumer/read/reader.h"
#include "tests/bench/jansson-writer.h"

#define RUNS 11
#define EVENTS_MAX 2000u

#define die(...) (fprintf(stderr, "json-writers: " __VA_ARGS__), exit(1))

struct events {
	struct reader *reader; /* of the Header */
	Ringside__V1__Record *all[EVENTS_MAX];
	size_t n;
};

/* What one event is written with. */
struct side {
	const char *name;
	struct output output;
	struct jansson_writer *jansson; /* NULL: output */
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void put(struct side *side, const Ringside__V1__Record *record,
		const Ringside__V1__Header *header)
{
	side->output.header = header;
	if (side->jansson)
		jansson_put(side->jansson, side->output.writer, record, header);
	else if (output_put(&side->output, record, NULL, 0))
		die("cannot write\n");
}

static struct reader *open_reader(const char *path)
{
	struct reader *reader;

	if (reader_open(&reader, path))
		die("cannot open %s\n", path);
	return reader;
}

/* The first events of the file. */
static void load(struct events *events, const char *path)
{
	struct reader_record item;

	events->reader = open_reader(path);
	while (events->n < EVENTS_MAX && !reader_next(events->reader, &item)) {
		if (!body_is_event(item.record))
			continue;
		events->all[events->n] = ringside__v1__record__unpack(NULL, item.size, item.frame);
		if (!events->all[events->n++])
			die("out of memory\n");
	}
	if (events->n < EVENTS_MAX)
		die("%s has fewer than %u events\n", path, EVENTS_MAX);
}

static double write_loaded(struct side *side, const struct events *events)
{
	const Ringside__V1__Header *header = reader_header(events->reader);
	double start = now();

	side->output.cache = NULL;
	for (size_t i = 0; i < events->n; i++)
		put(side, events->all[i], header);
	return (now() - start) / (double)events->n;
}

/* @side: NULL: only read. */
static double write_file(struct side *side, const char *path)
{
	double start = now();
	struct reader *reader = open_reader(path);
	struct reader_record item;
	size_t n = 0;

	if (side)
		side->output.cache = reader_memo(reader);
	while (!reader_next(reader, &item)) {
		if (!body_is_event(item.record))
			continue;
		if (side)
			put(side, item.record, reader_header(reader));
		n++;
	}
	reader = reader_free(reader);
	return (now() - start) / (double)n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(*values), compare);
	return values[RUNS / 2];
}

/* Both sides say the same of each event. */
static void check(struct side sides[2], const char *path)
{
	struct writer *a = sides[0].output.writer, *b = sides[1].output.writer;
	struct reader *reader = open_reader(path);
	struct reader_record item;

	while (!reader_next(reader, &item)) {
		if (!body_is_event(item.record))
			continue;
		a->size = b->size = 0;
		sides[0].output.cache = reader_memo(reader);
		put(&sides[0], item.record, reader_header(reader));
		put(&sides[1], item.record, reader_header(reader));
		if (!jansson_is_same(a, b))
			die("not the same:\n%.*s%.*s", (int)a->size, a->buf, (int)b->size, b->buf);
	}
	reader = reader_free(reader);
}

static void run(struct side sides[2], const struct events *events, const char *path)
{
	double decode[RUNS], whole[2][RUNS], writer[2][RUNS];

	for (unsigned i = 0; i < RUNS; i++) {
		decode[i] = write_file(NULL, path);
		for (unsigned k = 0; k < 2; k++) {
			whole[k][i] = write_file(&sides[k], path);
			writer[k][i] = write_loaded(&sides[k], events);
		}
	}
	(void)printf("decode %.0f\n", median(decode));
	for (unsigned k = 0; k < 2; k++)
		(void)printf("%s %.0f %.0f\n", sides[k].name, median(whole[k]), median(writer[k]));
}

int main(int argc, char **argv)
{
	struct events *events = calloc(1, sizeof(*events));
	struct side sides[2] = {{.name = "ringside"}, {.name = "jansson"}};
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (argc != 2 || !events || fd < 0)
		die("usage: json-writers FILE\n");
	load(events, argv[1]);
	for (unsigned k = 0; k < 2; k++) {
		sides[k].output.ops = &output_json; /* of jansson's, only the writer is used */
		if (writer_new(&sides[k].output.writer, fd) || output_open(&sides[k].output))
			die("out of memory\n");
	}
	sides[1].jansson = jansson_writer_new();
	check(sides, argv[1]);
	run(sides, events, argv[1]);
	return 0;
}
