/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of a frame's content is kept here, and not by zstd: so a frame can be ended at any
 * earlier flush, by an empty last block and that checksum, when what zstd has taken since can not
 * be written, and nothing is summed up twice (https://www.rfc-editor.org/rfc/rfc8878, 3.1.1). */
#include "proto/recording/recording-writer.h"

#include <errno.h>
#include <stdbool.h>

#include <xxhash.h>
#include <zstd.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/record/pb.h"
#include "proto/record/peek.h"
#include "proto/recording/recording-index.h"

/* Of records in one put: a block of zstd's. */
#define RUN_MAX (128u * 1024)
#define OUTPUT_MIN (160u * 1024)
/* A recording of more data frames than that gets no seek table: 8 minutes of a storm's largest
 * files are 500, an idle month is 43,200. */
#define ENTRIES_MAX 65536u
/* At the default level it is the size of the table of short matches, which records hardly have. */
#define SHORT_LOG 12
/* A data frame that is full after less than that (40,000 events a second and more) is of a storm:
 * in the next one the compressor saves time instead of bytes. */
#define STORM_NANO 50000000u
#define STORM_LEVEL (-2)
/* One that takes longer than that (12,000 events a second), and the first, may take a microsecond
 * an event. With this table it has no more memory than at the default level. */
#define QUIET_NANO 400000000u
#define QUIET_LEVEL 7
#define QUIET_LOG 16
#define SKIPPABLE_HEADER 8u
#define SEEK_ENTRY 8u
#define SEEK_FOOTER 9u
#define CHECKSUM 4u
#define LAST_BLOCK (3u + CHECKSUM) /* an empty one, and the checksum */
/* Of a frame's header: the byte that describes it, and what in there says that it has a checksum.
 */
#define DESCRIPTOR 4u
#define HAS_CHECKSUM 0x04u

struct entry {
	uint32_t compressed;
	uint32_t content;
	uint32_t index;
};

/* What a mark keeps, besides the checksum. */
struct state {
	struct recording_index index; /* of the data frame */
	bool open;                    /* there is one */
	uint64_t opened_nano;
	uint64_t content; /* of the recording, before the data frame */
	size_t n_entries;
};

struct recording_writer {
	ZSTD_CCtx *zstd;
	int level;
	XXH64_state_t *sum;
	XXH64_state_t *marked_sum;
	struct state now;
	struct state marked;
	struct entry *entries;
	size_t entries_size;
	uint8_t *out;
	size_t out_size, begin, end; /* of out; what is to be written */
};

static int set_up(struct recording_writer *w, int level)
{
	const struct {
		ZSTD_cParameter parameter;
		int value;
	} parameters[] = {
		{ZSTD_c_windowLog, RECORDING_WINDOW_LOG},
		{ZSTD_c_chainLog, level == RECORDING_LEVEL_DEFAULT ? SHORT_LOG : 0},
		{ZSTD_c_checksumFlag, 0},
	};

	w->level = level;
	w->zstd = ZSTD_createCCtx();
	w->sum = XXH64_createState();
	w->marked_sum = XXH64_createState();
	w->out = malloc(OUTPUT_MIN);
	if (!w->zstd || !w->sum || !w->marked_sum || !w->out)
		return -ENOMEM;
	w->out_size = OUTPUT_MIN;
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++)
		if (ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, parameters[i].parameter,
							parameters[i].value)))
			return -EINVAL;
	return 0;
}

int recording_writer_new(struct recording_writer **ret, int level)
{
	struct recording_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	r = set_up(w, level);
	if (r < 0)
		w = recording_writer_free(w);
	else
		*ret = w;
	return r;
}

struct recording_writer *recording_writer_free(struct recording_writer *w)
{
	if (!w)
		return NULL;
	(void)ZSTD_freeCCtx(w->zstd);
	(void)XXH64_freeState(w->sum);
	(void)XXH64_freeState(w->marked_sum);
	free(w->entries);
	free(w->out);
	free(w);
	return NULL;
}

static int make_room(struct recording_writer *w, size_t room)
{
	uint8_t *out;

	if (w->out_size - w->end >= room)
		return 0;
	if (w->begin) {
		memmove(w->out, w->out + w->begin, w->end - w->begin);
		w->end -= w->begin;
		w->begin = 0;
	}
	if (w->out_size - w->end >= room)
		return 0;
	out = realloc(w->out, w->end + room);
	if (!out)
		return -ENOMEM;
	w->out = out;
	w->out_size = w->end + room;
	return 0;
}

static int compress_bytes(struct recording_writer *w, const void *data, size_t size,
			  ZSTD_EndDirective directive)
{
	ZSTD_inBuffer in = {.src = data, .size = size};
	size_t left;

	if (make_room(w, ZSTD_compressBound(size) + ZSTD_CStreamOutSize() / 8) < 0)
		return -ENOMEM;
	do {
		ZSTD_outBuffer out = {.dst = w->out + w->end, .size = w->out_size - w->end};

		left = ZSTD_compressStream2(w->zstd, &out, &in, directive);
		if (ZSTD_isError(left))
			return -ENOMEM; /* nothing else can go wrong here */
		if (!w->now.index.compressed_bytes && out.pos)
			w->out[w->end + DESCRIPTOR] |= HAS_CHECKSUM;
		w->end += out.pos;
		w->now.index.compressed_bytes += out.pos;
		if (left && make_room(w, left) < 0)
			return -ENOMEM;
	} while (left);
	return 0;
}

static uint8_t *put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		*p++ = (uint8_t)(v >> (8 * i));
	return p;
}

static int add_entry(struct recording_writer *w, const struct entry *entry)
{
	if (w->now.n_entries > ENTRIES_MAX)
		return 0;
	if (GROW(w->entries, w->now.n_entries, &w->entries_size))
		return -ENOMEM;
	w->entries[w->now.n_entries++] = *entry;
	return 0;
}

/* Behind a data frame that is complete. */
static int put_index(struct recording_writer *w)
{
	struct recording_index *index = &w->now.index;
	struct entry entry = {.compressed = (uint32_t)index->compressed_bytes,
			      .content = (uint32_t)index->uncompressed_bytes};
	uint8_t *start;
	size_t size;
	int r;

	r = make_room(w, SKIPPABLE_HEADER + RECORDING_INDEX_MAX);
	if (r < 0)
		return r;
	start = w->out + w->end;
	size = recording_index_pack(index, start + SKIPPABLE_HEADER);
	(void)put_le32(put_le32(start, RECORDING_INDEX_MAGIC), (uint32_t)size);
	entry.index = (uint32_t)(SKIPPABLE_HEADER + size);
	r = add_entry(w, &entry);
	if (r < 0)
		return r;
	w->end += entry.index;
	w->now.content += index->uncompressed_bytes;
	w->now.open = false;
	return 0;
}

static void put_checksum(struct recording_writer *w)
{
	(void)put_le32(w->out + w->end, (uint32_t)XXH64_digest(w->sum));
	w->end += CHECKSUM;
	w->now.index.compressed_bytes += CHECKSUM;
}

int recording_writer_end_frame(struct recording_writer *w)
{
	int r;

	if (!w->now.open)
		return 0;
	r = compress_bytes(w, NULL, 0, ZSTD_e_end);
	if (!r)
		r = make_room(w, CHECKSUM);
	if (r < 0)
		return r;
	put_checksum(w);
	return put_index(w);
}

/* For the next frame; the index is still that of the one before. */
static int level_at(const struct recording_writer *w, uint64_t now_nano)
{
	bool full = w->now.index.uncompressed_bytes > RECORDING_FRAME_BYTES / 2;
	uint64_t took = now_nano - w->now.opened_nano;

	if (w->level != RECORDING_LEVEL_DEFAULT)
		return w->level;
	if (full && took < STORM_NANO)
		return STORM_LEVEL;
	return full && took < QUIET_NANO ? w->level : QUIET_LEVEL;
}

static int set_level(struct recording_writer *w, int level)
{
	const int log = level == QUIET_LEVEL && w->level != level ? QUIET_LOG : 0;

	if (ZSTD_isError(ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_hashLog, log)))
		return -EINVAL;
	return 0;
}

static int open_frame(struct recording_writer *w, uint64_t now_nano)
{
	const int level = level_at(w, now_nano);
	uint8_t stream_id[RECORDING_STREAM_ID];
	bool has_stream_id = w->now.index.has_stream_id;

	memcpy(stream_id, w->now.index.stream_id, sizeof(stream_id));
	w->now.index = (struct recording_index){.run = w->now.index.run,
						.uncompressed_offset = w->now.content,
						.has_stream_id = has_stream_id};
	memcpy(w->now.index.stream_id, stream_id, sizeof(stream_id));
	w->now.open = true;
	w->now.opened_nano = now_nano;
	(void)XXH64_reset(w->sum, 0);
	return set_level(w, level);
}

/* Whether the record may begin a frame: those before it tell nothing of it. */
static bool is_apart(const struct frame *record)
{
	struct peek peek;

	return !peek_record(record->data, record->size, &peek) || !peek.sums || peek.has_boottime;
}

/* Whether the record has to begin a frame: a Header always does. */
static bool fits_frame(const struct recording_writer *w, const struct frame *record,
		       uint64_t now_nano)
{
	uint64_t bytes = w->now.index.uncompressed_bytes + frame_whole(record);

	if (recording_index_is_header(record->data, record->size) ||
	    bytes > RECORDING_FRAME_BYTES + RECORDING_FRAME_REST)
		return false;
	return (bytes <= RECORDING_FRAME_BYTES &&
		now_nano - w->now.opened_nano < RECORDING_FRAME_NANO) ||
	       !is_apart(record);
}

/* Makes all that was taken readable. zstd -dc keeps to itself what its buffer had no room for of
 * the last block it has decoded, when the input ends there: so there is one more, an empty one. */
static int flush_records(struct recording_writer *w, const void *records, size_t size)
{
	static const uint8_t empty_block[] = {0x00, 0x00, 0x00};
	int r = compress_bytes(w, records, size, ZSTD_e_flush);

	if (!r)
		r = make_room(w, sizeof(empty_block));
	if (r < 0)
		return r;
	memcpy(w->out + w->end, empty_block, sizeof(empty_block));
	w->end += sizeof(empty_block);
	w->now.index.compressed_bytes += sizeof(empty_block);
	return 0;
}

/* Takes records into the index, from the first one on, which belongs into the data frame.
 * Returns their bytes. */
static size_t take_run(struct recording_writer *w, const uint8_t *p, size_t size, uint64_t now_nano)
{
	size_t run = 0, need;
	struct frame record;

	while (!frame_parse(p + run, size - run, &record, &need)) {
		size_t whole = frame_whole(&record);
		if (run && (run + whole > RUN_MAX || !fits_frame(w, &record, now_nano)))
			break;
		recording_index_add(&w->now.index, record.data, record.size);
		w->now.index.uncompressed_bytes += whole;
		run += whole;
	}
	return run;
}

ssize_t recording_writer_put(struct recording_writer *w, const void *records, size_t size,
			     uint64_t now_nano)
{
	struct frame first;
	size_t need, run;
	int r = 0;

	if (frame_parse(records, size, &first, &need))
		return -EBADMSG;
	if (w->now.open && !fits_frame(w, &first, now_nano))
		r = recording_writer_end_frame(w);
	if (!r && !w->now.open)
		r = open_frame(w, now_nano);
	if (r < 0)
		return r;
	run = take_run(w, records, size, now_nano);
	(void)XXH64_update(w->sum, records, run);
	r = flush_records(w, records, run);
	return r < 0 ? r : (ssize_t)run;
}

static int put_seek_table(struct recording_writer *w)
{
	size_t n = 2 * w->now.n_entries, size = n * SEEK_ENTRY + SEEK_FOOTER;
	uint8_t *p;

	if (w->now.n_entries > ENTRIES_MAX)
		return 0;
	if (make_room(w, SKIPPABLE_HEADER + size) < 0)
		return -ENOMEM;
	p = put_le32(put_le32(w->out + w->end, RECORDING_SEEK_MAGIC), (uint32_t)size);
	for (size_t i = 0; i < w->now.n_entries; i++) {
		p = put_le32(put_le32(p, w->entries[i].compressed), w->entries[i].content);
		p = put_le32(put_le32(p, w->entries[i].index), 0);
	}
	p = put_le32(p, (uint32_t)n);
	*p++ = 0; /* descriptor: no checksums in the table, since the frames have theirs */
	p = put_le32(p, RECORDING_SEEK_FOOTER);
	w->end = (size_t)(p - w->out);
	return 0;
}

int recording_writer_close(struct recording_writer *w)
{
	int r = recording_writer_end_frame(w);

	if (!r && w->now.n_entries)
		r = put_seek_table(w);
	if (r < 0)
		return r;
	w->now = (struct state){0};
	return 0;
}

const uint8_t *recording_writer_output(const struct recording_writer *w, size_t *ret_size)
{
	*ret_size = w->end - w->begin;
	return w->out + w->begin;
}

/* A large record has gone out: back to the usual size. */
static void shrink_buffers(struct recording_writer *w)
{
	uint8_t *out;

	if (w->out_size == OUTPUT_MIN)
		return;
	out = realloc(w->out, OUTPUT_MIN);
	if (!out)
		return;
	w->out = out;
	w->out_size = OUTPUT_MIN;
}

void recording_writer_wrote(struct recording_writer *w, size_t size)
{
	w->begin += size;
	if (w->begin < w->end)
		return;
	w->begin = w->end = 0;
	shrink_buffers(w);
}

void recording_writer_mark(struct recording_writer *w)
{
	w->marked = w->now;
	XXH64_copyState(w->marked_sum, w->sum);
}

int recording_writer_rollback(struct recording_writer *w)
{
	static const uint8_t empty_last_block[] = {0x01, 0x00, 0x00};

	w->now = w->marked;
	XXH64_copyState(w->sum, w->marked_sum);
	w->begin = w->end = 0;
	if (!w->now.open)
		return 0;
	if (make_room(w, LAST_BLOCK) < 0)
		return -ENOMEM;
	memcpy(w->out, empty_last_block, sizeof(empty_last_block));
	w->end = sizeof(empty_last_block);
	w->now.index.compressed_bytes += sizeof(empty_last_block);
	put_checksum(w);
	return put_index(w);
}
