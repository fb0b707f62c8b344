/* SPDX-License-Identifier: Apache-2.0 */
/* ringside tail: the last records of a recording, and those that are being written.
 *
 * A folder is followed whole: every file that appears in it is read from its beginning. A file is
 * followed by what it belongs to: when its stream goes on in another file (rotation), there; when
 * another file takes its name, that one; when its stream is closed, it ends. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "follow.h"
#include "inuse.h"
#include "util.h"
#include "watch.h"

#define LINES_DEFAULT 10

static const struct option_row rows[] = {
	{'n', "lines", "COUNT|all", "the last COUNT records; default 10"},
	{'f', "follow", NULL, "go on with what is being written"},
	{'o', "output", "FORMAT", "text (default), json, protojson or pb"},
	PRINTER_OPTIONS,
	{},
};

struct known {
	dev_t device;
	ino_t inode;
};

struct tail {
	struct options options;
	struct printer printer;
	struct follow follow;
	struct watch watch;
	const char *path;
	char folder[PATH_MAX];   /* path itself, or where it is */
	char numbered[PATH_MAX]; /* what path stands for: see find_numbered */
	uint64_t lines;
	bool following;
	/* Folders: the files that were there already. */
	struct known *known;
	size_t n_known, known_room;
};

static void tail_done(struct tail *tail)
{
	follow_done(&tail->follow);
	printer_done(&tail->printer);
	watch_close(&tail->watch);
	free(tail->known);
}

static int parse_lines(const char *arg, uint64_t *ret)
{
	if (strcmp(arg, "all") != 0)
		return printer_number(arg, ret);
	*ret = UINT64_MAX;
	return 0;
}

static int take_option(struct tail *tail, int opt)
{
	if (opt == 'f')
		tail->following = true;
	else if (opt != 'n')
		return printer_option(&tail->printer, opt, optarg);
	else if (parse_lines(optarg, &tail->lines))
		return printer_usage_error(&tail->printer, "%.32s is not a number of records",
					   optarg);
	return 0;
}

/* -1: go on; else the exit status. */
static int parse(struct tail *tail, int argc, char **argv)
{
	int opt, r = 0;

	while (!r && (opt = options_next(&tail->options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_HELP) {
			options_help(&tail->options, stdout);
			return EXIT_SUCCESS;
		}
		r = take_option(tail, opt);
	}
	if (!r)
		r = printer_check(&tail->printer);
	if (r)
		return r;
	tail->path = optind < argc ? argv[optind] : recordings_folder();
	if (argc - optind > 1)
		return printer_usage_error(&tail->printer,
					   "one file or folder at a time, and not %.64s, too",
					   argv[optind + 1]);
	if (!strcmp(tail->path, "-"))
		return options_usage_error(&tail->options,
					   "name a file or a folder; `ringside cat` reads pipes");
	return -1;
}

static bool is_known(const struct tail *tail, const struct stat *st)
{
	for (size_t i = 0; i < tail->n_known; i++)
		if (tail->known[i].inode == st->st_ino && tail->known[i].device == st->st_dev)
			return true;
	return false;
}

static void remember(struct tail *tail, const struct stat *st)
{
	if (is_known(tail, st))
		return;
	if (tail->n_known == RECORDINGS_MAX)
		tail->n_known = 0; /* what is forgotten would be read again if it got a new name */
	if (tail->n_known == tail->known_room) {
		size_t room = tail->known_room ? 2 * tail->known_room : 64;
		struct known *known = realloc(tail->known, room * sizeof(*known));

		if (!known)
			return;
		tail->known = known;
		tail->known_room = room;
	}
	tail->known[tail->n_known++] = (struct known){st->st_dev, st->st_ino};
}

/* Whether the file is being written, so that it has to be followed. */
static bool is_open(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && inuse_check(fd) == 1;
}

/* Where the last lines begin in each file, from the last one on; *ret_first is the first file that
 * has some. 0 or -ENOMEM. */
static int find_first(struct tail *tail, const struct recordings *list, struct last **ret,
		      size_t *ret_first)
{
	struct last *lasts = calloc(list->n + 1, sizeof(*lasts));
	uint64_t left = tail->lines;
	size_t i = list->n;

	if (!lasts)
		return -ENOMEM;
	while (i && (left || i == list->n)) {
		i--;
		/* what else cannot be read is said when its turn comes */
		if (last_find(list->all[i].path, &tail->printer, left, &lasts[i]) == -ENOMEM) {
			free(lasts);
			return -ENOMEM;
		}
		left -= left == UINT64_MAX ? 0 : lasts[i].n;
	}
	*ret = lasts;
	*ret_first = i;
	return 0;
}

/* 0, or -errno of the output. */
static int print_folder(struct tail *tail)
{
	_cleanup_(recordings_done) struct recordings list = {0};
	_cleanup_free_ struct last *lasts = NULL;
	struct stat st;
	size_t first;
	int r;

	r = recordings_list(&list, tail->path);
	if (!r && !list.n && !tail->following)
		r = -ENODATA;
	if (!r)
		r = find_first(tail, &list, &lasts, &first);
	if (r) {
		printer_say_error(&tail->printer, tail->path, r);
		return 0;
	}
	for (size_t i = 0; !r && i < list.n; i++) {
		const char *path = list.all[i].path;

		if (stat(path, &st) == 0)
			remember(tail, &st);
		if (i >= first)
			r = follow_add(&tail->follow, path, &lasts[i],
				       tail->following && (i + 1 == list.n || is_open(path)));
	}
	return r;
}

/* 0, or -errno of the output. */
static int print_single(struct tail *tail)
{
	struct last last = {0};
	int r = last_find(tail->path, &tail->printer, tail->lines, &last);

	if (r) {
		printer_say_error(&tail->printer, tail->path, r);
		return 0;
	}
	return follow_add(&tail->follow, tail->path, &last, tail->following);
}

/* A file in the followed folder was made, renamed or written. 0, or -errno of the output. */
static int take_file(struct tail *tail, const char *name, bool created)
{
	struct last last = {0};
	struct followed *file;
	char path[PATH_MAX];
	struct stat st;
	bool known;

	if (!recordings_name(name) ||
	    snprintf(path, sizeof(path), "%s/%s", tail->folder, name) >= (int)sizeof(path) ||
	    stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	file = follow_find(&tail->follow, st.st_dev, st.st_ino);
	if (file) {
		follow_rename(file, path);
		return 0;
	}
	known = !created && is_known(tail, &st);
	remember(tail, &st);
	if (known) /* an old one with a new name, or one that somebody appends to */
		(void)last_find(path, &tail->printer, 0, &last);
	return known && !is_open(path) ? 0 : follow_add(&tail->follow, path, &last, true);
}

static int is_wanted(const struct dirent *entry)
{
	return recordings_name(entry->d_name);
}

/* Events were lost, or there are none. 0, or -errno of the output. */
static int look_around(struct tail *tail)
{
	struct dirent **entries;
	int n, r = 0;

	n = scandir(tail->folder, &entries, is_wanted, alphasort);
	for (int i = 0; i < n; i++) {
		if (!r)
			r = take_file(tail, entries[i]->d_name, false);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

/* 0, or -errno of the output. */
static int follow_folder(struct tail *tail)
{
	struct watch_event event;
	int r = 0;

	while (!r && watch_next(&tail->watch, &event))
		r = event.name ? take_file(tail, event.name, event.created) : look_around(tail);
	if (!r && tail->watch.fd < 0)
		r = look_around(tail);
	if (!r)
		r = follow_read(&tail->follow);
	follow_tidy(&tail->follow);
	return r;
}

/* The next file of the stream that @file is of; its path is to be freed. NULL: none yet. */
static char *find_next(const struct tail *tail, const struct followed *file)
{
	_cleanup_(recordings_done) struct recordings list = {0};
	const Ringside__V1__Header *header = reader_header(file->reader);
	const struct recording *best = NULL;

	if (!header || header->stream_id.len != RECORDINGS_ID ||
	    recordings_list(&list, tail->folder) < 0)
		return NULL;
	for (size_t i = 0; i < list.n; i++) {
		const struct recording *one = &list.all[i];

		if (one->known &&
		    !memcmp(one->id.stream_id, header->stream_id.data, RECORDINGS_ID) &&
		    one->id.file_index > header->file_index &&
		    (!best || one->id.file_index < best->id.file_index))
			best = one;
	}
	return best ? strdup(best->path) : NULL;
}

/* Another file has the name now. */
static bool is_replaced(const struct tail *tail, const struct followed *file)
{
	struct stat st;

	return stat(tail->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_ino != file->inode || st.st_dev != file->device) &&
	       !strcmp(file->path, tail->path);
}

/* Goes on with the file that comes after @file, if there is one. 0, or -errno of the output. */
static int follow_on(struct tail *tail, struct followed *file, bool *ret_moved)
{
	_cleanup_free_ char *next = NULL;

	if (file->footer) {
		/* who the next file is, is known when something is written to it */
		watch_folder(&tail->watch, tail->folder, true);
		next = find_next(tail, file);
	}
	if (!next && is_replaced(tail, file))
		next = strdup(tail->path);
	*ret_moved = next;
	if (!next)
		return 0;
	follow_remove(&tail->follow, file);
	watch_folder(&tail->watch, tail->folder, false);
	watch_file(&tail->watch, next);
	return follow_add(&tail->follow, next, NULL, true);
}

/* 0, or -errno of the output. The set is empty when nothing more will come. */
static int follow_single(struct tail *tail)
{
	struct watch_event event;
	struct followed *file;
	bool moved;
	int r;

	while (watch_next(&tail->watch, &event))
		;
	do {
		r = follow_read(&tail->follow);
		if (r || !tail->follow.n)
			return r;
		file = tail->follow.all[0];
		moved = false;
		if (file->footer || inuse_check(reader_fd(file->reader)) != 1)
			r = follow_on(tail, file, &moved);
	} while (!r && moved);
	if (!r && file->footer && !file->rotated)
		follow_remove(&tail->follow, file);
	return r;
}

/* 0, or -errno of the output. */
static int follow(struct tail *tail, bool folder)
{
	int r = 0;

	while (!r && (folder || tail->follow.n)) {
		r = folder ? follow_folder(tail) : follow_single(tail);
		if (!r)
			r = writer_flush(tail->printer.writer);
		if (!r && (folder || tail->follow.n))
			r = watch_wait(&tail->watch, STDOUT_FILENO);
	}
	return r;
}

/* The file that was asked for is written as numbered ones: the latest. False: there is none. */
static bool find_numbered(struct tail *tail)
{
	_cleanup_(recordings_done) struct recordings list = {0};
	const char *given = strrchr(tail->path, '/');

	given = given ? given + 1 : tail->path;
	if (recordings_list(&list, tail->folder) < 0)
		return false;
	for (size_t i = list.n; i--;) {
		const char *path = list.all[i].path;

		if (!recordings_numbered(strrchr(path, '/') + 1, given))
			continue;
		(void)snprintf(tail->numbered, sizeof(tail->numbered), "%s", path);
		tail->path = tail->numbered;
		return true;
	}
	return false;
}

static int print(struct tail *tail)
{
	struct stat st = {0};
	char copy[PATH_MAX];
	bool folder;
	int r;

	r = stat(tail->path, &st) < 0 ? -errno : 0;
	folder = S_ISDIR(st.st_mode);
	(void)snprintf(copy, sizeof(copy), "%s", tail->path);
	(void)snprintf(tail->folder, sizeof(tail->folder), "%s", folder ? copy : dirname(copy));
	if (r && (r != -ENOENT || !find_numbered(tail))) {
		printer_say_error(&tail->printer, tail->path, r);
		return 0;
	}
	if (tail->following) { /* before the first look, so that nothing comes between */
		watch_open(&tail->watch);
		watch_folder(&tail->watch, tail->folder, folder);
		if (!folder)
			watch_file(&tail->watch, tail->path);
	}
	r = folder ? print_folder(tail) : print_single(tail);
	return r || !tail->following ? r : follow(tail, folder);
}

static int run(int argc, char **argv)
{
	_cleanup_(tail_done) struct tail tail = {.lines = LINES_DEFAULT, .watch = {.fd = -1}};
	int r;

	r = options_init(&tail.options, &command_tail, rows, filter_options);
	if (!r)
		r = printer_init(&tail.printer, &tail.options);
	if (r) {
		(void)fprintf(stderr, "ringside tail: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	tail.follow.printer = &tail.printer;
	r = parse(&tail, argc, argv);
	if (r >= 0)
		return r;
	r = printer_open(&tail.printer);
	if (!r)
		r = print(&tail);
	return printer_close(&tail.printer, r);
}

const struct command command_tail = {
	.name = "tail",
	.usage = "[-n COUNT] [-f] [FILTER...] [-o FORMAT] [FILE|DIR]",
	.help = "print the last records, and with -f those being written\n\n"
		"Without FILE or DIR: the folder /var/log/ringside. With -f a folder is followed "
		"for good,\n"
		"through all files that appear in it; a file through its rotation, until its "
		"stream is\n"
		"closed.\n"
		"  ringside tail -f --kind oom\n"
		"  ringside tail -n 100 -o json events.pb.zst | jq .message\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is printed), 2 "
		"usage.",
	.run = run,
};
