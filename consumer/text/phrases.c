/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/text/phrases.h"

#include <string.h>
#include <xxhash.h>

#include "consumer/read/body.h"

#define PATH_SHOWN 320
#define PATH_HEAD 200 /* more than any path that a cgroup is handed to somebody at */
#define HASH_DIGITS 16
#define SECOND UINT64_C(1000000000)

const char *text_comm(const Ringside__V1__Process *process)
{
	if (!process)
		return NULL;
	return text_has(process->leader_comm) ? process->leader_comm : process->comm;
}

void text_process(struct line *line, const Ringside__V1__Process *process)
{
	const char *name = text_comm(process);

	if (text_has(name))
		line_name(line, name, TEXT_NAME_MAX);
	else
		line_text(line, "process");
	if (process && process->has_pid) {
		line_put(line, "[", 1);
		line_uint(line, process->pid);
		line_put(line, "]", 1);
	}
}

void text_enum(struct line *line, const ProtobufCEnumDescriptor *type, int value,
	       const char *prefix)
{
	const char *name = body_enum(type, value, prefix);

	for (; text_has(name); name++) {
		char letter = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		line_put(line, &letter, 1);
	}
}

void text_path(struct line *line, const char *path)
{
	size_t size = strlen(path), head = PATH_HEAD;
	const char *tail;

	if (size <= PATH_SHOWN) {
		line_safe(line, path, PATH_SHOWN);
		return;
	}
	while (head && path[head - 1] != '/')
		head--;
	tail = strchr(path + size - (PATH_SHOWN - PATH_HEAD), '/');
	line_safe(line, path, head); /* marks the cut */
	/* paths that only differ in the middle have the hash of another */
	line_text(line, "#");
	line_hex(line, XXH64(path, size, 0), HASH_DIGITS);
	line_safe(line, tail ? tail : path + size - (PATH_SHOWN - PATH_HEAD), PATH_SHOWN);
}

void text_period(struct line *line, const Ringside__V1__Limited *limited)
{
	uint64_t first = limited->first_boottime_nano, last = limited->last_boottime_nano;

	if (!limited->has_first_boottime_nano || !limited->has_last_boottime_nano || last < first)
		return;
	line_text(line, " in ");
	line_count(line, last - first <= SECOND ? 1 : (last - first + SECOND / 2) / SECOND);
	line_text(line, " s");
}

void text_more(struct line *line, const Ringside__V1__Limited *limited)
{
	line_text(line, "  × ");
	line_count(line, limited->count);
	line_text(line, " more");
	text_period(line, limited);
}
