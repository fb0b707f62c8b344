/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/line.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/record/stream-hash.h"
#include "tests/lib/denial.h"
#include "tests/lib/stopwatch.h"

#define PIECE (128u * 1024) /* of what is hashed or written at once, as by the streamer */

static const struct line *running;
static uint64_t sink_of_words; /* for the compiler */

int __real_encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
			 const struct record_stamp *stamp, uint8_t *buf, size_t *ret_size);
int __wrap_encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
			 const struct record_stamp *stamp, uint8_t *buf, size_t *ret_size);

/* The linker puts it in encoder_event's place. */
int __wrap_encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
			 const struct record_stamp *stamp, uint8_t *buf, size_t *ret_size)
{
	Ringside__V1__Record *message;
	uint8_t *p;

	if (!running || running->way->deed != PACK)
		return __real_encoder_event(encoder, head, size, stamp, buf, ret_size);
	message = running->load->messages[load_index(head)];
	message->cpu_sums->cpu = head->cpu;
	message->cpu_sums->seen = head->seen;
	message->cpu_sums->dropped = head->dropped;
	message->boottime_nano = head->boottime_nano;
	message->time_unix_nano = head->boottime_nano + (uint64_t)stamp->realtime_offset;
	message->seq = stamp->seq;
	p = pb_put_varint(buf, ringside__v1__record__get_packed_size(message));
	*ret_size = (size_t)(p - buf) + ringside__v1__record__pack(message, p);
	return 0;
}

void die(const char *what)
{
	(void)fprintf(stderr, "bench-drain: %s\n", what);
	exit(EXIT_FAILURE);
}

void line_run(const struct line *line)
{
	running = line;
}

bool line_takes(const struct way *way)
{
	return way->deed != HASH && way->deed != WRITE;
}

/* ring_fn */
static int do_nothing(void *data, const void *record, size_t size)
{
	return 0;
}

/* ring_fn */
static int read_words(void *data, const void *record, size_t size)
{
	const uint64_t *words = record;
	uint64_t sum = 0;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		sum ^= words[i];
	sink_of_words ^= sum;
	return 0;
}

static void open_pipeline(struct line *line)
{
	static const struct pipeline_config pipeline = {.header.counters_interval = 10};
	const struct sink_config config = {.path = line->way->path,
					   .force = true,
					   .level = SINK_LEVEL_BY_NAME};
	char error[1024];

	line_run(line);
	if (sink_open(&line->sink, &config, error, sizeof(error)) < 0 ||
	    pipeline_new(&line->pipeline, &pipeline, line->kernel, line->sink, error,
			 sizeof(error)) < 0 ||
	    pipeline_begin(line->pipeline, NULL, error, sizeof(error)) < 0)
		die(error);
	line->fd = line->sink->fd;
}

void line_close(struct line *line)
{
	if (line->way->deed == WRITE)
		(void)close(line->fd);
	line->pipeline = pipeline_free(line->pipeline);
	line->sink = sink_free(line->sink);
	ring_done(&line->ring);
	if (line->way->path && strcmp(line->way->path, "/dev/null"))
		(void)unlink(line->way->path);
}

unsigned line_drain(struct line *line)
{
	unsigned n;

	(void)ring_drain(&line->ring, 256, line->way->deed == READ ? read_words : do_nothing, NULL,
			 &n);
	return n;
}

static void take(struct line *line, unsigned n)
{
	struct pipeline *p = line->pipeline;

	line_run(line);
	while (!p && n)
		n -= line_drain(line);
	if (!p)
		return;
	p->left = n;
	p->reason = NULL;
	if (pipeline_run(p) || p->failure)
		die("the pipeline failed");
	p->reason = NULL;
	pipeline_flush(p);
}

static void use(const struct line *line, const struct flood_record *records)
{
	memcpy(flood_records(line->kernel), records, FLOOD_RECORDS * sizeof(*records));
}

void line_open(struct line *line, const struct way *way, const struct load *load,
	       struct kernel *kernel)
{
	*line = (struct line){
		.way = way, .load = load, .kernel = kernel, .fd = -1, .ring = RING_NULL};
	if (ring_init(&line->ring, kernel_bulk_fd(kernel)) < 0)
		die("cannot map the ring");
	if (way->deed == WRITE)
		line->fd = open(way->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (way->deed == WRITE && line->fd < 0)
		die(way->path);
	if (way->deed == ENCODE || way->deed == PACK)
		open_pipeline(line);
	use(line, load->first);
	flood_run(kernel, FLOOD_RECORDS);
	take(line, FLOOD_RECORDS);
	use(line, load->records);
}

static void hash_or_write(const struct line *line, unsigned n)
{
	size_t bytes = n * (ringside__v1__record__get_packed_size(line->load->messages[0]) + 2);
	static uint8_t piece[PIECE];
	XXH3_state_t *state = XXH3_createState();

	(void)XXH3_64bits_reset(state);
	for (size_t size; bytes; bytes -= size) {
		size = bytes < PIECE ? bytes : PIECE;
		if (line->way->deed == HASH)
			stream_hash_update(state, piece, size);
		else if (write(line->fd, piece, size) != (ssize_t)size)
			die(line->way->path);
	}
	sink_of_words ^= XXH3_64bits_digest(state);
	(void)XXH3_freeState(state);
}

/* Its pages are needed again: memory that is new to a guest would cost more than all else here. */
static void empty_file(const struct line *line)
{
	struct stat st;

	if (line->fd >= 0 && !fstat(line->fd, &st) && S_ISREG(st.st_mode))
		(void)fallocate(line->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				st.st_size);
}

uint64_t line_time(struct line *line, unsigned n)
{
	bool takes = line_takes(line->way);
	uint64_t start;

	empty_file(line);
	if (takes)
		flood_run(line->kernel, n);
	start = cpu_nano();
	if (takes)
		take(line, n);
	else
		hash_or_write(line, n);
	return cpu_nano() - start;
}
