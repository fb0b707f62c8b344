/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed recordings: the numbers of the format (FORMAT.md, "Compressed recordings").
 *
 *   data frame      an ordinary zstd frame with its checksum; its content is whole Records
 *   index frame     a skippable frame behind each finished data frame: what is in it
 *   ...
 *   seek table      at a clean close: zstd's seekable format, for other tools; ours use the
 *                   index frames, which survive a crash
 *
 * Any zstd -d reads it: skippable frames are skipped. Files may be concatenated. */
#pragma once

#include <stdint.h>

/* Payload: XXH32 (seed 0) of the message, little endian, then a FrameIndex message. */
#define RECORDING_INDEX_MAGIC 0x184D2A5Du
#define RECORDING_INDEX_MAX 4096u /* bytes of the payload; a longer one is not ours */

/* https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 */
#define RECORDING_SEEK_MAGIC 0x184D2A5Eu
#define RECORDING_SEEK_FOOTER 0x8F92EAB1u

#define RECORDING_ZSTD_MAGIC 0xFD2FB528u

/* A data frame ends when it holds this much, or has been open for this long with something in
 * it: what a seek has to read, and what is lost when a frame is damaged. */
#define RECORDING_FRAME_BYTES (1024u * 1024)
#define RECORDING_FRAME_REST (128u * 1024) /* ... and at most so much more, of a run of events */
#define RECORDING_FRAME_NANO 60000000000ull
/* What was written is flushed out of the compressor within this: what a crash can cost. */
#define RECORDING_FLUSH_NANO 100000000ull
/* log2 of the window: bounds the reader's memory. */
#define RECORDING_WINDOW_LOG 20
#define RECORDING_WINDOW_LOG_MAX 23 /* what a reader accepts */

/* Footer.reason of a file that another one of its stream follows: the probes are attached still. */
#define RECORDING_ROTATED "rotated"
/* Footer.reason of a file whose end `ringside repair` has made: it knows no sums. */
#define RECORDING_REPAIRED "repaired"
/* Header.streamer_version of a Header that it has made. */
#define RECORDING_REPAIRER "ringside repair"
