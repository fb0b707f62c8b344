/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/problem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumer/base/text-line.h"
#include "consumer/read/reader.h"
#include "proto/base/count.h"
#include "proto/recording/zstd-header.h"

#define SKIPPABLE_MAX 64 /* frames in a row: an index, and a seek table */

void problem_init(struct problem *problem, const char *name)
{
	struct line line = line_make(problem->text, PROBLEM_NAME - 2);
	char safe[LINE_FILE];

	line_text(&line, line_file(name, safe));
	(void)line_end(&line);
	problem->name_size = strlen(strcat(problem->text, ": "));
	problem->advice = "";
}

int problem_note(struct problem *problem, int answer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem->text + problem->name_size, PROBLEM_REASON, format, args);
	va_end(args);
	return answer;
}

/* What opens a compressed file, by its first bytes; NULL: it is none. */
static const char *name_decompressor(const uint8_t *p, size_t size)
{
	if (size < 4)
		return NULL;
	if (!memcmp(p, "\x1f\x8b\x08", 3))
		return "gzip -dc";
	if (!memcmp(p, "\xfd\x37\x7a\x58", 4))
		return "xz -dc";
	return NULL;
}

static bool is_text(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size && i < 64; i++)
		if ((p[i] < ' ' && !strchr("\t\r\n", p[i])) || p[i] > '~')
			return false;
	return size > 0;
}

int problem_foreign(struct problem *problem, const uint8_t *p, size_t size, const char *why)
{
	const char *tool = name_decompressor(p, size);

	if (tool)
		return problem_note(problem, READER_FOREIGN,
				    "compressed, but not with zstd: %s FILE | ringside cat", tool);
	if (is_text(p, size))
		return problem_note(
			problem, READER_FOREIGN,
			"not a Ringside recording: it looks like %s; what can be read is "
			"what ringside-streamer and `ringside cat -o pb` write",
			p[0] == '{' || p[0] == '[' ? "JSON" : "text");
	return problem_note(problem, READER_FOREIGN, "not a Ringside recording: %s", why);
}

/* The length, the tag and the length of the Header, and what it begins with. */
static bool begins_header(const uint8_t *p, size_t size)
{
	static const char magic[] = "RINGSIDE";

	return memmem(p, size < 24 ? size : 24, magic, sizeof(magic) - 1);
}

int problem_early_end(struct problem *problem, const uint8_t *p, size_t size, bool zstd, int fd)
{
	char at[48] = "";
	struct stat st;

	if (!zstd && !begins_header(p, size))
		return problem_foreign(problem, p, size, "it ends before its first record does");
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		(void)snprintf(at, sizeof(at), " at byte %" PRIu64, (uint64_t)st.st_size);
	return problem_note(problem, READER_CUT,
			    "cut short%s, before its first record is whole%s: nothing of it can be "
			    "read or repaired; copy or download it again",
			    at, zstd ? " (it begins with a zstd frame)" : "");
}

int problem_version(struct problem *problem, const Ringside__V1__Header *header, uint64_t offset)
{
	if (header->format_version >= 1 && header->format_version <= READER_FORMAT_VERSION)
		return 0;
	return problem_note(problem, READER_FOREIGN,
			    "the recording that begins at byte %" PRIu64
			    " has format version %u, this ringside reads %u: use a newer one",
			    offset, header->format_version, READER_FORMAT_VERSION);
}

int problem_cut(struct problem *problem, size_t size, uint64_t offset, const char *advice)
{
	return problem_note(problem, READER_CUT,
			    "cut inside a record: the last %s, from byte %" PRIu64
			    " on, %s not a whole one%s",
			    COUNTED(size, "byte"), offset, size == 1 ? "is" : "are", advice);
}

int problem_unreadable(struct problem *problem, size_t size, uint64_t offset)
{
	/* No printf: of a file made for it there are hundreds of thousands. */
	struct line line = line_make(problem->text + problem->name_size, PROBLEM_REASON);

	line_text(&line, "damaged: the record of ");
	line_counted(&line, size, "byte");
	line_text(&line, " at byte ");
	line_uint(&line, offset);
	line_text(&line, " is not readable");
	(void)line_end(&line);
	return READER_DAMAGED;
}

bool problem_is_end(int fd, uint64_t offset)
{
	uint8_t head[ZFRAME_SKIP_HEADER];
	struct zframe frame;

	for (int frames = 0; frames < SKIPPABLE_MAX; frames++) {
		const ssize_t n = pread(fd, head, sizeof(head), (off_t)offset);

		if (n == 0)
			return true;
		if (n != sizeof(head) || zframe_parse(head, sizeof(head), &frame) ||
		    !frame.skippable)
			return false;
		offset += frame.header + frame.content;
	}
	return false;
}

int problem_starved(struct problem *problem)
{
	return problem_note(problem, -ENOMEM, "out of memory");
}

int problem_wide(struct problem *problem, uint64_t window)
{
	unsigned bits = 10;

	while (bits < 63 && UINT64_C(1) << bits < window)
		bits++;
	return problem_note(
		problem, READER_FOREIGN,
		"packed with a zstd window of %" PRIu64
		" MiB, and read with 8 MiB at most: zstd -dc --long=%u FILE | ringside cat "
		"(or verify, or what you want)",
		window >> 20, bits);
}
