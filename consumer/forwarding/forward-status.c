/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forwarding/forward-status.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/file.h>

#include "consumer/base/memory-file.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define LINE_ROOM (FORWARD_TEXT + 64)
#define FILE_SIZE_MAX (16 * LINE_ROOM)

/* A fact: a text, or a number if @text is false. */
static const struct {
	const char *name;
	size_t offset;
	bool text;
} facts[] = {
#define TEXT_FACT(name)                                                                            \
	{                                                                                          \
#name, offsetof(struct forward_status, name), true                                 \
	}
#define NUMBER_FACT(name)                                                                          \
	{                                                                                          \
#name, offsetof(struct forward_status, name), false                                \
	}
	TEXT_FACT(to),
	TEXT_FACT(path),
	TEXT_FACT(cursor),
	TEXT_FACT(lock),
	TEXT_FACT(host),
	NUMBER_FACT(since_unix_nano),
	NUMBER_FACT(time_unix_nano),
	NUMBER_FACT(pid),
	NUMBER_FACT(ended),
	NUMBER_FACT(taken),
	NUMBER_FACT(settled),
	NUMBER_FACT(sent),
	NUMBER_FACT(acknowledged),
	NUMBER_FACT(retried),
	NUMBER_FACT(refused),
	NUMBER_FACT(doubled),
	NUMBER_FACT(deleted),
	NUMBER_FACT(sent_bytes),
	NUMBER_FACT(lag_records),
	NUMBER_FACT(lag_nano),
	TEXT_FACT(problem),
	TEXT_FACT(cursor_problem),
#undef TEXT_FACT
#undef NUMBER_FACT
};

static void *fact_of(const struct forward_status *status, size_t i)
{
	return (char *)(uintptr_t)status + facts[i].offset;
}

/* ---- writing ---- */

/* Without what would end the line. */
static void put_text(struct writer *writer, const char *text)
{
	for (; *text; text++)
		writer_put(writer, *text == '\n' ? " " : text, 1);
}

static void put_facts(struct writer *writer, void *data)
{
	const struct forward_status *status = data;
	char number[24];

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		writer_string(writer, facts[i].name);
		writer_string(writer, " ");
		if (facts[i].text) {
			put_text(writer, fact_of(status, i));
		} else {
			(void)snprintf(number, sizeof(number), "%" PRIu64,
				       *(const uint64_t *)fact_of(status, i));
			writer_string(writer, number);
		}
		writer_string(writer, "\n");
	}
}

int forward_status_write(const struct forward_status *status, const char *path)
{
	return memory_file_replace(path, put_facts, (void *)(uintptr_t)status);
}

/* ---- reading ---- */

static void take_fact(struct forward_status *status, const char *line)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; line[n] && i < ARRAY_SIZE(facts); i++) {
		if (strlen(facts[i].name) != n || strncmp(facts[i].name, line, n) != 0)
			continue;
		if (facts[i].text)
			(void)snprintf(fact_of(status, i), FORWARD_TEXT, "%s", line + n + 1);
		else
			(void)units_number(line + n + 1, UINT64_MAX, fact_of(status, i));
	}
}

/* The kernel takes a lock from who is killed. Where the lock cannot be looked at (another user's,
 * another machine's) the age of the file has to tell. */
static bool is_free(const char *lock)
{
	_cleanup_close_ int fd = -1;

	if (*lock != '/')
		return false;
	fd = open(lock, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
}

int forward_status_read(struct forward_status *ret, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[LINE_ROOM];
	size_t left = FILE_SIZE_MAX;

	*ret = (struct forward_status){.pid = 0};
	if (!file)
		return -errno;
	while (left && fgets(line, sizeof(line), file)) {
		left -= strlen(line) < left ? strlen(line) : left;
		line[strcspn(line, "\n")] = '\0';
		take_fact(ret, line);
	}
	ret->gone = !ret->ended && is_free(ret->lock);
	return *ret->to && ret->time_unix_nano ? 0 : -EBADMSG;
}

const char *forward_status_folder(void)
{
	const char *folder = getenv("RINGSIDE_FORWARD_DIR");

	return folder && *folder ? folder : FORWARD_FOLDER;
}

static int is_status(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > strlen(FORWARD_SUFFIX) &&
	       !strcmp(entry->d_name + n - strlen(FORWARD_SUFFIX), FORWARD_SUFFIX);
}

int forward_status_list(struct forward_status **ret, size_t *ret_n)
{
	struct forward_status *all = NULL;
	struct dirent **entries;
	char path[PATH_MAX];
	int n = scandir(forward_status_folder(), &entries, is_status, alphasort);

	*ret = NULL;
	*ret_n = 0;
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	all = calloc(FORWARD_MAX, sizeof(*all));
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", forward_status_folder(),
			       entries[i]->d_name);
		if (all && *ret_n < FORWARD_MAX && !forward_status_read(&all[*ret_n], path))
			(*ret_n)++;
		free(entries[i]);
	}
	free(entries);
	*ret = all;
	return all ? 0 : -ENOMEM;
}

const char *forward_status_trouble(const struct forward_status *status, uint64_t now,
				   char buf[FORWARD_TEXT])
{
	*buf = '\0';
	if (status->ended && *status->problem)
		(void)snprintf(buf, FORWARD_TEXT, "ended: %.500s", status->problem);
	else if (status->ended)
		(void)snprintf(buf, FORWARD_TEXT, "%s",
			       status->lag_records ? "stopped, and not all is acknowledged" : "");
	else if (status->gone)
		(void)snprintf(buf, FORWARD_TEXT, "not running (pid %" PRIu64 " is gone)",
			       status->pid);
	else if (now > status->time_unix_nano + FORWARD_STALE_NANO ||
		 status->time_unix_nano > now + FORWARD_STALE_NANO) /* the clock was set back */
		(void)snprintf(buf, FORWARD_TEXT, "not running (pid %" PRIu64 " is gone, or hangs)",
			       status->pid);
	else if (*status->problem)
		(void)snprintf(buf, FORWARD_TEXT, "%s", status->problem);
	else if (*status->cursor_problem)
		(void)snprintf(buf, FORWARD_TEXT, "the cursor cannot be written: %.400s",
			       status->cursor_problem);
	return buf;
}
